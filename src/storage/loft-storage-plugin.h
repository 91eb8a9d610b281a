/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gmodule.h>

#include "storage/loft-storage.h"

G_BEGIN_DECLS

/* Raise on every change to LoftStorageInterface or LoftStoragePlugin. */
#define LOFT_STORAGE_PLUGIN_ABI 4

/**
 * LoftStoragePlugin:
 * @abi: %LOFT_STORAGE_PLUGIN_ABI, as the plugin was compiled
 * @get_type: returns a type that implements #LoftStorage
 *
 * What a backend module exports, under the name `loft_storage_plugin`.
 */
typedef struct
{
  guint abi;
  GType (*get_type) (void);
} LoftStoragePlugin;

G_MODULE_EXPORT extern const LoftStoragePlugin loft_storage_plugin;

G_END_DECLS
