/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "fuzz/fuzz.h"

#include <string.h>

#include "http/loft-base64.h"
#include "registry/loft-registry-error.h"

/* Decodes it in pieces, each into no more room than was promised to do; NULL
 * where it is none. */
static GByteArray *
decode (const guint8 *data, gsize size, gsize piece)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (GError) error = NULL;
  LoftBase64 decoder = { 0 };
  gboolean good = TRUE;

  for (gsize at = 0; good && at < size; at += piece)
    {
      gsize length = MIN (piece, size - at);
      g_autofree char *text = g_memdup2 (data + at, length);
      g_autofree guint8 *room = g_malloc (LOFT_BASE64_ROOM (length));
      gsize n = 0;

      good = loft_base64_decode (&decoder, text, length, room, &n, &error);
      if (good)
        g_byte_array_append (out, room, (guint) n);
    }
  good = good && loft_base64_finish (&decoder, &error);
  g_assert_true (good == (error == NULL));
  if (good)
    return g_steal_pointer (&out);

  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_MALFORMED);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));

  return NULL;
}

/* What is taken is what encoding gives, so each content has one text. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GByteArray) whole = decode (data, size, MAX (size, 1));
  g_autoptr (GByteArray) pieces = decode (data, size, 1 + size % 7);

  g_assert_true ((whole == NULL) == (pieces == NULL));
  if (whole == NULL)
    return 0;

  g_assert_cmpmem (whole->data, whole->len, pieces->data, pieces->len);
  g_autofree char *text = g_base64_encode (whole->data, whole->len);
  g_assert_cmpmem (text, strlen (text), data, size);

  return 0;
}
