/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define LOFT_TYPE_S3_FILE_STREAM (loft_s3_file_stream_get_type ())
G_DECLARE_FINAL_TYPE (LoftS3FileStream,
                      loft_s3_file_stream,
                      LOFT,
                      S3_FILE_STREAM,
                      GInputStream)

GInputStream *
loft_s3_file_stream_new (int fd, goffset begin, goffset size, GError **error);

G_END_DECLS
