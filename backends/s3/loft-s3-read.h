/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "loft-s3-engine.h"
#include "storage/loft-storage.h"

G_BEGIN_DECLS

LoftObject *loft_s3_read (LoftS3Engine *engine,
                          const char *key,
                          goffset offset,
                          goffset length,
                          GCancellable *cancellable,
                          GError **error);

G_END_DECLS
