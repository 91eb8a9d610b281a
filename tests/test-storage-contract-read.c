/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "test-storage-contract.h"

#include <stdio.h>
#include <string.h>

/* Small objects and large ones may be read in different ways. */
#define SMALL 10
#define LARGE 200000
#define HUGE_SIZE ((goffset) 1 << 30)

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FILE, fclose)

/* How much memory an object of any size may cost, in KiB. */
#define GROWTH_MAX (24 * 1024)

/* Nobody is told of an object that is not there as of a failure. */
static void
test_missing (StorageFixture *fixture, gconstpointer test_data)
{
  static const char *const names[] = { "nothing", "a/nothing", "a", "f/x" };
  g_autoptr (GError) error = NULL;
  g_autofree char *other = storage_fixture_key (fixture, "a/b");
  g_autofree char *file = storage_fixture_key (fixture, "f");

  g_assert_true (storage_kit_put (fixture->storage, other, "x", &error));
  g_assert_true (storage_kit_put (fixture->storage, file, "x", &error));

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *key = storage_fixture_key (fixture, names[i]);

      g_assert_null (
        loft_storage_read (fixture->storage, key, 0, -1, NULL, &error));
      g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_NOT_FOUND);
      g_clear_error (&error);
    }
}

static GBytes *
pattern (gsize size)
{
  guchar *data = g_malloc (size);

  for (gsize i = 0; i < size; i++)
    data[i] = (guchar) (i * 7 + i / 251);

  return g_bytes_new_take (data, size);
}

static void
assert_bytes (GBytes *actual, GBytes *whole, goffset offset, goffset length)
{
  const guchar *data = g_bytes_get_data (whole, NULL);

  g_assert_cmpmem (g_bytes_get_data (actual, NULL),
                   g_bytes_get_size (actual),
                   data + offset,
                   (gsize) length);
}

/* The bytes, the stream and what is loaded are the same. */
static void
check_range (StorageFixture *fixture,
             const char *key,
             GBytes *whole,
             goffset offset,
             goffset length)
{
  goffset size = (goffset) g_bytes_get_size (whole);
  goffset begin = MIN (offset, size);
  goffset count = length == -1 ? size - begin : MIN (length, size - begin);
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftObject) object =
    loft_storage_read (fixture->storage, key, offset, length, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (loft_object_get_size (object), ==, size);
  g_assert_cmpint (loft_object_get_offset (object), ==, begin);
  g_assert_cmpint (loft_object_get_length (object), ==, count);

  g_autofree guchar *buffer = g_malloc ((gsize) count + 1);
  gsize n = 0;
  g_input_stream_read_all (loft_object_get_stream (object),
                           buffer,
                           (gsize) count + 1,
                           &n,
                           NULL,
                           &error);
  g_assert_no_error (error);
  g_autoptr (GBytes) streamed = g_bytes_new (buffer, n);
  assert_bytes (streamed, whole, begin, count);

  g_autoptr (LoftObject) again =
    loft_storage_read (fixture->storage, key, offset, length, NULL, &error);
  g_autoptr (GBytes) loaded =
    loft_object_load (again, (gsize) count, NULL, &error);
  g_assert_no_error (error);
  assert_bytes (loaded, whole, begin, count);
  if (loft_object_get_bytes (again) != NULL)
    assert_bytes (loft_object_get_bytes (again), whole, begin, count);

  if (count != size)
    g_assert_null (loft_object_get_etag (again));
}

/* A range is clamped to what is there, wherever it begins and ends. */
static void
test_ranges (StorageFixture *fixture, gconstpointer test_data)
{
  static const goffset sizes[] = { 0, 1, SMALL, 65536, 65537, LARGE };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      goffset size = sizes[i];
      const goffset points[] = { 0,    1,        4095,     4096,      size / 2,
                                 size, size - 1, size + 1, G_MAXINT64 };
      g_autoptr (GError) error = NULL;
      g_autofree char *name =
        g_strdup_printf ("range-%" G_GOFFSET_FORMAT, size);
      g_autofree char *key = storage_fixture_key (fixture, name);
      g_autoptr (GBytes) whole = pattern ((gsize) size);
      g_autoptr (GInputStream) stream =
        g_memory_input_stream_new_from_bytes (whole);

      loft_storage_create (fixture->storage, key, stream, size, NULL, &error);
      g_assert_no_error (error);

      for (guint j = 0; j < G_N_ELEMENTS (points); j++)
        for (guint k = 0; k < G_N_ELEMENTS (points); k++)
          if (points[j] >= 0 && points[k] >= 0)
            check_range (fixture, key, whole, points[j], points[k]);
      check_range (fixture, key, whole, 0, -1);
      check_range (fixture, key, whole, size / 2, -1);
    }
}

/* An object knows when it was written, and that it may be too large. */
static void
test_object (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *key = storage_fixture_key (fixture, "object");

  g_assert_true (storage_kit_put (fixture->storage, key, "12345", &error));
  g_autoptr (LoftObject) object =
    loft_storage_read (fixture->storage, key, 0, -1, NULL, &error);
  g_assert_no_error (error);

  gint64 modified = loft_object_get_modified (object);
  if (modified != 0)
    g_assert_cmpint (ABS (modified - g_get_real_time ()),
                     <,
                     600 * G_USEC_PER_SEC);

  g_assert_null (loft_object_load (object, 4, NULL, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_CORRUPT);
  g_clear_error (&error);

  g_autoptr (GBytes) first = loft_object_load (object, 5, NULL, &error);
  g_autoptr (GBytes) second = loft_object_load (object, 5, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (first, second));
}

/* An object made of a stream is loaded once, and then has bytes; one that ends
 * too early is damaged. */
static void
test_stream_object (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GInputStream) stream = storage_kit_source_new (5, 'x', NULL);
  g_autoptr (LoftObject) object =
    loft_object_new_stream (stream, 2, 5, 10, "etag", 1);

  g_assert_null (loft_object_get_bytes (object));
  g_assert_cmpstr (loft_object_get_etag (object), ==, "etag");
  g_autoptr (GBytes) bytes = loft_object_load (object, 5, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), 5, "xxxxx", 5);
  g_assert_true (loft_object_get_bytes (object) == bytes);

  g_autoptr (GInputStream) shorter = storage_kit_source_new (4, 'x', NULL);
  g_autoptr (LoftObject) damaged =
    loft_object_new_stream (shorter, 0, 5, 5, NULL, 0);
  g_assert_null (loft_object_load (damaged, 5, NULL, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_CORRUPT);
}

static void
fill (StorageFixture *fixture, const char *const *names)
{
  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *key = storage_fixture_key (fixture, names[i]);

      storage_kit_put (fixture->storage, key, "x", &error);
      g_assert_no_error (error);
    }
}

static void
assert_list (StorageFixture *fixture,
             const char *prefix,
             const char *after,
             guint limit,
             const char *expected)
{
  g_autofree char *full = storage_fixture_key (fixture, prefix);
  g_autofree char *from =
    after != NULL ? storage_fixture_key (fixture, after) : NULL;
  g_autofree char *list =
    storage_kit_list (fixture->storage, full, from, limit);

  g_assert_cmpstr (list, ==, expected);
}

static const char *const list_names[] = {
  "b/2",   "a.b",      "a/b",    "a-b",
  "a/c/d", "a/b.x",    "a0",     "b/10",
  "Z",     "\xc3\xa4", "b/1",    "~",
  "a/c-d", "a!/x",     "a/c/d0", "_registry/log/1",
  NULL,
};

#define SORTED_A "a!/x a-b a.b a/b a/b.x a/c-d a/c/d a/c/d0 a0"

/* Keys come in the order of their bytes, in which a folder's name ends in a
 * slash, whatever the order in which they were made. */
static void
test_list_order (StorageFixture *fixture, gconstpointer test_data)
{
  assert_list (fixture, "", NULL, 0, "");
  fill (fixture, list_names);
  assert_list (fixture,
               "",
               NULL,
               0,
               "Z _registry/log/1 " SORTED_A " b/1 b/10 b/2 ~ \xc3\xa4");
}

/* A prefix is any string, not only the name of a folder. */
static void
test_list_prefix (StorageFixture *fixture, gconstpointer test_data)
{
  fill (fixture, list_names);
  assert_list (fixture, "a", NULL, 0, SORTED_A);
  assert_list (fixture, "a/", NULL, 0, "b b.x c-d c/d c/d0");
  assert_list (fixture, "a/b", NULL, 0, "b b.x");
  assert_list (fixture, "a/c", NULL, 0, "c-d c/d c/d0");
  assert_list (fixture, "a/c/", NULL, 0, "d d0");
  assert_list (fixture, "a/c/d", NULL, 0, "d d0");
  assert_list (fixture, "a/c/d0", NULL, 0, "d0");
  assert_list (fixture, "b/1", NULL, 0, "1 10");
  assert_list (fixture, "~", NULL, 0, "~");
  assert_list (fixture, "~/", NULL, 0, "");
  assert_list (fixture, "c", NULL, 0, "");
  assert_list (fixture, "a//", NULL, 0, "");
  assert_list (fixture, "../", NULL, 0, "");
  assert_list (fixture, "a/../b", NULL, 0, "");
  assert_list (fixture, "a/c/d/e/", NULL, 0, "");
}

/* A list goes on after any string; that jumps over a whole subtree, too. */
static void
test_list_after (StorageFixture *fixture, gconstpointer test_data)
{
  fill (fixture, list_names);
  assert_list (fixture, "", "b/10", 0, "b/2 ~ \xc3\xa4");
  assert_list (fixture, "", "b/1", 0, "b/10 b/2 ~ \xc3\xa4");
  assert_list (fixture, "", "_registry0", 2, "a!/x a-b");
  assert_list (fixture, "a", "a/c", 0, "a/c-d a/c/d a/c/d0 a0");
  assert_list (fixture, "a", "a/c/", 0, "a/c/d a/c/d0 a0");
  assert_list (fixture, "a", "a/c0", 0, "a0");
  assert_list (fixture, "a", "a/zzz", 0, "a0");
  assert_list (fixture, "a/", "a", 0, "b b.x c-d c/d c/d0");
  assert_list (fixture, "a/", "b", 0, "");
  assert_list (fixture, "", "\xff", 0, "");
}

/* Pages of any size, put together, are the whole list. */
static void
test_list_pages (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  fill (fixture, list_names);
  g_auto (GStrv) whole = loft_storage_list (fixture->storage,
                                            fixture->prefix,
                                            NULL,
                                            0,
                                            NULL,
                                            &error);
  g_assert_no_error (error);

  for (guint limit = 1; limit <= G_N_ELEMENTS (list_names); limit++)
    {
      g_autofree char *after = NULL;
      guint n = 0;

      while (n < g_strv_length (whole))
        {
          g_auto (GStrv) page = loft_storage_list (fixture->storage,
                                                   fixture->prefix,
                                                   after,
                                                   limit,
                                                   NULL,
                                                   &error);
          guint length = g_strv_length (page);

          g_assert_cmpuint (length, ==, MIN (limit, g_strv_length (whole) - n));
          for (guint i = 0; i < length; i++)
            g_assert_cmpstr (page[i], ==, whole[n + i]);
          n += length;
          g_free (after);
          after = g_strdup (page[length - 1]);
        }
    }
}

static long
memory_peak (void)
{
  g_autofree char *status = NULL;
  long peak = 0;

  g_file_get_contents ("/proc/self/status", &status, NULL, NULL);
  const char *line = status != NULL ? strstr (status, "VmHWM:") : NULL;
  if (line != NULL)
    peak = strtol (line + strlen ("VmHWM:"), NULL, 10);

  return peak;
}

static long
reset_memory_peak (void)
{
  g_autoptr (FILE) file = fopen ("/proc/self/clear_refs", "we");

  if (file == NULL || fputs ("5", file) == EOF || fflush (file) == EOF)
    g_test_message ("The peak of memory cannot be reset");

  return memory_peak ();
}

/* An object of a gibibyte is stored and read in little memory, of which the
 * address sanitizer keeps what was freed. */
static void
test_huge (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *key = storage_fixture_key (fixture, "huge");
  g_autoptr (GInputStream) source = storage_kit_source_new (HUGE_SIZE, 0, NULL);
  g_autofree guchar *buffer = g_malloc (1 << 20);
  g_autofree guchar *zeros = g_malloc0 (1 << 20);
  G_GNUC_UNUSED long before = reset_memory_peak ();

  loft_storage_create (fixture->storage, key, source, HUGE_SIZE, NULL, &error);
  g_assert_no_error (error);
  g_autoptr (LoftObject) object =
    loft_storage_read (fixture->storage, key, 0, -1, NULL, &error);
  g_assert_no_error (error);

  goffset read = 0;
  for (gsize n = 1; n > 0; read += (goffset) n)
    {
      g_input_stream_read_all (loft_object_get_stream (object),
                               buffer,
                               1 << 20,
                               &n,
                               NULL,
                               &error);
      g_assert_no_error (error);
      g_assert_cmpint (memcmp (buffer, zeros, n), ==, 0);
    }

  g_assert_cmpint (read, ==, HUGE_SIZE);
  g_assert_null (loft_object_get_etag (object));
#ifndef __SANITIZE_ADDRESS__
  g_assert_cmpint (memory_peak () - before, <, GROWTH_MAX);
#endif
}

void
contract_add_read_tests (void)
{
  CONTRACT_TEST ("/read/missing", test_missing);
  CONTRACT_TEST ("/read/ranges", test_ranges);
  CONTRACT_TEST ("/read/object", test_object);
  CONTRACT_TEST ("/read/stream", test_stream_object);
  CONTRACT_TEST ("/read/huge", test_huge);
  CONTRACT_TEST ("/list/order", test_list_order);
  CONTRACT_TEST ("/list/prefix", test_list_prefix);
  CONTRACT_TEST ("/list/after", test_list_after);
  CONTRACT_TEST ("/list/pages", test_list_pages);
}
