/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-registry.h"

G_BEGIN_DECLS

/**
 * LoftDownloadCache:
 *
 * Tarballs that were asked for lately, mapped.
 */
typedef struct _LoftDownloadCache LoftDownloadCache;

LoftDownloadCache *loft_download_cache_new (gsize size_max, guint seconds);
void loft_download_cache_free (LoftDownloadCache *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftDownloadCache, loft_download_cache_free)

const LoftDownload *loft_download_cache_lookup (LoftDownloadCache *self,
                                                const char *name,
                                                const char *version,
                                                guint64 epoch);
void loft_download_cache_remove (LoftDownloadCache *self,
                                 const char *name,
                                 const char *version);
const LoftDownload *loft_download_cache_store (LoftDownloadCache *self,
                                               const char *name,
                                               const char *version,
                                               guint64 epoch,
                                               LoftDownload *download);

G_END_DECLS
