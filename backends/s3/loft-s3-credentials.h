/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "loft-s3-config.h"

G_BEGIN_DECLS

/**
 * LoftS3Keys:
 * @access_key: whose requests they are
 * @secret_key: the secret to it
 * @token: (nullable): what comes with keys that are good for a while
 *
 * What requests are signed with.
 */
typedef struct
{
  char *access_key; /* owned */
  char *secret_key; /* owned */
  char *token;      /* owned, nullable */
} LoftS3Keys;

void loft_s3_keys_unref (LoftS3Keys *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftS3Keys, loft_s3_keys_unref)

typedef struct _LoftS3Credentials LoftS3Credentials;

LoftS3Credentials *loft_s3_credentials_new (const LoftS3Config *config);
void loft_s3_credentials_free (LoftS3Credentials *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftS3Credentials, loft_s3_credentials_free)

LoftS3Keys *loft_s3_credentials_get (LoftS3Credentials *self, GError **error);

G_END_DECLS
