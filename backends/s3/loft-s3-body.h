/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * LoftS3Body:
 * @size: how many bytes it has
 * @sha256: (nullable): their digest in hexadecimal digits, if it was wanted
 *
 * What a request carries. It can be read as often as the request has to be
 * sent.
 */
typedef struct
{
  goffset size;
  char *sha256; /* owned, nullable */

  GBytes *bytes; /* owned, nullable */
  int fd;        /* owned, or -1 */
  goffset begin; /* where in the file it begins */
} LoftS3Body;

LoftS3Body *loft_s3_body_new_bytes (GBytes *bytes);
LoftS3Body *loft_s3_body_new_stream (GInputStream *stream,
                                     goffset size,
                                     gboolean digest_it,
                                     GCancellable *cancellable,
                                     GError **error);
void loft_s3_body_free (LoftS3Body *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftS3Body, loft_s3_body_free)

GInputStream *loft_s3_body_open (LoftS3Body *self, GError **error);

G_END_DECLS
