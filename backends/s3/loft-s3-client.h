/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <libsoup/soup.h>

#include "loft-s3-body.h"
#include "loft-s3-config.h"
#include "loft-s3-flow.h"
#include "loft-s3-request.h"

G_BEGIN_DECLS

/**
 * LoftS3Answer:
 * @status: the status of HTTP
 * @headers: the headers
 * @body: the body, whole unless it flows
 * @flow: (nullable): the body, as it comes
 * @config: (nullable): what was asked where, and with which keys
 * @right: (nullable): what one must be allowed to for that
 *
 * What an engine has answered.
 */
typedef struct
{
  guint status;
  SoupMessageHeaders *headers; /* owned */
  GBytes *body;                /* owned */
  LoftS3Flow *flow;            /* owned, nullable */
  const LoftS3Config *config;  /* not owned, nullable: the engine's */
  const char *right;           /* not owned, nullable */
} LoftS3Answer;

void loft_s3_answer_free (LoftS3Answer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftS3Answer, loft_s3_answer_free)

typedef struct _LoftS3Client LoftS3Client;

LoftS3Client *
loft_s3_client_new (GUri *endpoint, const char *ca_file, GError **error);
void loft_s3_client_free (LoftS3Client *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftS3Client, loft_s3_client_free)

LoftS3Answer *loft_s3_client_send (LoftS3Client *self,
                                   LoftS3Request *request,
                                   LoftS3Body *body,
                                   gsize limit,
                                   gint64 patience,
                                   gboolean *out_sent,
                                   GCancellable *cancellable,
                                   GError **error);

G_END_DECLS
