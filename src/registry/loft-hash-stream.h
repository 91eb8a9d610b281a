/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define LOFT_TYPE_HASH_STREAM (loft_hash_stream_get_type ())
G_DECLARE_FINAL_TYPE (LoftHashStream,
                      loft_hash_stream,
                      LOFT,
                      HASH_STREAM,
                      GFilterInputStream)

GInputStream *
loft_hash_stream_new (GInputStream *base, goffset size, const char *expected);
gboolean loft_hash_stream_is_refused (LoftHashStream *self);
const char *loft_hash_stream_get_digest (LoftHashStream *self);
char *loft_hash_stream_drain (GInputStream *base,
                              goffset *out_size,
                              GCancellable *cancellable,
                              GError **error);

G_END_DECLS
