/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "loft-s3-engine.h"

G_BEGIN_DECLS

/* Where an object says who has written it. */
#define LOFT_S3_WRITES_HEADER "x-amz-meta-loft-writes"

/**
 * LoftS3State:
 * @exists: whether there is an object
 * @size: how many bytes it has
 * @modified: when it was written, in µs since the epoch, or 0
 * @etag: (nullable): its etag, without quotes
 * @writes: the marks of its last writes, the newest first
 *
 * What an engine tells of an object without its content.
 */
typedef struct
{
  gboolean exists;
  goffset size;
  gint64 modified;
  char *etag;   /* owned, nullable */
  GStrv writes; /* owned */
} LoftS3State;

void loft_s3_state_free (LoftS3State *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftS3State, loft_s3_state_free)

LoftS3State *loft_s3_state_read (LoftS3Engine *engine,
                                 const char *key,
                                 gint64 *patience,
                                 GCancellable *cancellable,
                                 GError **error);
const char *loft_s3_state_get_mark (LoftS3State *self);

char *loft_s3_answer_dup_etag (const LoftS3Answer *answer);
gint64 loft_s3_answer_get_modified (const LoftS3Answer *answer);

G_END_DECLS
