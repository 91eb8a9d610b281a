/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * LoftS3Config:
 * @bucket: where the objects are
 * @prefix: with what their names begin: empty, or ending in a slash
 * @endpoint: the engine: scheme, host and port, with nothing behind
 * @region: its region
 * @virtual_host: whether the bucket is part of the host's name, not of the path
 * @timeout: how long a call may take that gets nowhere, in µs
 * @access_key: (nullable): whose requests they are
 * @secret_key: (nullable): the secret to it
 * @token: (nullable): what comes with keys that are good for a while
 * @credentials_file: (nullable): where to read these three instead
 * @ca_file: (nullable): whose certificates are trusted instead of the system's
 *
 * Where a store is, and how to talk to it.
 */
typedef struct
{
  char *bucket;   /* owned */
  char *prefix;   /* owned */
  GUri *endpoint; /* owned */
  char *region;   /* owned */
  gboolean virtual_host;
  gint64 timeout;
  char *access_key;       /* owned, nullable */
  char *secret_key;       /* owned, nullable */
  char *token;            /* owned, nullable */
  char *credentials_file; /* owned, nullable */
  char *ca_file;          /* owned, nullable */
} LoftS3Config;

LoftS3Config *loft_s3_config_new (GKeyFile *key_file, GError **error);
void loft_s3_config_free (LoftS3Config *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftS3Config, loft_s3_config_free)

gboolean loft_s3_config_uses_tls (const LoftS3Config *self);
char *loft_s3_config_format_host (const LoftS3Config *self);
char *loft_s3_config_format_path (const LoftS3Config *self, const char *key);
char *loft_s3_config_format_uri (const LoftS3Config *self);

G_END_DECLS
