/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "test-storage-contract.h"

#include <gio/gunixinputstream.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

static void
assert_text (StorageFixture *fixture, const char *key, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = storage_kit_get (fixture->storage, key, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, expected);
}

static void
assert_missing (StorageFixture *fixture, const char *key)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftObject) object =
    loft_storage_read (fixture->storage, key, 0, -1, NULL, &error);
  g_autofree char *list =
    storage_kit_list (fixture->storage, fixture->prefix, NULL, 0);

  g_assert_null (object);
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_NOT_FOUND);
  g_assert_cmpstr (list, ==, "");
}

/* What was created can be read, an empty object too. */
static void
test_create (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *key = storage_fixture_key (fixture, "a/b/c");
  g_autofree char *empty = storage_fixture_key (fixture, "empty");

  g_assert_true (storage_kit_put (fixture->storage, key, "text", &error));
  g_assert_no_error (error);
  g_assert_true (storage_kit_put (fixture->storage, empty, "", &error));
  g_assert_no_error (error);

  assert_text (fixture, key, "text");
  assert_text (fixture, empty, "");
}

/* A key is taken once; who comes second is told, and changes nothing. */
static void
test_create_exists (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *key = storage_fixture_key (fixture, "a/b");

  g_assert_true (storage_kit_put (fixture->storage, key, "first", &error));
  g_assert_false (storage_kit_put (fixture->storage, key, "second", &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_EXISTS);
  g_clear_error (&error);
  g_assert_false (storage_kit_put (fixture->storage, key, "first", &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_EXISTS);

  assert_text (fixture, key, "first");
}

/* Content that is not as long as announced is refused, and nothing is left. */
static void
test_create_wrong_size (StorageFixture *fixture, gconstpointer test_data)
{
  static const goffset sizes[][2] = {
    { 0, 1 },
    { 1, 0 },
    { 10, 9 },
    { 9, 10 },
    { 1 << 20, 1 << 19 },
    { 1 << 19, 1 << 20 },
  };
  g_autofree char *key = storage_fixture_key (fixture, "a/b");

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GInputStream) stream =
        storage_kit_source_new (sizes[i][0], 'x', NULL);

      g_assert_false (loft_storage_create (fixture->storage,
                                           key,
                                           stream,
                                           sizes[i][1],
                                           NULL,
                                           &error));
      g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_FAILED);
      assert_missing (fixture, key);
    }
}

/* A source that fails is the caller's own affair: it gets its error back. */
static void
test_create_broken_source (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) failure =
    g_error_new (G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT, "cut off");
  g_autofree char *key = storage_fixture_key (fixture, "a/b");

  for (goffset size = 10; size <= 1000000; size *= 10)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GInputStream) stream =
        storage_kit_source_new (size, 'x', failure);

      g_assert_false (loft_storage_create (fixture->storage,
                                           key,
                                           stream,
                                           size + 1,
                                           NULL,
                                           &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT);
      assert_missing (fixture, key);
    }
}

/* A write that was cancelled did not happen. */
static void
test_cancelled (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GBytes) bytes = g_bytes_new_static ("x", 1);
  g_autoptr (GInputStream) stream = storage_kit_source_new (1, 'x', NULL);
  g_autofree char *key = storage_fixture_key (fixture, "a/b");

  g_cancellable_cancel (cancellable);
  g_assert_false (loft_storage_create (fixture->storage,
                                       key,
                                       stream,
                                       1,
                                       cancellable,
                                       &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_null (loft_storage_replace (fixture->storage,
                                       key,
                                       bytes,
                                       NULL,
                                       cancellable,
                                       &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_missing (fixture, key);
}

static void
create_from (StorageFixture *fixture,
             const char *key,
             GInputStream *stream,
             goffset size)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (
    loft_storage_create (fixture->storage, key, stream, size, NULL, &error));
  g_assert_no_error (error);
}

/* A file that is being read is stored from where its reader stands, to the
 * announced size or not at all. */
static void
test_create_from_file (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GFileIOStream) io = NULL;
  g_autoptr (GFile) file = g_file_new_tmp ("loft-XXXXXX", &io, &error);
  g_assert_no_error (error);
  g_file_replace_contents (file,
                           "0123456789",
                           10,
                           NULL,
                           FALSE,
                           0,
                           NULL,
                           NULL,
                           &error);
  g_assert_no_error (error);

  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, &error);
  g_autofree char *whole = storage_fixture_key (fixture, "whole");
  g_autofree char *rest = storage_fixture_key (fixture, "rest");
  g_autofree char *wrong = storage_fixture_key (fixture, "wrong");

  create_from (fixture, whole, G_INPUT_STREAM (stream), 10);
  assert_text (fixture, whole, "0123456789");

  g_seekable_seek (G_SEEKABLE (stream), 4, G_SEEK_SET, NULL, &error);
  g_assert_no_error (error);
  create_from (fixture, rest, G_INPUT_STREAM (stream), 6);
  assert_text (fixture, rest, "456789");

  for (goffset size = 9; size <= 11; size += 2)
    {
      g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_SET, NULL, NULL);
      g_assert_false (loft_storage_create (fixture->storage,
                                           wrong,
                                           G_INPUT_STREAM (stream),
                                           size,
                                           NULL,
                                           &error));
      g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_FAILED);
      g_clear_error (&error);
    }

  g_file_delete (file, NULL, NULL);
}

/* A pipe is no file, though it has a descriptor. */
static void
test_create_from_pipe (StorageFixture *fixture, gconstpointer test_data)
{
  int fds[2] = { -1, -1 };
  g_autofree char *key = storage_fixture_key (fixture, "pipe");

  g_assert_true (g_unix_open_pipe (fds, FD_CLOEXEC, NULL));
  g_assert_cmpint (write (fds[1], "piped", 5), ==, 5);
  close (fds[1]);

  g_autoptr (GInputStream) stream = g_unix_input_stream_new (fds[0], TRUE);
  create_from (fixture, key, stream, 5);
  assert_text (fixture, key, "piped");
}

static char *
replace (StorageFixture *fixture,
         const char *key,
         const char *text,
         const char *etag,
         GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  return loft_storage_replace (fixture->storage, key, bytes, etag, NULL, error);
}

/* A document is replaced only by who has seen the one that is there, and etags
 * say what is in it, so the same content has the same one. */
static void
test_replace (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *key = storage_fixture_key (fixture, "a/document");

  g_autofree char *first = replace (fixture, key, "one", NULL, &error);
  g_assert_no_error (error);
  g_autofree char *second = replace (fixture, key, "two", first, &error);
  g_assert_no_error (error);
  assert_text (fixture, key, "two");
  g_autofree char *third = replace (fixture, key, "one", second, &error);
  g_assert_no_error (error);
  g_autofree char *fourth = replace (fixture, key, "", third, &error);
  g_assert_no_error (error);
  assert_text (fixture, key, "");

  g_assert_cmpstr (first, !=, second);
  g_assert_cmpstr (first, ==, third);

  g_autoptr (LoftObject) object =
    loft_storage_read (fixture->storage, key, 0, -1, NULL, &error);
  g_assert_cmpstr (loft_object_get_etag (object), ==, fourth);
}

/* Whoever expects something else is told so, and changes nothing. */
static void
test_replace_changed (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *key = storage_fixture_key (fixture, "a/document");

  g_assert_null (replace (fixture, key, "x", "stale", &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_CHANGED);
  g_clear_error (&error);
  assert_missing (fixture, key);

  g_autofree char *etag = replace (fixture, key, "one", NULL, &error);
  g_assert_no_error (error);

  g_assert_null (replace (fixture, key, "x", "stale", &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_CHANGED);
  g_clear_error (&error);
  g_assert_null (replace (fixture, key, "x", NULL, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_CHANGED);
  assert_text (fixture, key, "one");
}

/* What was created can be replaced by who has read it; what a reader holds
 * stays what it was. */
static void
test_replace_created (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *key = storage_fixture_key (fixture, "document");
  g_autofree char *content = g_strnfill (300000, 'c');

  g_assert_true (storage_kit_put (fixture->storage, key, content, &error));
  g_autoptr (LoftObject) before =
    loft_storage_read (fixture->storage, key, 0, -1, NULL, &error);
  g_autofree char *etag =
    replace (fixture, key, "new", loft_object_get_etag (before), &error);
  g_assert_no_error (error);
  g_assert_nonnull (etag);

  g_autoptr (GBytes) old = loft_object_load (before, 300000, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (old, NULL),
                   g_bytes_get_size (old),
                   content,
                   300000);
  assert_text (fixture, key, "new");
}

/* Documents are small; up to the limit they have an etag, beyond it they are
 * refused. */
static void
test_replace_limit (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *key = storage_fixture_key (fixture, "document");
  g_autofree char *most = g_strnfill (LOFT_STORAGE_DOCUMENT_MAX, 'm');
  g_autofree char *more = g_strnfill (LOFT_STORAGE_DOCUMENT_MAX + 1, 'm');
  g_autofree char *etag = replace (fixture, key, most, NULL, &error);
  g_assert_no_error (error);

  g_autoptr (LoftObject) object =
    loft_storage_read (fixture->storage, key, 0, -1, NULL, &error);
  g_assert_cmpstr (loft_object_get_etag (object), ==, etag);

  g_assert_null (replace (fixture, key, more, etag, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_FAILED);
  g_clear_error (&error);
  g_autofree char *last = replace (fixture, key, "small", etag, &error);
  g_assert_no_error (error);
}

/* What was removed is gone, once, and its key is free again. */
static void
test_remove (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *key = storage_fixture_key (fixture, "a/b");

  g_assert_false (loft_storage_remove (fixture->storage, key, NULL, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_NOT_FOUND);
  g_clear_error (&error);

  g_assert_true (storage_kit_put (fixture->storage, key, "one", &error));
  g_assert_true (loft_storage_remove (fixture->storage, key, NULL, &error));
  g_assert_no_error (error);
  assert_missing (fixture, key);

  g_assert_false (loft_storage_remove (fixture->storage, key, NULL, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_true (storage_kit_put (fixture->storage, key, "two", &error));
  g_assert_no_error (error);
  assert_text (fixture, key, "two");
}

void
contract_add_write_tests (void)
{
  CONTRACT_TEST ("/create/new", test_create);
  CONTRACT_TEST ("/create/exists", test_create_exists);
  CONTRACT_TEST ("/create/wrong-size", test_create_wrong_size);
  CONTRACT_TEST ("/create/broken-source", test_create_broken_source);
  CONTRACT_TEST ("/create/cancelled", test_cancelled);
  CONTRACT_TEST ("/create/from-file", test_create_from_file);
  CONTRACT_TEST ("/create/from-pipe", test_create_from_pipe);
  CONTRACT_TEST ("/replace/expected", test_replace);
  CONTRACT_TEST ("/replace/changed", test_replace_changed);
  CONTRACT_TEST ("/replace/created", test_replace_created);
  CONTRACT_TEST ("/replace/limit", test_replace_limit);
  CONTRACT_TEST ("/remove", test_remove);
}
