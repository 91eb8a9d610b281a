/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-download-keeper.h"

G_BEGIN_DECLS

struct _LoftDownloadKeeper
{
  LoftStorage *storage; /* owned */
  LoftCatalog *catalog; /* owned */
  char *node;           /* owned */
  char *part;           /* owned, nullable: what is written to */
  char *etag;           /* owned, nullable: as it was written last */
  gboolean is_new;      /* nothing was taken into it yet */
  gint64 day;           /* on which that was begun */
  guint number;         /* of the parts of this run */
};

gint64 loft_download_keeper_get_horizon (gint64 now);
gboolean loft_download_part_parse (const char *key, gint64 *out_day);
gboolean loft_download_part_is_settled (gint64 day, gint64 now);
GBytes *loft_download_keeper_read (LoftDownloadKeeper *self,
                                   const char *key,
                                   char **out_etag,
                                   GCancellable *cancellable,
                                   GError **error);
gboolean loft_download_keeper_read_index (LoftDownloadKeeper *self,
                                          GStrv *out_packs,
                                          char **out_etag,
                                          GCancellable *cancellable,
                                          GError **error);
gboolean loft_download_keeper_remove (LoftDownloadKeeper *self,
                                      const char *key,
                                      GCancellable *cancellable,
                                      GError **error);

G_END_DECLS
