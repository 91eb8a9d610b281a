/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "loft-s3-engine.h"

G_BEGIN_DECLS

/* Below this nothing is an object of the registry. */
#define LOFT_S3_PROBE_FOLDER "_registry/probe/"

gboolean loft_s3_check_key (const char *key, GError **error);
GStrv loft_s3_list (LoftS3Engine *engine,
                    const char *prefix,
                    const char *after,
                    guint limit,
                    GCancellable *cancellable,
                    GError **error);

G_END_DECLS
