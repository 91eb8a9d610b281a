/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "loft-s3-request.h"

G_BEGIN_DECLS

#define LOFT_S3_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"

/**
 * LoftS3Signer:
 * @access_key: whose signature it is
 * @secret_key: the secret
 * @token: (nullable): what comes with keys that are good for a while
 * @region: the engine's region
 * @service: the engine's service, `s3`
 * @time: when it is signed, in seconds since the epoch
 *
 * Everything but the request that a signature depends on.
 */
typedef struct
{
  const char *access_key;
  const char *secret_key;
  const char *token;
  const char *region;
  const char *service;
  gint64 time;
} LoftS3Signer;

void loft_s3_sign (const LoftS3Signer *self,
                   LoftS3Request *request,
                   const char *payload);
void loft_s3_presign (const LoftS3Signer *self,
                      LoftS3Request *request,
                      guint seconds);

G_END_DECLS
