/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include "kit/catalog-kit.h"
#include "registry/loft-catalog-private.h"
#include "registry/loft-registry-error.h"

static char *
catalog_path (Kit *kit, const char *stem, guint generation)
{
  g_autofree char *name = g_strdup_printf ("catalog-%s-%d-%u.db",
                                           stem,
                                           LOFT_CATALOG_SCHEMA,
                                           generation);

  return g_build_filename (kit->directory, name, NULL);
}

static void
assert_exists (Kit *kit, const char *stem, guint generation, gboolean exists)
{
  g_autofree char *path = catalog_path (kit, stem, generation);

  g_assert_cmpint (g_file_test (path, G_FILE_TEST_EXISTS), ==, exists);
}

static void
assert_packages (LoftCatalog *catalog, const char *expected)
{
  g_autofree char *packages = kit_packages (catalog);

  g_assert_cmpstr (packages, ==, expected);
}

/* Starting over is another file; the old one goes when nobody has it open. */
static void
test_reset (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  guint64 packages = 1;

  kit_publish (kit->catalog, "hello", "1.0.0");
  g_assert_true (loft_catalog_set_note (kit->catalog, "note", "x", &error));
  assert_packages (kit->catalog, "hello");
  g_assert_true (loft_catalog_reset (kit->catalog, &error));
  g_assert_no_error (error);

  g_assert_cmpuint (loft_catalog_get_sequence (kit->catalog), ==, 0);
  g_assert_false (loft_catalog_is_complete (kit->catalog));
  loft_catalog_count (kit->catalog, &packages, NULL, &error);
  g_assert_cmpuint (packages, ==, 0);
  g_assert_null (loft_catalog_get_note (kit->catalog, "note", &error));
  g_assert_no_error (error);
  assert_packages (kit->catalog, "");
  assert_exists (kit, "test", 1, FALSE);
  assert_exists (kit, "test", 2, TRUE);

  kit_apply (kit->catalog, kit_event (kit_document ("other", "1.0.0"), 1));
  kit_reopen (kit);
  assert_packages (kit->catalog, "other");
  g_assert_cmpuint (loft_catalog_get_sequence (kit->catalog), ==, 1);
}

static gpointer
list_cb (gpointer user_data)
{
  for (guint i = 0; i < 300; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) list =
        loft_catalog_list_packages (user_data, NULL, &error);

      g_assert_no_error (error);
      g_assert_nonnull (list);
    }

  return NULL;
}

/* Who is reading while everything starts over reads on. */
static void
test_reset_while_reading (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  GThread *threads[4];

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("reader", list_cb, kit->catalog);
  for (guint i = 0; i < 20; i++)
    {
      kit_publish (kit->catalog, "hello", "1.0.0");
      g_assert_true (loft_catalog_reset (kit->catalog, &error));
      g_assert_no_error (error);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  assert_exists (kit, "test", 20, FALSE);
  assert_exists (kit, "test", 21, TRUE);
}

/* Many events at once, from @seq on. */
static GPtrArray *
make_events (guint seq, guint n_events)
{
  GPtrArray *events =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);

  for (guint i = seq; i < seq + n_events; i++)
    {
      g_autofree char *name = g_strdup_printf ("package%u", i);

      g_ptr_array_add (events, kit_event (kit_document (name, "1.0.0"), i));
    }

  return events;
}

/* A checkpoint changes nothing that can be seen, and a log that has grown
 * large is cut down. */
static void
test_checkpoint (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = catalog_path (kit, "test", 1);
  g_autofree char *wal = g_strconcat (path, "-wal", NULL);
  g_autofree char *text = g_strnfill (128 * 1024, 'r');
  g_autoptr (GPtrArray) events = make_events (1, 300);
  GStatBuf status;

  for (guint i = 0; i < events->len; i++)
    {
      LoftEvent *event = events->pdata[i];

      g_free (event->document->description);
      event->document->description = g_strdup (text);
    }
  loft_catalog_apply (kit->catalog, events, &error);
  g_assert_no_error (error);

  g_assert_cmpint (g_stat (wal, &status), ==, 0);
  g_assert_cmpint (status.st_size, >, 64 * 1024 * 1024);
  g_assert_true (loft_catalog_checkpoint (kit->catalog, &error));
  g_assert_cmpint (g_stat (wal, &status), ==, 0);
  g_assert_cmpint (status.st_size, ==, 0);
  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_assert_cmpint (status.st_size, >, 10 * 1024 * 1024);
}

/* Directories that can't be used are errors that name them. */
static void
test_bad_directory (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *file = g_build_filename (kit->directory, "file", NULL);
  g_autofree char *below = g_build_filename (file, "below", NULL);
  g_autofree char *lock =
    g_build_filename (kit->directory, "catalog-x.lock", NULL);

  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  g_assert_null (loft_catalog_open (below, "test", NULL, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, below));
  g_clear_error (&error);

  g_assert_cmpint (g_mkdir (lock, 0700), ==, 0);
  g_assert_null (loft_catalog_open (kit->directory, "x", NULL, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, lock));
}

/* If somebody deletes the directory, what needs it fails with its name, and
 * nothing crashes; starting over makes it again, locked as before. */
static void
test_deleted (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  kit_publish (kit->catalog, "hello", "1.0.0");
  kit_remove (kit->directory);

  g_assert_null (loft_catalog_list_packages (kit->catalog, NULL, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, kit->directory));
  g_clear_error (&error);
  g_assert_false (loft_catalog_check_file (kit->catalog, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_CORRUPT);
  g_clear_error (&error);

  loft_catalog_reset (kit->catalog, &error);
  g_assert_no_error (error);
  loft_catalog_check_file (kit->catalog, &error);
  g_assert_no_error (error);
  assert_packages (kit->catalog, "");
  kit_publish (kit->catalog, "hello", "1.0.0");
  assert_packages (kit->catalog, "hello");

  /* The lock is taken, so another daemon gets another file. */
  g_autoptr (LoftCatalog) other =
    loft_catalog_open (kit->directory, "test", NULL, &error);
  g_assert_no_error (error);
  assert_packages (other, "");
}

/* If nothing can be written, a change fails whole and reading goes on; once it
 * can be, so does the writing. */
static void
test_unwritable (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) events = make_events (2, 998);
  struct rlimit before, after;

  kit_publish (kit->catalog, "hello", "1.0.0");
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &before), ==, 0);
  after = before;
  after.rlim_cur = 256 * 1024;
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &after), ==, 0);
  g_assert_false (loft_catalog_apply (kit->catalog, events, &error));
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &before), ==, 0);
  g_assert_true (error->domain == LOFT_REGISTRY_ERROR);
  g_assert_nonnull (strstr (error->message, kit->directory));
  g_clear_error (&error);

  g_assert_cmpuint (loft_catalog_get_sequence (kit->catalog), ==, 1);
  assert_packages (kit->catalog, "hello");
  g_assert_true (loft_catalog_apply (kit->catalog, events, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (loft_catalog_get_sequence (kit->catalog), ==, 999);
}

#define SMALL_DISK "/catalog-limits/no-space/subprocess"

static gboolean
write_text (const char *path, const char *text)
{
  int fd = open (path, O_WRONLY | O_CLOEXEC);
  gssize written = fd >= 0 ? write (fd, text, strlen (text)) : -1;

  if (fd >= 0)
    close (fd);

  return written == (gssize) strlen (text);
}

/* Puts a disk of one megabyte onto @directory, for this process alone. Who is
 * not root may do that among users of his own, of whom he is the only one. */
static gboolean
mount_small_disk (const char *directory)
{
  guint user = geteuid ();
  guint group = getegid ();
  g_autofree char *users = g_strdup_printf ("%u %u 1", user, user);
  g_autofree char *groups = g_strdup_printf ("%u %u 1", group, group);

  if (unshare (CLONE_NEWNS | (user != 0 ? CLONE_NEWUSER : 0)) != 0)
    return FALSE;
  if (user != 0 && !(write_text ("/proc/self/setgroups", "deny") &&
                     write_text ("/proc/self/uid_map", users) &&
                     write_text ("/proc/self/gid_map", groups)))
    return FALSE;

  return mount ("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
         mount ("tmpfs", directory, "tmpfs", 0, "size=1m") == 0;
}

/* The process with the small disk, where it may have one. */
static void
test_small_disk (void)
{
  const char *directory = g_getenv ("LOFT_TEST_DIRECTORY");
  guint n_applied = 0;

  if (directory == NULL || !mount_small_disk (directory))
    return;

  g_autoptr (GError) error = NULL;
  g_autoptr (LoftCatalog) catalog =
    loft_catalog_open (directory, "test", NULL, &error);
  g_assert_no_error (error);
  while (error == NULL)
    {
      g_autoptr (GPtrArray) events = make_events (n_applied + 1, 10);

      if (loft_catalog_apply (catalog, events, &error))
        n_applied += 10;
    }
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_NO_SPACE);
  g_assert_nonnull (strstr (error->message, directory));
  g_clear_error (&error);

  g_assert_null (loft_catalog_list_packages (catalog, NULL, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_NO_SPACE);
  g_clear_error (&error);
  g_assert_cmpuint (loft_catalog_get_sequence (catalog), ==, n_applied);
  g_autofree char *names = kit_search (catalog, NULL, LOFT_SORT_NAME, 100);
  g_auto (GStrv) split = g_strsplit (names, " ", -1);
  g_assert_cmpuint (g_strv_length (split), ==, n_applied);

  g_assert_null (loft_catalog_open (directory, "other", NULL, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_NO_SPACE);
}

/* A full disk is told apart from other failures, and nothing is half done. */
static void
test_no_space (Kit *kit, gconstpointer test_data)
{
  g_setenv ("LOFT_TEST_DIRECTORY", kit->directory, TRUE);
  g_test_trap_subprocess (SMALL_DISK, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_unsetenv ("LOFT_TEST_DIRECTORY");
  g_test_trap_assert_passed ();
}

static void
add_test (const char *path, void (*func) (Kit *, gconstpointer))
{
  g_test_add (path, Kit, NULL, kit_setup, func, kit_teardown);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  add_test ("/catalog-limits/reset", test_reset);
  add_test ("/catalog-limits/reset-while-reading", test_reset_while_reading);
  add_test ("/catalog-limits/checkpoint", test_checkpoint);
  add_test ("/catalog-limits/bad-directory", test_bad_directory);
  add_test ("/catalog-limits/deleted", test_deleted);
  add_test ("/catalog-limits/unwritable", test_unwritable);
  add_test ("/catalog-limits/no-space", test_no_space);
  g_test_add_func (SMALL_DISK, test_small_disk);

  return g_test_run ();
}
