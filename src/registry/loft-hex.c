/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-hex.h"

/**
 * loft_hex_encode:
 * @bytes: (array length=length): bytes
 * @length: how many
 *
 * Writes bytes as digests are written.
 *
 * Returns: (transfer full): two lower-case digits for each
 */
char *
loft_hex_encode (const guint8 *bytes, gsize length)
{
  static const char digits[] = "0123456789abcdef";

  g_return_val_if_fail (bytes != NULL || length == 0, NULL);

  char *text = g_malloc (2 * length + 1);
  for (gsize i = 0; i < length; i++)
    {
      text[2 * i] = digits[bytes[i] >> 4];
      text[2 * i + 1] = digits[bytes[i] & 0xf];
    }
  text[2 * length] = '\0';

  return text;
}
