/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "loft-s3-client.h"
#include "loft-s3-config.h"

G_BEGIN_DECLS

/**
 * LoftS3Match:
 * @LOFT_S3_MATCH_UNKNOWN: that was not found out yet
 * @LOFT_S3_MATCH_QUOTED: with quotes, as the specification has it
 * @LOFT_S3_MATCH_PLAIN: without
 *
 * How an engine takes the etag in `If-Match`.
 */
typedef enum
{
  LOFT_S3_MATCH_UNKNOWN,
  LOFT_S3_MATCH_QUOTED,
  LOFT_S3_MATCH_PLAIN
} LoftS3Match;

typedef struct _LoftS3Engine LoftS3Engine;

LoftS3Engine *loft_s3_engine_new (LoftS3Config *config, GError **error);
LoftS3Engine *loft_s3_engine_ref (LoftS3Engine *self);
void loft_s3_engine_unref (LoftS3Engine *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftS3Engine, loft_s3_engine_unref)

const LoftS3Config *loft_s3_engine_get_config (LoftS3Engine *self);
gint64 loft_s3_engine_get_clock_skew (LoftS3Engine *self);
LoftS3Match loft_s3_engine_get_match (LoftS3Engine *self);
void loft_s3_engine_set_match (LoftS3Engine *self, LoftS3Match match);

LoftS3Request *loft_s3_engine_build_request (LoftS3Engine *self,
                                             const char *method,
                                             const char *key);
char *loft_s3_engine_presign (LoftS3Engine *self,
                              LoftS3Request *request,
                              guint seconds,
                              GError **error);

LoftS3Answer *loft_s3_engine_try (LoftS3Engine *self,
                                  LoftS3Request *request,
                                  LoftS3Body *body,
                                  gsize limit,
                                  gint64 *patience,
                                  gboolean *out_sent,
                                  GCancellable *cancellable,
                                  GError **error);
gboolean loft_s3_engine_pause (guint tries, gint64 *patience);
LoftS3Answer *loft_s3_engine_ask (LoftS3Engine *self,
                                  LoftS3Request *request,
                                  gsize limit,
                                  gint64 *patience,
                                  GCancellable *cancellable,
                                  GError **error);

G_END_DECLS
