/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _LoftGioCalls LoftGioCalls;

typedef gpointer (*LoftGioFunction) (gpointer data,
                                     GCancellable *cancellable,
                                     GError **error);

LoftGioCalls *loft_gio_calls_new (guint n_threads);
void loft_gio_calls_unref (LoftGioCalls *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftGioCalls, loft_gio_calls_unref)

gpointer loft_gio_calls_run (LoftGioCalls *self,
                             LoftGioFunction function,
                             gpointer data,
                             GDestroyNotify free_data,
                             GDestroyNotify free_result,
                             gint64 timeout,
                             GError **error);

G_END_DECLS
