/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

#include "loft-gio-call.h"
#include "loft-gio-mount.h"

G_BEGIN_DECLS

typedef struct _LoftGioEngine LoftGioEngine;

LoftGioEngine *
loft_gio_engine_new (GFile *root, LoftGioMount *mount, gint64 timeout);
LoftGioEngine *loft_gio_engine_ref (LoftGioEngine *self);
void loft_gio_engine_unref (LoftGioEngine *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftGioEngine, loft_gio_engine_unref)

GFile *loft_gio_engine_get_root (LoftGioEngine *self);
LoftGioMount *loft_gio_engine_get_mount (LoftGioEngine *self);
gint64 loft_gio_engine_get_timeout (LoftGioEngine *self);
gpointer loft_gio_engine_run (LoftGioEngine *self,
                              LoftGioFunction function,
                              gpointer data,
                              GDestroyNotify free_data,
                              GDestroyNotify free_result,
                              gint64 timeout,
                              GError **error);

gboolean loft_gio_engine_take_slot (LoftGioEngine *self, GError **error);
void loft_gio_engine_give_slot (LoftGioEngine *self);

G_END_DECLS
