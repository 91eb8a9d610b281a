/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-base64.h"
#include "registry/loft-registry-error.h"

#include <string.h>

/* Decodes a text cut into pieces of @step characters. */
static GBytes *
decode (const char *text, gsize step, GError **error)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  LoftBase64 base64 = { 0 };
  gsize length = strlen (text);

  for (gsize i = 0; i < length; i += step)
    {
      gsize piece = MIN (step, length - i);
      g_autofree guint8 *room = g_malloc (LOFT_BASE64_ROOM (piece));
      gsize n = 0;

      if (!loft_base64_decode (&base64, text + i, piece, room, &n, error))
        return NULL;
      g_assert_cmpuint (n, <=, LOFT_BASE64_ROOM (piece));
      g_byte_array_append (out, room, (guint) n);
    }
  if (!loft_base64_finish (&base64, error))
    return NULL;

  return g_byte_array_free_to_bytes (g_steal_pointer (&out));
}

/* Whatever was encoded comes out again, however the text is cut. */
static void
test_round_trip (void)
{
  guint8 data[300];

  for (gsize i = 0; i < sizeof data; i++)
    data[i] = (guint8) g_test_rand_int ();
  for (gsize length = 0; length < sizeof data; length++)
    {
      g_autofree char *text = g_base64_encode (data, length);

      for (gsize step = 1; step < 12; step++)
        {
          g_autoptr (GError) error = NULL;
          g_autoptr (GBytes) decoded = decode (text, step, &error);

          g_assert_no_error (error);
          g_assert_cmpmem (g_bytes_get_data (decoded, NULL),
                           g_bytes_get_size (decoded),
                           data,
                           length);
        }
    }
}

/* Only one text stands for some bytes: nothing else is taken for it. */
static void
test_refuse (void)
{
  static const char *const texts[] = {
    "A",
    "AA",
    "AAA",
    "AAAAA",
    "=",
    "A=",
    "====",
    "A===",
    "AA=",
    "AA=A",
    "AB==",
    "AAB=",
    "AA==AA==",
    "AAA=AAAA",
    "AA== ",
    " AAAA",
    "AA AA",
    "AAAA\n",
    "AA-A",
    "AA_A",
    "AA\x80"
    "A",
    "AA.A",
    "AAAA====",
    "AA=====",
    "QQ==Q",
    "A\\nA",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    for (gsize step = 1; step < 9; step++)
      {
        g_autoptr (GError) error = NULL;
        g_autoptr (GBytes) decoded = decode (texts[i], step, &error);

        g_test_message ("%s", texts[i]);
        g_assert_error (error,
                        LOFT_REGISTRY_ERROR,
                        LOFT_REGISTRY_ERROR_MALFORMED);
        g_assert_null (decoded);
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/base64/round-trip", test_round_trip);
  g_test_add_func ("/base64/refuse", test_refuse);

  return g_test_run ();
}
