/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "loft-s3-engine.h"

G_BEGIN_DECLS

gboolean loft_s3_create (LoftS3Engine *engine,
                         const char *key,
                         LoftS3Body *body,
                         char **out_etag,
                         GError **error);
char *loft_s3_replace (LoftS3Engine *engine,
                       const char *key,
                       LoftS3Body *body,
                       const char *etag,
                       GError **error);
gboolean loft_s3_remove (LoftS3Engine *engine, const char *key, GError **error);

G_END_DECLS
