/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-download-count.h"
#include "registry/loft-registry.h"

G_BEGIN_DECLS

/**
 * LoftDownloads:
 * @total: how often any version was ever downloaded
 * @today: the last of the days
 * @days: how often on each day, today last
 *
 * How often a package was downloaded, as far as this node has been told.
 */
typedef struct
{
  guint64 total;
  gint64 today;
  guint64 days[LOFT_DOWNLOAD_DAYS];
} LoftDownloads;

void loft_registry_note_downloads_async (LoftRegistry *self,
                                         GPtrArray *counts,
                                         GAsyncReadyCallback callback,
                                         gpointer user_data);
gboolean loft_registry_note_downloads_finish (LoftRegistry *self,
                                              GAsyncResult *result,
                                              GError **error);

gboolean loft_registry_counts_downloads (LoftRegistry *self,
                                         guint *out_interval);
LoftDownloads *loft_registry_read_downloads (LoftRegistry *self,
                                             const char *name,
                                             GError **error);
void loft_registry_show_downloads_async (LoftRegistry *self,
                                         const char *name,
                                         guint n_days,
                                         GCancellable *cancellable,
                                         GAsyncReadyCallback callback,
                                         gpointer user_data);
GBytes *loft_registry_show_downloads_finish (LoftRegistry *self,
                                             GAsyncResult *result,
                                             GError **error);

G_END_DECLS
