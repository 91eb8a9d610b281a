/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * LoftCoding:
 * @LOFT_CODING_IDENTITY: as it is
 * @LOFT_CODING_GZIP: gzip
 * @LOFT_CODING_ZSTD: zstd
 *
 * A content coding; where a client likes several equally, the later one wins.
 */
typedef enum
{
  LOFT_CODING_IDENTITY,
  LOFT_CODING_GZIP,
  LOFT_CODING_ZSTD
} LoftCoding;

#define LOFT_CODINGS 3

const char *loft_coding_get_name (LoftCoding coding);

#define LOFT_TYPE_ENCODER (loft_encoder_get_type ())
G_DECLARE_FINAL_TYPE (LoftEncoder, loft_encoder, LOFT, ENCODER, GObject)

LoftEncoder *loft_encoder_new (gsize cache_max);

GBytes *
loft_encoder_lookup (LoftEncoder *self, const char *digest, LoftCoding coding);
void loft_encoder_encode_async (LoftEncoder *self,
                                GBytes *body,
                                const char *digest,
                                LoftCoding coding,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
GBytes *loft_encoder_encode_finish (LoftEncoder *self,
                                    GAsyncResult *result,
                                    GError **error);
GBytes *loft_encoder_encode (LoftEncoder *self,
                             GBytes *body,
                             const char *digest,
                             LoftCoding coding,
                             GError **error);
gsize loft_encoder_get_cached (LoftEncoder *self);

G_END_DECLS
