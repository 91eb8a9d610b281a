/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * LoftBase64:
 * @bits: what was read of a group of four digits
 * @digits: how many digits of it, padding included
 * @padding: how many of them are padding
 * @offset: digits before this group
 *
 * A strict base64 decoder that takes its text in pieces. Begins as all zero.
 */
typedef struct
{
  guint32 bits;
  guint digits;
  guint padding;
  guint64 offset;
} LoftBase64;

/* Room for what a piece of that length decodes to, leftovers included. */
#define LOFT_BASE64_ROOM(length) (((length) + 3) / 4 * 3)

gboolean loft_base64_decode (LoftBase64 *self,
                             const char *text,
                             gsize length,
                             guint8 *out,
                             gsize *out_length,
                             GError **error);
gboolean loft_base64_finish (LoftBase64 *self, GError **error);

G_END_DECLS
