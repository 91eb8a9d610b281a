/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "test-storage-contract.h"

#define N_REPLACED 30

static void
assert_denied (GError **error)
{
  g_assert_error (*error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_DENIED);
  g_clear_error (error);
}

/* Whoever observes sees what the owner does, and does nothing. */
static void
test_reads (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftStorage) observer = storage_fixture_observe (fixture);
  g_autofree char *before = storage_fixture_key (fixture, "a");
  g_autofree char *after = storage_fixture_key (fixture, "b/c");
  g_autoptr (GBytes) bytes = g_bytes_new_static ("new", 3);

  g_assert_true (loft_storage_get_features (observer) &
                 LOFT_STORAGE_FEATURE_READ_ONLY);
  g_assert_cmpstr (loft_storage_get_uri (observer),
                   ==,
                   loft_storage_get_uri (fixture->storage));

  g_assert_null (storage_kit_get (observer, before, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_true (storage_kit_put (fixture->storage, before, "x", &error));
  g_autofree char *text = storage_kit_get (observer, before, &error);
  g_assert_cmpstr (text, ==, "x");

  g_assert_false (storage_kit_put (observer, after, "y", &error));
  assert_denied (&error);
  g_assert_null (
    loft_storage_replace (observer, after, bytes, NULL, NULL, &error));
  assert_denied (&error);
  g_assert_false (loft_storage_remove (observer, before, NULL, &error));
  assert_denied (&error);

  g_assert_true (storage_kit_put (fixture->storage, after, "z", &error));
  g_autofree char *keys = storage_kit_list (observer, fixture->prefix, NULL, 0);
  g_assert_cmpstr (keys, ==, "a b/c");
}

typedef struct
{
  LoftStorage *storage; /* not owned */
  const char *key;
  int done; /* atomic */
} Writer;

static gpointer
replace_thread (gpointer data)
{
  Writer *writer = data;
  g_autofree char *etag = NULL;

  for (guint i = 0; i < N_REPLACED; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *text = g_strnfill (1000 + i, (char) ('0' + i));
      g_autoptr (GBytes) bytes = g_bytes_new (text, 1000 + i);
      g_autofree char *last = g_steal_pointer (&etag);

      etag = loft_storage_replace (writer->storage,
                                   writer->key,
                                   bytes,
                                   last,
                                   NULL,
                                   &error);
      g_assert_no_error (error);
    }
  g_atomic_int_set (&writer->done, TRUE);

  return NULL;
}

/* A document that is there is there while it is replaced, whole, and never an
 * older one than a moment ago. */
static void
test_replaced (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (LoftStorage) observer = storage_fixture_observe (fixture);
  g_autofree char *key = storage_fixture_key (fixture, "document");
  Writer writer = { .storage = fixture->storage, .key = key };
  GThread *thread = g_thread_new ("writer", replace_thread, &writer);
  guint last = 0;

  while (!g_atomic_int_get (&writer.done))
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *text = storage_kit_get (observer, key, &error);

      if (last == 0 && g_error_matches (error,
                                        LOFT_STORAGE_ERROR,
                                        LOFT_STORAGE_ERROR_NOT_FOUND))
        continue;
      g_assert_no_error (error);

      guint n = (guint) (text[0] - '0');
      g_autofree char *expected = g_strnfill (1000 + n, (char) ('0' + n));
      g_assert_cmpstr (text, ==, expected);
      g_assert_cmpuint (n, >=, last);
      last = n;
    }
  g_thread_join (thread);
}

/* What is not there is not made by looking at it. */
static void
test_missing (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  if (fixture->root == NULL)
    {
      g_test_skip ("the engine's store is there");
      return;
    }

  g_autofree char *root = g_build_filename (fixture->root, "other", NULL);
  g_autoptr (GKeyFile) config = storage_kit_config (root);
  g_assert_null (storage_kit_observe (config, &error));
  g_assert_nonnull (error);
  g_assert_false (g_file_test (root, G_FILE_TEST_EXISTS));
}

void
contract_add_observe_tests (void)
{
  CONTRACT_TEST ("/observe/reads", test_reads);
  CONTRACT_TEST ("/observe/replaced", test_replaced);
  CONTRACT_TEST ("/observe/missing", test_missing);
}
