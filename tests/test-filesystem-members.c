/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "test-filesystem-storage.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "backend/loft-backend-loader.h"

/* Several processes that use one root: its owner, which is this test or a
 * child, and children of the owner. */

#define N_MEMBERS 3
#define N_STEPS 50

static LoftStorage *
join_root (const char *root, GError **error)
{
  g_autoptr (GKeyFile) config = storage_kit_config (root);

  return loft_backend_join ("filesystem", config, NULL, error);
}

static LoftStorage *
join_checked (const char *root)
{
  g_autoptr (GError) error = NULL;
  LoftStorage *storage = join_root (root, &error);

  g_assert_no_error (error);

  return storage;
}

/* Belongs to a root until its input ends. */
void
child_member (const char *root)
{
  g_autoptr (LoftStorage) storage = join_checked (root);
  char byte = 'R';

  g_assert_cmpint (write (STDOUT_FILENO, &byte, 1), ==, 1);
  g_assert_cmpint (read (STDIN_FILENO, &byte, 1), ==, 0);
}

/* Owns a root, and has a child that belongs to it. */
void
child_parent (const char *root)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftStorage) storage = open_root (root, &error);
  g_assert_no_error (error);
  g_autofree char *program = g_file_read_link ("/proc/self/exe", &error);
  g_assert_no_error (error);
  g_autoptr (GSubprocess) child =
    g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_INHERIT,
                      &error,
                      program,
                      "--child",
                      "member",
                      root,
                      NULL);
  g_assert_no_error (error);
  g_subprocess_wait (child, NULL, NULL);
}

/* Adds one to the number that is stored, whoever else does. */
static void
count (LoftStorage *storage)
{
  while (TRUE)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (LoftObject) object =
        loft_storage_read (storage, "count", 0, -1, NULL, &error);
      g_assert_no_error (error);
      g_autoptr (GBytes) old = loft_object_load (object, 100, NULL, &error);
      g_assert_no_error (error);
      g_autofree char *digits =
        g_strndup (g_bytes_get_data (old, NULL), g_bytes_get_size (old));
      g_autofree char *text = g_strdup_printf ("%d", atoi (digits) + 1);
      g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
      g_autofree char *etag =
        loft_storage_replace (storage,
                              "count",
                              bytes,
                              loft_object_get_etag (object),
                              NULL,
                              &error);

      if (etag != NULL)
        return;
      assert_storage_error (&error, LOFT_STORAGE_ERROR_CHANGED);
    }
}

/* Counts, and creates what others create too; the keys that were won are stored
 * under one that only this process has. */
static void
count_and_create (LoftStorage *storage)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) won = g_string_new (NULL);
  g_autofree char *own = g_strdup_printf ("won/%ld", (long) getpid ());

  for (guint i = 0; i < N_STEPS; i++)
    {
      g_autofree char *key = g_strdup_printf ("race/%u", i);

      count (storage);
      if (storage_kit_put (storage, key, own, &error))
        g_string_append_printf (won, "%u ", i);
      else
        assert_storage_error (&error, LOFT_STORAGE_ERROR_EXISTS);
    }
  storage_kit_put (storage, own, won->str, &error);
  g_assert_no_error (error);
}

void
child_member_count (const char *root)
{
  g_autoptr (LoftStorage) storage = join_checked (root);

  count_and_create (storage);
}

/* Cannot flush a folder. */
void
child_member_broken (const char *root)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftStorage) storage = join_checked (root);

  deny_folder_flush ();
  g_assert_false (storage_kit_put (storage, "a/b", "x", &error));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_FAILED);
}

/* What processes do at once is as exclusive as what threads do. */
static void
test_race (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) children =
    g_ptr_array_new_with_free_func (g_object_unref);

  storage_kit_put (fixture->storage, "count", "0", &error);
  g_assert_no_error (error);
  for (guint i = 0; i < N_MEMBERS; i++)
    g_ptr_array_add (children, start_child ("member-count", fixture->root));
  count_and_create (fixture->storage);
  for (guint i = 0; i < N_MEMBERS; i++)
    {
      g_subprocess_wait (children->pdata[i], NULL, &error);
      g_assert_no_error (error);
      g_assert_true (g_subprocess_get_successful (children->pdata[i]));
    }

  g_autofree char *total = storage_kit_get (fixture->storage, "count", &error);
  g_assert_no_error (error);
  g_assert_cmpint (atoi (total), ==, (N_MEMBERS + 1) * N_STEPS);

  g_auto (GStrv) keys =
    loft_storage_list (fixture->storage, "won/", NULL, 100, NULL, &error);
  guint won = 0;
  for (gsize i = 0; keys[i] != NULL; i++)
    {
      g_autofree char *text =
        storage_kit_get (fixture->storage, keys[i], &error);

      for (const char *c = text; *c != '\0'; c++)
        won += *c == ' ';
    }
  g_assert_cmpuint (won, ==, N_STEPS);
}

/* Whoever joins does not take what others are writing for leftovers. */
static void
test_leftovers (StorageFixture *fixture, gconstpointer test_data)
{
  g_autofree char *path =
    g_build_filename (fixture->root, "_registry", "tmp", "0123.part", NULL);

  g_assert_true (g_file_set_contents (path, "x", 1, NULL));
  g_autoptr (GSubprocess) child = start_child ("member", fixture->root);
  wait_until_ready (child);
  g_assert_cmpuint (count_unfinished (fixture->root), ==, 1);
  g_output_stream_close (g_subprocess_get_stdin_pipe (child), NULL, NULL);
  g_subprocess_wait (child, NULL, NULL);
  g_assert_true (g_subprocess_get_successful (child));
  g_unlink (path);
}

/* Only children of the owner can join. */
static void
test_foreign (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *root = g_build_filename (fixture->root, "other", NULL);

  g_assert_cmpint (g_mkdir (root, 0755), ==, 0);
  g_assert_null (join_root (root, &error));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_UNAVAILABLE);

  g_autoptr (GSubprocess) child = start_child ("own", root);
  wait_until_ready (child);
  g_assert_null (join_root (root, &error));
  g_assert_nonnull (
    strstr (error->message, g_subprocess_get_identifier (child)));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_UNAVAILABLE);
  g_subprocess_force_exit (child);
  g_subprocess_wait (child, NULL, NULL);

  g_assert_null (join_root (root, &error));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_UNAVAILABLE);
}

typedef struct
{
  const char *root;
  int opened; /* atomic */
} Opening;

static gpointer
open_thread (gpointer data)
{
  g_autoptr (GError) error = NULL;
  Opening *opening = data;
  LoftStorage *storage = open_root (opening->root, &error);

  g_assert_no_error (error);
  g_atomic_int_set (&opening->opened, TRUE);

  return storage;
}

/* Where an owner has died, the next one waits for its children. */
static void
test_orphan (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *root = g_build_filename (fixture->root, "other", NULL);
  g_autoptr (GSubprocess) child = start_child ("parent", root);
  Opening opening = { root, FALSE };

  wait_until_ready (child);
  g_subprocess_force_exit (child);
  g_subprocess_wait (child, NULL, NULL);

  g_autoptr (GThread) thread = g_thread_new ("opening", open_thread, &opening);
  g_usleep (200000);
  g_assert_false (g_atomic_int_get (&opening.opened));
  g_output_stream_close (g_subprocess_get_stdin_pipe (child), NULL, &error);
  g_assert_no_error (error);
  g_autoptr (LoftStorage) storage = g_thread_join (g_steal_pointer (&thread));
  g_assert_finalize_object (g_steal_pointer (&storage));
}

/* What one process could not flush is trusted by none, until the next start. */
static void
test_broken (StorageFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) child = start_child ("member-broken", fixture->root);

  g_subprocess_wait (child, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_successful (child));
  g_assert_false (storage_kit_put (fixture->storage, "a/c", "x", &error));
  g_assert_nonnull (strstr (error->message, "any more"));
  assert_storage_error (&error, LOFT_STORAGE_ERROR_FAILED);

  g_assert_finalize_object (g_steal_pointer (&fixture->storage));
  fixture->storage = open_root (fixture->root, &error);
  g_assert_no_error (error);
  storage_kit_put (fixture->storage, "a/c", "x", &error);
  g_assert_no_error (error);
}

static void
add (const char *path, void (*test) (StorageFixture *, gconstpointer))
{
  g_test_add (path,
              StorageFixture,
              NULL,
              storage_fixture_set_up,
              test,
              storage_fixture_tear_down);
}

void
add_member_tests (void)
{
  add ("/filesystem-storage/members/race", test_race);
  add ("/filesystem-storage/members/leftovers", test_leftovers);
  add ("/filesystem-storage/members/foreign", test_foreign);
  add ("/filesystem-storage/members/orphan", test_orphan);
  add ("/filesystem-storage/members/broken", test_broken);
}
