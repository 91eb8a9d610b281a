/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "loft-s3-engine.h"

G_BEGIN_DECLS

/* What is no larger comes whole. */
#define LOFT_S3_PIECE_SIZE ((goffset) 1024 * 1024)

/**
 * LoftS3Piece:
 * @bytes: what there is of the range, or the first of it
 * @length: how many bytes there are of it
 * @size: how many bytes the whole object has
 * @modified: when it was written, in µs since the epoch, or 0
 * @etag: (nullable): its etag
 * @flow: (nullable): what follows @bytes, as it comes
 *
 * A part of an object.
 */
typedef struct
{
  GBytes *bytes; /* owned */
  goffset length;
  goffset size;
  gint64 modified;
  char *etag;       /* owned, nullable */
  LoftS3Flow *flow; /* owned, nullable */
} LoftS3Piece;

void loft_s3_piece_free (LoftS3Piece *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftS3Piece, loft_s3_piece_free)

LoftS3Piece *loft_s3_fetch (LoftS3Engine *engine,
                            const char *key,
                            goffset offset,
                            goffset length,
                            GCancellable *cancellable,
                            GError **error);

G_END_DECLS
