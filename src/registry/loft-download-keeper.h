/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-catalog-downloads.h"
#include "storage/loft-storage.h"

G_BEGIN_DECLS

#define LOFT_DOWNLOADS_PREFIX "_registry/downloads/"
#define LOFT_DOWNLOADS_PARTS LOFT_DOWNLOADS_PREFIX "parts/"
#define LOFT_DOWNLOADS_PACKS LOFT_DOWNLOADS_PREFIX "packs/"
#define LOFT_DOWNLOADS_INDEX LOFT_DOWNLOADS_PREFIX "packs.json"

/* So many parts of days gone by are left alone. */
#define LOFT_DOWNLOADS_PARTS_KEPT 30

/**
 * LoftDownloadKeeper:
 *
 * Brings the numbers of downloads of a node into the storage, and those of all
 * nodes into its catalog.
 */
typedef struct _LoftDownloadKeeper LoftDownloadKeeper;

LoftDownloadKeeper *loft_download_keeper_new (LoftStorage *storage,
                                              LoftCatalog *catalog,
                                              const char *node);
void loft_download_keeper_free (LoftDownloadKeeper *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftDownloadKeeper, loft_download_keeper_free)

gboolean loft_download_keeper_flush (LoftDownloadKeeper *self,
                                     gint64 now,
                                     GCancellable *cancellable,
                                     GError **error);
gboolean loft_download_keeper_merge (LoftDownloadKeeper *self,
                                     gint64 now,
                                     gboolean maintains,
                                     GCancellable *cancellable,
                                     GError **error);
gboolean loft_download_keeper_pack (LoftDownloadKeeper *self,
                                    gint64 now,
                                    GCancellable *cancellable,
                                    GError **error);

G_END_DECLS
