/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "storage/loft-storage-plugin.h"

/* A backend that says it is one, but brings something else. */

static GType
get_type (void)
{
  return G_TYPE_OBJECT;
}

const LoftStoragePlugin loft_storage_plugin = {
  .abi = LOFT_STORAGE_PLUGIN_ABI,
  .get_type = get_type,
};
