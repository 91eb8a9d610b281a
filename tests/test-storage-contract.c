/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "test-storage-contract.h"

#include <string.h>

/* The contract suite: what every backend promises. Which one is tested, and
 * with which configuration, is said by two options, or else by two variables
 * of the environment; the default is the filesystem in a temporary folder. */

typedef struct
{
  const char *key;
  gboolean valid;
} KeyCase;

static const KeyCase key_cases[] = {
  { "a", TRUE },
  { "a/b/c", TRUE },
  { "name/1.0.0-rc.1~ff.tar.gz", TRUE },
  { "...", TRUE },
  { "..a/.b", TRUE },
  { "a b/ü/日本", TRUE },
  { "", FALSE },
  { "/", FALSE },
  { "/a", FALSE },
  { "a/", FALSE },
  { "a//b", FALSE },
  { ".", FALSE },
  { "..", FALSE },
  { "../a", FALSE },
  { "a/..", FALSE },
  { "a/../b", FALSE },
  { "a/./b", FALSE },
  { "\xff", FALSE },
  { "a/\xc0\xaf/b", FALSE },
  { "\xed\xa0\x80", FALSE },
};

/* What a key is, is decided in one place, and a refusal says why. */
static void
test_keys (StorageFixture *fixture, gconstpointer test_data)
{
  for (guint i = 0; i < G_N_ELEMENTS (key_cases); i++)
    {
      g_autoptr (GError) error = NULL;
      gboolean valid = loft_storage_key_check (key_cases[i].key, &error);

      g_assert_cmpint (valid, ==, key_cases[i].valid);
      if (valid)
        g_assert_no_error (error);
      else
        g_assert_error (error,
                        LOFT_STORAGE_ERROR,
                        LOFT_STORAGE_ERROR_INVALID_KEY);
      g_assert_true (error == NULL ||
                     g_utf8_validate (error->message, -1, NULL));
    }
}

/* A key of ten megabytes is refused by a message of less than a line or two. */
static void
test_huge_key (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *key = g_strnfill (10 * 1024 * 1024, '\x01');

  g_assert_false (loft_storage_key_check (key, &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_INVALID_KEY);
  g_assert_cmpuint (strlen (error->message), <, 1000);
}

static void
assert_invalid (GError **error)
{
  g_assert_error (*error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_INVALID_KEY);
  g_clear_error (error);
}

/* No operation does anything with a key that is none. */
static void
test_invalid_keys (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("x", 1);

  for (guint i = 0; i < G_N_ELEMENTS (key_cases); i++)
    {
      g_autoptr (GError) error = NULL;
      const char *key = key_cases[i].key;

      if (key_cases[i].valid)
        continue;

      g_assert_false (storage_kit_put (fixture->storage, key, "x", &error));
      assert_invalid (&error);
      g_assert_null (loft_storage_replace (fixture->storage,
                                           key,
                                           bytes,
                                           NULL,
                                           NULL,
                                           &error));
      assert_invalid (&error);
      g_assert_null (
        loft_storage_read (fixture->storage, key, 0, -1, NULL, &error));
      assert_invalid (&error);
      g_assert_false (
        loft_storage_remove (fixture->storage, key, NULL, &error));
      assert_invalid (&error);
      g_assert_null (
        loft_storage_redirect (fixture->storage, key, 60, NULL, &error));
      assert_invalid (&error);
    }
}

static void
round_trip (StorageFixture *fixture, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *key = storage_fixture_key (fixture, name);

  storage_kit_put (fixture->storage, key, name, &error);
  g_assert_no_error (error);

  g_autofree char *text = storage_kit_get (fixture->storage, key, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, name);

  g_autofree char *list =
    storage_kit_list (fixture->storage, fixture->prefix, NULL, 0);
  g_assert_cmpstr (list, ==, name);

  loft_storage_remove (fixture->storage, key, NULL, &error);
  g_assert_no_error (error);
}

/* Every kind of key that is allowed works, up to the limits. */
static void
test_key_limits (StorageFixture *fixture, gconstpointer test_data)
{
  g_autofree char *segment = g_strnfill (LOFT_STORAGE_SEGMENT_MAX, 's');
  g_autofree char *rest =
    g_strnfill (LOFT_STORAGE_KEY_MAX - LOFT_STORAGE_SEGMENT_MAX - 1 - 2 - 17,
                'r');
  g_autofree char *longest = g_strconcat (segment, "/x", rest, NULL);
  g_autofree char *too_long = g_strconcat (segment, "s", NULL);
  g_autoptr (GError) error = NULL;

  round_trip (fixture, segment);
  round_trip (fixture, longest);
  round_trip (fixture, "...");
  round_trip (fixture, ".hidden");
  round_trip (fixture, "-dash/~tilde/a b/+%20/ü日本");
  round_trip (fixture, "line\nbreak\x01\x7f");

  /* One key that is as long as can be, whatever the prefix is. */
  g_autofree char *key = storage_fixture_key (fixture, longest);
  gsize missing = LOFT_STORAGE_KEY_MAX - strlen (key);
  g_autofree char *fill = g_strnfill (missing, 'f');
  g_autofree char *exact = g_strconcat (longest, fill, NULL);
  round_trip (fixture, exact);

  g_autofree char *beyond = g_strconcat (key, fill, "g", NULL);
  g_assert_false (storage_kit_put (fixture->storage, beyond, "", &error));
  assert_invalid (&error);
  g_assert_false (storage_kit_put (fixture->storage, too_long, "", &error));
  assert_invalid (&error);
}

typedef struct
{
  GAsyncResult *result; /* owned, nullable */
} Waiter;

static void
done_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  Waiter *waiter = user_data;

  g_set_object (&waiter->result, result);
}

static GAsyncResult *
wait_for (Waiter *waiter)
{
  g_clear_object (&waiter->result);
  while (waiter->result == NULL)
    g_main_context_iteration (NULL, TRUE);

  return waiter->result;
}

/* Every operation has a twin that does not block, with the same outcome. */
static void
test_async (StorageFixture *fixture, gconstpointer test_data)
{
  LoftStorage *storage = fixture->storage;
  g_autoptr (GError) error = NULL;
  g_autofree char *key = storage_fixture_key (fixture, "async");
  g_autoptr (GBytes) bytes = g_bytes_new_static ("two", 3);
  g_autoptr (GInputStream) stream = storage_kit_source_new (3, 'x', NULL);
  Waiter waiter = { NULL };

  loft_storage_create_async (storage, key, stream, 3, NULL, done_cb, &waiter);
  g_assert_true (
    loft_storage_create_finish (storage, wait_for (&waiter), &error));
  g_assert_no_error (error);

  loft_storage_read_async (storage, key, 1, 1, NULL, done_cb, &waiter);
  g_autoptr (LoftObject) object =
    loft_storage_read_finish (storage, wait_for (&waiter), &error);
  g_assert_no_error (error);
  g_assert_cmpint (loft_object_get_length (object), ==, 1);
  g_assert_cmpint (loft_object_get_size (object), ==, 3);

  loft_storage_replace_async (storage,
                              key,
                              bytes,
                              "stale",
                              NULL,
                              done_cb,
                              &waiter);
  g_assert_null (
    loft_storage_replace_finish (storage, wait_for (&waiter), &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_CHANGED);
  g_clear_error (&error);

  loft_storage_list_async (storage,
                           fixture->prefix,
                           NULL,
                           0,
                           NULL,
                           done_cb,
                           &waiter);
  g_auto (GStrv) keys =
    loft_storage_list_finish (storage, wait_for (&waiter), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (keys), ==, 1);
  g_assert_cmpstr (keys[0], ==, key);

  loft_storage_remove_async (storage, key, NULL, done_cb, &waiter);
  g_assert_true (
    loft_storage_remove_finish (storage, wait_for (&waiter), &error));
  g_assert_no_error (error);

  loft_storage_read_async (storage, key, 0, -1, NULL, done_cb, &waiter);
  g_assert_null (
    loft_storage_read_finish (storage, wait_for (&waiter), &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_NOT_FOUND);

  g_clear_object (&waiter.result);
}

/* A wrong key comes back through the callback, never before it. */
static void
test_async_invalid_key (StorageFixture *fixture, gconstpointer test_data)
{
  LoftStorage *storage = fixture->storage;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = g_bytes_new_static ("x", 1);
  g_autoptr (GInputStream) stream = storage_kit_source_new (1, 'x', NULL);
  Waiter waiter = { NULL };

  loft_storage_create_async (storage, "..", stream, 1, NULL, done_cb, &waiter);
  g_assert_null (waiter.result);
  loft_storage_create_finish (storage, wait_for (&waiter), &error);
  assert_invalid (&error);
  loft_storage_replace_async (storage,
                              "..",
                              bytes,
                              NULL,
                              NULL,
                              done_cb,
                              &waiter);
  loft_storage_replace_finish (storage, wait_for (&waiter), &error);
  assert_invalid (&error);
  loft_storage_read_async (storage, "..", 0, -1, NULL, done_cb, &waiter);
  loft_storage_read_finish (storage, wait_for (&waiter), &error);
  assert_invalid (&error);
  loft_storage_remove_async (storage, "..", NULL, done_cb, &waiter);
  loft_storage_remove_finish (storage, wait_for (&waiter), &error);
  assert_invalid (&error);

  g_clear_object (&waiter.result);
}

/* A storage says what it is, and one without addresses says so too. */
static void
test_self_description (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  LoftStorageFeatures features = loft_storage_get_features (fixture->storage);
  g_autofree char *url =
    loft_storage_redirect (fixture->storage, "some/key", 60, NULL, &error);

  g_assert_nonnull (loft_storage_get_uri (fixture->storage));
  g_assert_false (features & LOFT_STORAGE_FEATURE_READ_ONLY);
  if (features & LOFT_STORAGE_FEATURE_REDIRECT)
    g_assert_nonnull (url);
  else
    g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_FAILED);
}

int
main (int argc, char **argv)
{
  g_autofree char *backend = g_strdup (g_getenv ("LOFT_TEST_BACKEND"));
  g_autofree char *config = g_strdup (g_getenv ("LOFT_TEST_CONFIG"));
  const GOptionEntry entries[] = {
    { "backend", 0, 0, G_OPTION_ARG_STRING, &backend, "Its name", "NAME" },
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &config, "A key file", "FILE" },
    { 0 },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  /* An engine may be reached by way of the session, which is left alone then.
   */
  g_test_init (&argc,
               &argv,
               config == NULL ? G_TEST_OPTION_ISOLATE_DIRS : NULL,
               NULL);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }
  storage_kit_init (backend, config);

  CONTRACT_TEST ("/key/rules", test_keys);
  CONTRACT_TEST ("/key/huge", test_huge_key);
  CONTRACT_TEST ("/key/invalid", test_invalid_keys);
  CONTRACT_TEST ("/key/limits", test_key_limits);
  CONTRACT_TEST ("/async/all", test_async);
  CONTRACT_TEST ("/async/invalid-key", test_async_invalid_key);
  CONTRACT_TEST ("/self-description", test_self_description);
  contract_add_write_tests ();
  contract_add_read_tests ();
  contract_add_race_tests ();
  contract_add_observe_tests ();

  return g_test_run ();
}
