/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Bytes that a sum is of, except for the last one. */
#define LOFT_TARBALL_BLOCK (64 * 1024)

/**
 * LoftTarballSums:
 *
 * What the blocks of a tarball are known by whose digest was right.
 */
typedef struct _LoftTarballSums LoftTarballSums;

LoftTarballSums *loft_tarball_sums_new (goffset size);
LoftTarballSums *loft_tarball_sums_ref (LoftTarballSums *self);
void loft_tarball_sums_unref (LoftTarballSums *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftTarballSums, loft_tarball_sums_unref)

gsize loft_tarball_sums_measure (const LoftTarballSums *self);
void
loft_tarball_sums_append (LoftTarballSums *self, const char *block, gsize size);
gboolean loft_tarball_sums_match (const LoftTarballSums *self,
                                  goffset offset,
                                  const char *blocks,
                                  gsize size);

LoftTarballSums *loft_tarball_sums_verify (int fd,
                                           goffset size,
                                           const char *sha256,
                                           GCancellable *cancellable);

G_END_DECLS
