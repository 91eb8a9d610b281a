/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/loft-test-archive-cases.h"

#include <string.h>

GBytes *
loft_test_make_nothing (void)
{
  return g_bytes_new_static ("", 0);
}

GBytes *
loft_test_make_no_gzip (void)
{
  static const char zip[] = "PK\003\004 this is another kind of archive";

  return g_bytes_new_static (zip, strlen (zip));
}

GBytes *
loft_test_make_plain_tar (void)
{
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();

  loft_test_archive_add_manifest (archive, LOFT_TEST_NAME, LOFT_TEST_VERSION);
  loft_test_archive_end (archive);

  return loft_test_archive_to_tar (archive);
}

/* A copy of a good package with one byte changed, some cut off, or some added;
 * @offset counts from the end if it is negative. */
static GBytes *
make_changed (gssize offset, guint8 difference, gsize cut, const char *added)
{
  g_autoptr (GBytes) good =
    loft_test_package (LOFT_TEST_NAME, LOFT_TEST_VERSION);
  GByteArray *bytes = g_bytes_unref_to_array (g_steal_pointer (&good));

  if (difference != 0)
    bytes->data[offset < 0 ? (gssize) bytes->len + offset : offset] ^=
      difference;
  g_byte_array_set_size (bytes, bytes->len - cut);
  if (added != NULL)
    g_byte_array_append (bytes, (const guint8 *) added, strlen (added));

  return g_byte_array_free_to_bytes (bytes);
}

GBytes *
loft_test_make_wrong_method (void)
{
  return make_changed (2, 1, 0, NULL);
}

GBytes *
loft_test_make_wrong_flags (void)
{
  return make_changed (3, 0x20, 0, NULL);
}

GBytes *
loft_test_make_wrong_data (void)
{
  return make_changed (10, 0x06, 0, NULL);
}

GBytes *
loft_test_make_wrong_crc (void)
{
  return make_changed (-8, 0xff, 0, NULL);
}

GBytes *
loft_test_make_wrong_length (void)
{
  return make_changed (-1, 0x01, 0, NULL);
}

GBytes *
loft_test_make_cut_trailer (void)
{
  return make_changed (0, 0, 1, NULL);
}

GBytes *
loft_test_make_cut_data (void)
{
  return make_changed (0, 0, 60, NULL);
}

GBytes *
loft_test_make_garbage_after (void)
{
  return make_changed (0, 0, 0, "x");
}

GBytes *
loft_test_make_second_member (void)
{
  g_autoptr (GBytes) one =
    loft_test_package (LOFT_TEST_NAME, LOFT_TEST_VERSION);
  GByteArray *bytes = g_byte_array_new ();

  for (guint i = 0; i < 2; i++)
    g_byte_array_append (bytes,
                         g_bytes_get_data (one, NULL),
                         g_bytes_get_size (one));

  return g_byte_array_free_to_bytes (bytes);
}

GBytes *
loft_test_make_no_tar (void)
{
  g_autofree char *text = g_strnfill (2000, 'x');
  g_autoptr (GBytes) content = g_bytes_new (text, 2000);

  return loft_test_gzip (content);
}

GBytes *
loft_test_make_empty_member (void)
{
  g_autoptr (GBytes) content = g_bytes_new_static ("", 0);

  return loft_test_gzip (content);
}

/* A good package whose tar ends in @zeros zero bytes and then in @added. */
static GBytes *
make_ending (gsize zeros, const char *added, gsize length)
{
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();
  g_autofree guint8 *block = g_malloc0 (zeros + 1);

  loft_test_archive_add_manifest (archive, LOFT_TEST_NAME, LOFT_TEST_VERSION);
  loft_test_archive_add_bytes (archive, block, zeros);
  loft_test_archive_add_bytes (archive, added, length);

  g_autoptr (GBytes) tar = loft_test_archive_to_tar (archive);

  return loft_test_gzip (tar);
}

GBytes *
loft_test_make_no_end (void)
{
  return make_ending (0, "", 0);
}

GBytes *
loft_test_make_half_end (void)
{
  return make_ending (512, "", 0);
}

GBytes *
loft_test_make_odd_end (void)
{
  return make_ending (1024 + 100, "", 0);
}

GBytes *
loft_test_make_tail (void)
{
  return make_ending (1024 + 9000, "hidden", 6);
}

GBytes *
loft_test_make_cut_header (void)
{
  return make_ending (0, "src/main.lf", 11);
}

/* A member after a single block of zeros, where some readers stop. */
GBytes *
loft_test_make_hidden_member (void)
{
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();
  guint8 block[512] = { 0 };

  loft_test_archive_add_manifest (archive, LOFT_TEST_NAME, LOFT_TEST_VERSION);
  loft_test_archive_add_bytes (archive, block, sizeof block);
  loft_test_archive_add_file (archive, "hidden", "x");

  return loft_test_archive_to_gzip (archive);
}

GBytes *
loft_test_make_cut_member (void)
{
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();

  loft_test_archive_add_manifest (archive, LOFT_TEST_NAME, LOFT_TEST_VERSION);
  loft_test_archive_add (
    archive,
    &(LoftTestMember){ .path = "a", .size_field = "00000010000" });

  g_autoptr (GBytes) tar = loft_test_archive_to_tar (archive);

  return loft_test_gzip (tar);
}

static GBytes *
make_sparse (guint64 size, const guint64 (*extents)[2], gsize n_extents)
{
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();

  loft_test_archive_add_manifest (archive, LOFT_TEST_NAME, LOFT_TEST_VERSION);
  loft_test_archive_add_sparse (archive, "sparse", size, extents, n_extents);

  return loft_test_archive_to_gzip (archive);
}

GBytes *
loft_test_make_sparse_overlap (void)
{
  static const guint64 extents[][2] = { { 0, 1024 }, { 512, 512 } };

  return make_sparse (1024, extents, G_N_ELEMENTS (extents));
}

GBytes *
loft_test_make_sparse_order (void)
{
  static const guint64 extents[][2] = { { 1024, 512 }, { 0, 512 } };

  return make_sparse (1536, extents, G_N_ELEMENTS (extents));
}

GBytes *
loft_test_make_sparse_odd (void)
{
  static const guint64 extents[][2] = { { 0, 100 }, { 1024, 512 } };

  return make_sparse (1536, extents, G_N_ELEMENTS (extents));
}

GBytes *
loft_test_make_sparse_size (void)
{
  static const guint64 extents[][2] = { { 0, 512 } };

  return make_sparse (1024, extents, G_N_ELEMENTS (extents));
}

GBytes *
loft_test_make_sparse_endless (void)
{
  gsize count = 4 + 21 * 257;
  g_autofree guint64 *extents = g_new0 (guint64, count * 2);

  return make_sparse (0, (const guint64 (*)[2]) extents, count);
}

GBytes *
loft_test_make_sparse_bomb (void)
{
  static const guint64 extents[][2] = { { 300 * 1024 * 1024, 0 } };

  return make_sparse (300 * 1024 * 1024, extents, G_N_ELEMENTS (extents));
}

GBytes *
loft_test_make_sparse_ratio (void)
{
  static const guint64 extents[][2] = { { 65 * 1024 * 1024, 0 } };

  return make_sparse (65 * 1024 * 1024, extents, G_N_ELEMENTS (extents));
}

/* 65 MiB of zeros: each byte of the file becomes a thousand. */
static GBytes *
make_zeros (gsize size)
{
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();
  g_autofree char *zeros = g_malloc0 (size);

  loft_test_archive_add_manifest (archive, LOFT_TEST_NAME, LOFT_TEST_VERSION);
  loft_test_archive_add (
    archive,
    &(LoftTestMember){ .path = "zeros", .content = zeros, .length = size });

  return loft_test_archive_to_gzip (archive);
}

GBytes *
loft_test_make_ratio (void)
{
  return make_zeros (65 * 1024 * 1024);
}

/* The same as the filling after the end of the archive. */
GBytes *
loft_test_make_zeros_after (void)
{
  return make_ending (65 * 1024 * 1024, "", 0);
}

GBytes *
loft_test_make_large_claim (void)
{
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();

  loft_test_archive_add_manifest (archive, LOFT_TEST_NAME, LOFT_TEST_VERSION);
  loft_test_archive_add (
    archive,
    &(LoftTestMember){ .path = "a",
                       .size_field = "\x80\0\0\0\x7f\xff\xff\xff\xff\xff"
                                     "\xff\xff" });

  return loft_test_archive_to_gzip (archive);
}

static GBytes *
make_entries (guint count, const char *pattern)
{
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();

  loft_test_archive_add_manifest (archive, LOFT_TEST_NAME, LOFT_TEST_VERSION);
  for (guint i = 1; i < count; i++)
    {
      g_autofree char *number = g_strdup_printf ("%u", i);
      g_auto (GStrv) parts = g_strsplit (pattern, "#", -1);
      g_autofree char *path = g_strjoinv (number, parts);

      loft_test_archive_add_file (archive, path, "");
    }

  return loft_test_archive_to_gzip (archive);
}

GBytes *
loft_test_make_many_entries (void)
{
  return make_entries (20001, "f#");
}

GBytes *
loft_test_make_many_folders (void)
{
  return make_entries (10000, "#/a/b/c/d/e");
}

static GBytes *
make_manifest (const char *path, const char *content, gsize length)
{
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();

  loft_test_archive_add (
    archive,
    &(LoftTestMember){ .path = path, .content = content, .length = length });

  return loft_test_archive_to_gzip (archive);
}

GBytes *
loft_test_make_no_manifest (void)
{
  return make_manifest ("src/main.lf", "x", 1);
}

GBytes *
loft_test_make_deep_manifest (void)
{
  return make_manifest ("src/manifest.json", "{}", 2);
}

GBytes *
loft_test_make_no_json (void)
{
  return make_manifest ("manifest.json", "{name: 1}", 0);
}

GBytes *
loft_test_make_empty_manifest (void)
{
  return make_manifest ("manifest.json", "", 0);
}

GBytes *
loft_test_make_nested_manifest (void)
{
  g_autofree char *text = g_strnfill (100000, '[');

  return make_manifest ("manifest.json", text, 0);
}

GBytes *
loft_test_make_large_manifest (void)
{
  g_autofree char *text = g_strnfill (1024 * 1024 + 1, ' ');

  return make_manifest ("manifest.json", text, 0);
}

GBytes *
loft_test_make_array_manifest (void)
{
  return make_manifest ("manifest.json", "[]", 0);
}

GBytes *
loft_test_make_path_dependency (void)
{
  return make_manifest ("manifest.json",
                        "{\"name\":\"" LOFT_TEST_NAME
                        "\",\"version\":\"" LOFT_TEST_VERSION "\","
                        "\"dependencies\":{\"b\":\"../b\"}}",
                        0);
}

GBytes *
loft_test_make_linked_manifest (void)
{
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();

  loft_test_archive_add_file (archive, "other.json", "{}");
  loft_test_archive_add (archive,
                         &(LoftTestMember){ .path = "manifest.json",
                                            .type = '2',
                                            .target = "other.json" });

  return loft_test_archive_to_gzip (archive);
}
