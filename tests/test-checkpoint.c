/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-checkpoint.h"

#include <glib/gstdio.h>
#include <string.h>

#include "kit/catalog-kit.h"
#include "kit/fault-fixture.h"
#include "kit/log-kit.h"
#include "kit/storage-kit.h"
#include "registry/loft-checkpoint-pack.h"
#include "registry/loft-registry-error.h"

/* A node leaves a copy of its catalog, with which another begins. */

typedef struct
{
  Kit one;   /* which leaves copies */
  Kit other; /* which begins with them */
  FaultFixture store;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  kit_setup (&fixture->one, NULL);
  kit_setup (&fixture->other, NULL);
  g_assert_true (loft_catalog_reset (fixture->other.catalog, NULL));
  fault_fixture_set_up (&fixture->store, NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  kit_teardown (&fixture->one, NULL);
  kit_teardown (&fixture->other, NULL);
  fault_fixture_tear_down (&fixture->store, NULL);
}

static void
publish_some (Fixture *fixture, const char *name, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *version = g_strdup_printf ("1.%u.0", i);

      kit_publish (fixture->one.catalog, name, version);
    }
}

static guint64
write_copy (Fixture *fixture, guint64 interval)
{
  g_autoptr (GError) error = NULL;
  guint64 sequence = 0;

  loft_checkpoint_write (fixture->store.storage,
                         fixture->one.catalog,
                         interval,
                         &sequence,
                         NULL,
                         &error);
  g_assert_no_error (error);

  return sequence;
}

static gboolean
restore (Fixture *fixture, guint64 least)
{
  g_autoptr (GError) error = NULL;
  gboolean restored = FALSE;

  loft_checkpoint_restore (fixture->store.storage,
                           fixture->other.catalog,
                           least,
                           &restored,
                           NULL,
                           &error);
  g_assert_no_error (error);

  return restored;
}

static void
assert_same (Fixture *fixture)
{
  g_autofree char *ours = kit_dump (fixture->one.catalog);
  g_autofree char *theirs = kit_dump (fixture->other.catalog);
  g_autofree char *our_digest =
    loft_catalog_get_digest (fixture->one.catalog, NULL, NULL);
  g_autofree char *their_digest =
    loft_catalog_get_digest (fixture->other.catalog, NULL, NULL);

  g_assert_cmpstr (ours, ==, theirs);
  g_assert_cmpstr (our_digest, ==, their_digest);
  g_assert_cmpuint (loft_catalog_get_sequence (fixture->one.catalog),
                    ==,
                    loft_catalog_get_sequence (fixture->other.catalog));
  g_assert_true (loft_catalog_is_complete (fixture->other.catalog));
}

static void
test_round (Fixture *fixture, gconstpointer test_data)
{
  publish_some (fixture, "abc", 20);
  publish_some (fixture, "def", 3);
  kit_change (fixture->one.catalog, "abc", kit_state (1, "ann", "1.3.0"));
  g_assert_cmpuint (write_copy (fixture, 1), ==, 24);

  g_assert_true (restore (fixture, 0));
  assert_same (fixture);

  /* It is a catalog like any other. */
  kit_reopen (&fixture->other);
  assert_same (fixture);
  kit_publish (fixture->other.catalog, "ghi", "1.0.0");
  g_autofree char *found =
    kit_search (fixture->other.catalog, "ghi", LOFT_SORT_RELEVANCE, 10);
  g_assert_cmpstr (found, ==, "ghi");
}

static void
test_due (Fixture *fixture, gconstpointer test_data)
{
  publish_some (fixture, "abc", 9);
  g_assert_cmpuint (write_copy (fixture, 10), ==, 0);
  g_assert_false (restore (fixture, 0));

  publish_some (fixture, "def", 1);
  g_assert_cmpuint (write_copy (fixture, 10), ==, 10);
  publish_some (fixture, "ghi", 9);
  g_assert_cmpuint (write_copy (fixture, 10), ==, 10);

  g_assert_false (restore (fixture, 10));
  g_assert_cmpuint (loft_catalog_get_sequence (fixture->other.catalog), ==, 0);
  g_assert_true (restore (fixture, 9));
  g_assert_cmpuint (loft_catalog_get_sequence (fixture->other.catalog), ==, 10);
}

static guint
count_parts (Fixture *fixture)
{
  g_auto (GStrv) keys = loft_storage_list (fixture->store.real,
                                           LOFT_CHECKPOINT_PREFIX,
                                           NULL,
                                           100,
                                           NULL,
                                           NULL);

  return g_strv_length (keys);
}

/* The last copy but one may be in use still. */
static void
test_garbage (Fixture *fixture, gconstpointer test_data)
{
  for (guint i = 1; i <= 5; i++)
    {
      g_autofree char *name = g_strdup_printf ("name%u", i);

      publish_some (fixture, name, 5);
      g_assert_cmpuint (write_copy (fixture, 5), ==, i * 5);
      g_assert_cmpuint (count_parts (fixture), ==, MIN (i, 2));
    }
  g_assert_true (restore (fixture, 0));
  assert_same (fixture);
}

/* What other releases have left is left alone. */
static void
test_schemas (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  const char *foreign =
    "{\"1\":{\"sequence\":2,\"stem\":\"_registry/checkpoint/"
    "00000000000000000002-aaaaaaaa\",\"parts\":1,\"size\":9,\"sha256\":\"ab\"},"
    "\"words\":{\"for\":\"later\"}}";

  storage_kit_put (fixture->store.real,
                   LOFT_CHECKPOINT_PREFIX
                   "00000000000000000002-aaaaaaaa-00000.zst",
                   "theirs",
                   &error);
  g_assert_no_error (error);
  storage_kit_put (fixture->store.real, LOFT_CHECKPOINT_KEY, foreign, &error);
  g_assert_no_error (error);
  g_assert_false (restore (fixture, 0));

  for (guint i = 1; i <= 3; i++)
    {
      g_autofree char *name = g_strdup_printf ("name%u", i);

      publish_some (fixture, name, 5);
      write_copy (fixture, 5);
    }
  g_autofree char *note =
    storage_kit_get (fixture->store.real, LOFT_CHECKPOINT_KEY, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (note, "00000000000000000002-aaaaaaaa"));
  g_assert_nonnull (strstr (note, "\"later\""));
  g_assert_cmpuint (count_parts (fixture), ==, 4);
  g_assert_true (restore (fixture, 0));
}

static char *
find_part (Fixture *fixture)
{
  g_auto (GStrv) keys = loft_storage_list (fixture->store.real,
                                           LOFT_CHECKPOINT_PREFIX,
                                           NULL,
                                           100,
                                           NULL,
                                           NULL);
  g_assert_cmpuint (g_strv_length (keys), ==, 1);

  return g_build_filename (fixture->store.root, keys[0], NULL);
}

static void
flip_bit (const char *path, gsize place)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *content = NULL;
  gsize length;

  g_file_get_contents (path, &content, &length, &error);
  g_assert_no_error (error);
  content[place % length] ^= 1;
  g_file_set_contents (path, content, (gssize) length, &error);
  g_assert_no_error (error);
}

static void
cut (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *content = NULL;
  gsize length;

  g_file_get_contents (path, &content, &length, &error);
  g_assert_no_error (error);
  g_file_set_contents (path, content, (gssize) length / 2, &error);
  g_assert_no_error (error);
}

static void
assert_useless (Fixture *fixture)
{
  log_kit_expect (G_LOG_LEVEL_MESSAGE, "*is of no use*");
  g_assert_false (restore (fixture, 0));
  log_kit_check ();
  g_assert_cmpuint (loft_catalog_get_sequence (fixture->other.catalog), ==, 0);
  g_assert_false (loft_catalog_is_complete (fixture->other.catalog));
}

/* Nothing comes of a copy that is damaged, wherever that is. */
static void
test_damage (Fixture *fixture, gconstpointer test_data)
{
  static const gsize places[] = { 0, 50, 100, 1000, 5000, G_MAXSIZE };

  publish_some (fixture, "abc", 50);
  write_copy (fixture, 1);

  g_autofree char *path = find_part (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    {
      flip_bit (path, places[i]);
      assert_useless (fixture);
      flip_bit (path, places[i]);
    }

  g_autofree char *whole = NULL;
  gsize length;
  g_file_get_contents (path, &whole, &length, NULL);
  cut (path);
  assert_useless (fixture);
  g_file_set_contents (path, "", 0, NULL);
  assert_useless (fixture);
  g_file_set_contents (path, whole, (gssize) length, NULL);
  g_assert_true (restore (fixture, 0));
  assert_same (fixture);
}

static void
test_missing (Fixture *fixture, gconstpointer test_data)
{
  publish_some (fixture, "abc", 5);
  write_copy (fixture, 1);

  g_autofree char *path = find_part (fixture);
  g_assert_cmpint (g_unlink (path), ==, 0);
  assert_useless (fixture);

  /* The next one is good. */
  publish_some (fixture, "def", 5);
  write_copy (fixture, 1);
  g_assert_true (restore (fixture, 0));
  assert_same (fixture);
}

#define NOTE(sequence, stem, parts, size, sha256)                              \
  "{\"7\":{\"sequence\":" sequence ",\"stem\":\"" stem "\",\"parts\":" parts   \
  ",\"size\":" size ",\"sha256\":\"" sha256 "\"}}"
#define STEM LOFT_CHECKPOINT_PREFIX "00000000000000000005-aaaaaaaa"

static const char *const bad_notes[] = {
  "",
  "{",
  "[]",
  "null",
  "{\"7\":[]}",
  "{\"7\":{}}",
  "{\"7\":{\"sequence\":\"5\",\"stem\":5}}",
  NOTE ("5", "elsewhere/5", "1", "100", "ab"),
  NOTE ("-5", STEM, "1", "100", "ab"),
  NOTE ("5", STEM, "0", "100", "ab"),
  NOTE ("5", STEM, "100000000000", "100", "ab"),
  NOTE ("5", STEM, "1", "-1", "ab"),
};

/* A note that is none is as good as no note, and is replaced. */
static void
test_notes (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (bad_notes); i++)
    {
      g_autofree char *path =
        g_build_filename (fixture->store.root, LOFT_CHECKPOINT_KEY, NULL);

      storage_kit_put (fixture->store.real, LOFT_CHECKPOINT_KEY, "{}", NULL);
      g_file_set_contents (path, bad_notes[i], -1, &error);
      g_assert_no_error (error);
      g_assert_false (restore (fixture, 0));
    }

  g_autofree char *large = g_strnfill (70000, ' ');
  storage_kit_put (fixture->store.real, LOFT_CHECKPOINT_KEY, "{}", NULL);
  g_autofree char *path =
    g_build_filename (fixture->store.root, LOFT_CHECKPOINT_KEY, NULL);
  g_file_set_contents (path, large, -1, &error);
  g_assert_no_error (error);
  g_assert_false (restore (fixture, 0));

  publish_some (fixture, "abc", 5);
  g_assert_cmpuint (write_copy (fixture, 5), ==, 5);
  g_assert_true (restore (fixture, 0));
  assert_same (fixture);
}

/* What may be another time is no reason to begin in another way. */
static void
test_unavailable (Fixture *fixture, gconstpointer test_data)
{
  static const char *const prefixes[] = { LOFT_CHECKPOINT_KEY,
                                          LOFT_CHECKPOINT_PREFIX };

  publish_some (fixture, "abc", 5);
  write_copy (fixture, 5);
  for (gsize i = 0; i < G_N_ELEMENTS (prefixes); i++)
    {
      g_autoptr (GError) error = NULL;
      gboolean restored = TRUE;

      fault_storage_arm (fixture->store.storage,
                         FAULT_UNREADABLE,
                         prefixes[i],
                         1);
      g_assert_false (loft_checkpoint_restore (fixture->store.storage,
                                               fixture->other.catalog,
                                               0,
                                               &restored,
                                               NULL,
                                               &error));
      g_assert_error (error,
                      LOFT_STORAGE_ERROR,
                      LOFT_STORAGE_ERROR_UNAVAILABLE);
      g_assert_false (restored);
    }
  g_assert_true (restore (fixture, 0));
  assert_same (fixture);
}

/* Of two who leave one at once, one is named, and both copies are whole. */
static void
rival_cb (LoftStorage *storage, const char *key, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (key, ==, LOFT_CHECKPOINT_KEY);
  storage_kit_put (storage, key, "{\"other\":1}", &error);
  g_assert_no_error (error);
}

static void
test_rival (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  guint64 sequence = 0;

  publish_some (fixture, "abc", 5);
  fault_storage_set_rival (fixture->store.storage, rival_cb, NULL);
  fault_storage_arm (fixture->store.storage,
                     FAULT_RIVAL,
                     LOFT_CHECKPOINT_KEY,
                     1);
  g_assert_false (loft_checkpoint_write (fixture->store.storage,
                                         fixture->one.catalog,
                                         1,
                                         &sequence,
                                         NULL,
                                         &error));
  g_assert_error (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_CHANGED);
  g_assert_cmpuint (sequence, ==, 0);

  g_assert_cmpuint (write_copy (fixture, 1), ==, 5);
  g_autofree char *note =
    storage_kit_get (fixture->store.real, LOFT_CHECKPOINT_KEY, NULL);
  g_assert_nonnull (strstr (note, "\"other\":1"));
  g_assert_true (restore (fixture, 0));
}

static void
test_incomplete (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  guint64 sequence = 0;

  g_assert_true (loft_catalog_reset (fixture->one.catalog, NULL));
  publish_some (fixture, "abc", 5);
  g_assert_false (loft_checkpoint_write (fixture->store.storage,
                                         fixture->one.catalog,
                                         1,
                                         &sequence,
                                         NULL,
                                         &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_NOT_READY);
  g_assert_cmpuint (count_parts (fixture), ==, 0);
}

/* Content that can't be compressed fills several parts. */
static void
test_parts (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  gsize size = 20 * 1024 * 1024 + 17;
  g_autofree guint8 *content = g_malloc (size);
  g_autofree char *path = g_build_filename (fixture->store.root, "file", NULL);
  g_autofree char *back = g_build_filename (fixture->store.root, "back", NULL);
  g_auto (LoftPacked) packed = { 0 };

  for (gsize i = 0; i + 4 <= size; i += 4)
    *(guint32 *) (void *) (content + i) = g_test_rand_int ();
  g_file_set_contents (path, (char *) content, (gssize) size, &error);
  g_assert_no_error (error);

  loft_pack (fixture->store.storage, path, STEM, &packed, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (packed.parts, ==, 3);
  g_assert_cmpuint (packed.size, ==, size);
  loft_unpack (fixture->store.storage, &packed, back, NULL, &error);
  g_assert_no_error (error);

  g_autofree char *got = NULL;
  gsize got_size;
  g_file_get_contents (back, &got, &got_size, NULL);
  g_assert_cmpmem (got, got_size, content, size);

  packed.parts--;
  g_assert_false (
    loft_unpack (fixture->store.storage, &packed, back, NULL, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_CORRUPT);
  g_clear_error (&error);
  packed.parts++;
  packed.size--;
  g_assert_false (
    loft_unpack (fixture->store.storage, &packed, back, NULL, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_CORRUPT);
}

static void
add (const char *path, void (*func) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, func, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  log_kit_init ();
  add ("/checkpoint/round", test_round);
  add ("/checkpoint/due", test_due);
  add ("/checkpoint/garbage", test_garbage);
  add ("/checkpoint/schemas", test_schemas);
  add ("/checkpoint/damage", test_damage);
  add ("/checkpoint/missing", test_missing);
  add ("/checkpoint/notes", test_notes);
  add ("/checkpoint/unavailable", test_unavailable);
  add ("/checkpoint/rival", test_rival);
  add ("/checkpoint/incomplete", test_incomplete);
  add ("/checkpoint/parts", test_parts);

  return g_test_run ();
}
