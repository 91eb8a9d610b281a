/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-encoder.h"

#include <string.h>
#include <zstd.h>

static GBytes *
make_body (gsize size)
{
  char *text = g_malloc (size);

  for (gsize i = 0; i < size; i++)
    text[i] = (char) ('a' + i % 7 + i / 1000 % 11);

  return g_bytes_new_take (text, size);
}

static GBytes *
gunzip (GBytes *packed)
{
  g_autoptr (GConverter) converter =
    G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP));
  g_autoptr (GInputStream) memory =
    g_memory_input_stream_new_from_bytes (packed);
  g_autoptr (GInputStream) input =
    g_converter_input_stream_new (memory, converter);
  g_autoptr (GOutputStream) output = g_memory_output_stream_new_resizable ();
  g_autoptr (GError) error = NULL;

  g_output_stream_splice (output,
                          input,
                          G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET,
                          NULL,
                          &error);
  g_assert_no_error (error);

  return g_memory_output_stream_steal_as_bytes (
    G_MEMORY_OUTPUT_STREAM (output));
}

static GBytes *
unzstd (GBytes *packed, gsize size)
{
  char *text = g_malloc (size);
  gsize n = ZSTD_decompress (text,
                             size,
                             g_bytes_get_data (packed, NULL),
                             g_bytes_get_size (packed));

  g_assert_cmpuint (n, ==, size);

  return g_bytes_new_take (text, size);
}

/* What is compressed can be unpacked by others. */
static void
test_encode (void)
{
  g_autoptr (LoftEncoder) encoder = loft_encoder_new (1024 * 1024);
  g_autoptr (GBytes) body = make_body (100000);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) gzip =
    loft_encoder_encode (encoder, body, "d", LOFT_CODING_GZIP, &error);
  g_autoptr (GBytes) zstd =
    loft_encoder_encode (encoder, body, "d", LOFT_CODING_ZSTD, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (gzip), <, 50000);
  g_assert_cmpuint (g_bytes_get_size (zstd), <, 50000);

  g_autoptr (GBytes) from_gzip = gunzip (gzip);
  g_autoptr (GBytes) from_zstd = unzstd (zstd, 100000);
  g_assert_true (g_bytes_equal (from_gzip, body));
  g_assert_true (g_bytes_equal (from_zstd, body));
  g_assert_finalize_object (g_steal_pointer (&encoder));
}

/* The cache never holds more than it may, and what was used last stays. */
static void
test_cache (void)
{
  g_autoptr (LoftEncoder) encoder = loft_encoder_new (3000);
  g_autoptr (GBytes) body = make_body (100000);
  g_autoptr (GBytes) first =
    loft_encoder_encode (encoder, body, "first", LOFT_CODING_GZIP, NULL);

  g_assert_cmpuint (g_bytes_get_size (first), <, 1500);
  for (int i = 0; i < 50; i++)
    {
      g_autofree char *digest = g_strdup_printf ("%d", i);
      g_autoptr (GBytes) other =
        loft_encoder_encode (encoder, body, digest, LOFT_CODING_GZIP, NULL);
      g_autoptr (GBytes) again =
        loft_encoder_lookup (encoder, "first", LOFT_CODING_GZIP);

      g_assert_true (again == first);
      g_assert_cmpuint (loft_encoder_get_cached (encoder), <=, 3000);
    }

  g_autoptr (GBytes) gone =
    loft_encoder_lookup (encoder, "0", LOFT_CODING_GZIP);
  g_assert_null (gone);
  g_assert_finalize_object (g_steal_pointer (&encoder));
}

typedef struct
{
  GBytes *bodies[8];
  guint n;
} Results;

static void
encode_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  Results *results = user_data;
  g_autoptr (GError) error = NULL;

  results->bodies[results->n++] =
    loft_encoder_encode_finish (LOFT_ENCODER (source_object), result, &error);
  g_assert_no_error (error);
}

/* Requests that want the same body at once share one compression. */
static void
test_share (void)
{
  g_autoptr (LoftEncoder) encoder = loft_encoder_new (1024 * 1024);
  g_autoptr (GBytes) body = make_body (1000000);
  Results results = { 0 };

  for (gsize i = 0; i < G_N_ELEMENTS (results.bodies); i++)
    loft_encoder_encode_async (encoder,
                               body,
                               "d",
                               LOFT_CODING_ZSTD,
                               encode_cb,
                               &results);
  while (results.n < G_N_ELEMENTS (results.bodies))
    g_main_context_iteration (NULL, TRUE);

  for (gsize i = 0; i < G_N_ELEMENTS (results.bodies); i++)
    {
      g_assert_true (results.bodies[i] == results.bodies[0]);
      if (i > 0)
        g_bytes_unref (results.bodies[i]);
    }

  g_autoptr (GBytes) first = results.bodies[0];
  g_autoptr (GBytes) unpacked = unzstd (first, 1000000);
  g_assert_true (g_bytes_equal (unpacked, body));

  /* The thread may be about to let go of its reference. */
  while (G_OBJECT (encoder)->ref_count > 1)
    g_main_context_iteration (NULL, FALSE);
  g_assert_finalize_object (g_steal_pointer (&encoder));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/encoder/encode", test_encode);
  g_test_add_func ("/encoder/cache", test_cache);
  g_test_add_func ("/encoder/share", test_share);

  return g_test_run ();
}
