/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

#include "registry/loft-page.h"

G_BEGIN_DECLS

/* Where a worker finds what it inherits: the pipe from its parent, the page,
 * its bells, one a slot, and after these the sockets. */
#define LOFT_WORKERS_FD_LINK 3
#define LOFT_WORKERS_FD_PAGE 4
#define LOFT_WORKERS_FD_BELLS 5

/* What a worker exits with that could not start. */
#define LOFT_WORKERS_EXIT 3

#define LOFT_TYPE_WORKERS (loft_workers_get_type ())
G_DECLARE_FINAL_TYPE (LoftWorkers, loft_workers, LOFT, WORKERS, GObject)

LoftWorkers *loft_workers_new (LoftPage *page, GPtrArray *sockets);
void loft_workers_set_config (LoftWorkers *self, const char *config);
void loft_workers_start (LoftWorkers *self);
gboolean loft_workers_all_serve (LoftWorkers *self);
void loft_workers_set_patience (LoftWorkers *self, guint seconds);
guint loft_workers_find_silent (LoftWorkers *self, gint64 since);
void loft_workers_stop_async (LoftWorkers *self,
                              guint seconds,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean loft_workers_stop_finish (LoftWorkers *self,
                                   GAsyncResult *result,
                                   GError **error);

G_END_DECLS
