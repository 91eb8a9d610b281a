/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-catalog.h"
#include "storage/loft-storage.h"

G_BEGIN_DECLS

#define LOFT_TYPE_LOG (loft_log_get_type ())
G_DECLARE_FINAL_TYPE (LoftLog, loft_log, LOFT, LOG, GObject)

/**
 * LoftLogAppliedFunc:
 * @user_data: what was given with the function
 *
 * Told, in whatever thread, that the catalog has changed.
 */
typedef void (*LoftLogAppliedFunc) (gpointer user_data);

LoftLog *loft_log_new (LoftStorage *storage,
                       LoftCatalog *catalog,
                       LoftLogAppliedFunc func,
                       gpointer user_data);

gboolean
loft_log_follow (LoftLog *self, GCancellable *cancellable, GError **error);
gboolean loft_log_append (LoftLog *self, GPtrArray *events, GError **error);

G_END_DECLS
