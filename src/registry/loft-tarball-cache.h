/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-registry-figures.h"
#include "registry/loft-tarball.h"
#include "storage/loft-storage.h"

G_BEGIN_DECLS

/**
 * LoftTarballCache:
 *
 * Tarballs of a storage that is not on this machine: copies of them on a local
 * disk, and those that are on their way.
 */
typedef struct _LoftTarballCache LoftTarballCache;

LoftTarballCache *loft_tarball_cache_new (LoftStorage *storage,
                                          const char *cache_directory,
                                          LoftTarballFigures *figures);
void loft_tarball_cache_free (LoftTarballCache *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftTarballCache, loft_tarball_cache_free)

void loft_tarball_cache_set_size (LoftTarballCache *self, guint64 size_max);
guint64 loft_tarball_cache_get_size (LoftTarballCache *self);
void loft_tarball_cache_tidy (LoftTarballCache *self);
LoftTarball *loft_tarball_cache_open (LoftTarballCache *self,
                                      const char *key,
                                      const char *sha256,
                                      goffset size);

G_END_DECLS
