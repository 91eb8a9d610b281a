/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-catalog.h"
#include "registry/loft-download-count.h"

G_BEGIN_DECLS

/**
 * LoftDownloadPart:
 * @LOFT_DOWNLOAD_PART_NONE: it is not in the catalog
 * @LOFT_DOWNLOAD_PART_OPEN: it was read or written, and more may come to it
 * @LOFT_DOWNLOAD_PART_CLOSED: it was read, and will stay as it is
 * @LOFT_DOWNLOAD_PART_UNWRITTEN: it is this node's, and has to be written
 * @LOFT_DOWNLOAD_PART_COVERED: another object stands in its place
 * @LOFT_DOWNLOAD_PART_PACK: it stands in the place of others
 *
 * What the catalog knows of an object with counts.
 */
typedef enum
{
  LOFT_DOWNLOAD_PART_NONE,
  LOFT_DOWNLOAD_PART_OPEN,
  LOFT_DOWNLOAD_PART_CLOSED,
  LOFT_DOWNLOAD_PART_UNWRITTEN,
  LOFT_DOWNLOAD_PART_COVERED,
  LOFT_DOWNLOAD_PART_PACK
} LoftDownloadPart;

/* Any process of a daemon. */

gboolean loft_catalog_note_downloads (LoftCatalog *self,
                                      GPtrArray *counts,
                                      GError **error);
gboolean loft_catalog_count_downloads (LoftCatalog *self,
                                       const char *name,
                                       gint64 first,
                                       guint n_days,
                                       guint64 *out_days,
                                       guint64 *out_total,
                                       GError **error);
GPtrArray *loft_catalog_list_version_downloads (LoftCatalog *self,
                                                const char *name,
                                                GError **error);

/* Its owner. Days before @horizon are not told any more, and not kept. */

gboolean loft_catalog_take_downloads (LoftCatalog *self,
                                      const char *part,
                                      gboolean is_new,
                                      gint64 horizon,
                                      guint max,
                                      guint *out_taken,
                                      guint *out_rows,
                                      GError **error);
GPtrArray *loft_catalog_read_download_parts (LoftCatalog *self,
                                             const char *first,
                                             const char *last,
                                             GError **error);
gboolean loft_catalog_store_download_part (LoftCatalog *self,
                                           const char *key,
                                           LoftDownloadPart state,
                                           GPtrArray *counts,
                                           gint64 horizon,
                                           GError **error);
gboolean loft_catalog_store_download_pack (LoftCatalog *self,
                                           const char *key,
                                           const char *const *covers,
                                           GPtrArray *counts,
                                           gint64 horizon,
                                           GError **error);
gboolean loft_catalog_forget_download_part (LoftCatalog *self,
                                            const char *key,
                                            gint64 horizon,
                                            GError **error);
gboolean loft_catalog_mark_download_part (LoftCatalog *self,
                                          const char *key,
                                          LoftDownloadPart state,
                                          GError **error);
GHashTable *loft_catalog_list_download_parts (LoftCatalog *self,
                                              GError **error);
gboolean loft_catalog_drop_old_downloads (LoftCatalog *self,
                                          gint64 horizon,
                                          GError **error);
gboolean loft_catalog_forget_downloads (LoftCatalog *self, GError **error);

G_END_DECLS
