/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "loft-s3-client.h"

G_BEGIN_DECLS

/* One request and its answer, on its way through the client's thread. */
typedef struct _LoftS3Exchange LoftS3Exchange;

LoftS3Exchange *loft_s3_exchange_new (GUri *uri,
                                      LoftS3Request *request,
                                      LoftS3Body *body,
                                      gsize limit,
                                      gint64 patience,
                                      GError **error);
LoftS3Exchange *loft_s3_exchange_ref (LoftS3Exchange *self);
void loft_s3_exchange_unref (LoftS3Exchange *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftS3Exchange, loft_s3_exchange_unref)

void loft_s3_exchange_start (LoftS3Exchange *self,
                             SoupSession *session,
                             int *n_running);
LoftS3Answer *loft_s3_exchange_wait (LoftS3Exchange *self,
                                     GCancellable *cancellable,
                                     gboolean *out_sent,
                                     GError **error);

G_END_DECLS
