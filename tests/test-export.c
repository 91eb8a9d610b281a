/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/log-kit.h"
#include "kit/storage-kit.h"
#include "kit/upkeep-kit.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "registry/loft-export.h"
#include "registry/loft-log-entry.h"

#define TOKEN REGISTRY_KIT_TOKEN
#define OTHER_TOKEN REGISTRY_KIT_OTHER_TOKEN

typedef struct
{
  RegistryFixture registry;
  char *directory; /* owned */
  char *path;      /* owned: the export */
} Fixture;

static void
publish (RegistryFixture *registry,
         const char *name,
         const char *version,
         const char *content)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *element = registry_kit_publish (registry,
                                                   name,
                                                   version,
                                                   content,
                                                   TOKEN,
                                                   NULL,
                                                   &error);

  g_assert_no_error (error);
  g_assert_nonnull (element);
}

/* What was published, adopted and yanked, under names of every kind. */
static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  RegistryFixture *registry = &fixture->registry;
  g_autoptr (GError) error = NULL;

  fixture->directory = storage_kit_make_root ();
  fixture->path = g_build_filename (fixture->directory, "export.tar", NULL);
  registry_fixture_set_up (registry, test_data);
  upkeep_kit_put_adopted (registry, "Odd Näme", "0.1.0+a");
  upkeep_kit_put (registry, "users.json", "{}", -1);
  upkeep_kit_put (registry, "README", "by hand", -1);
  registry_fixture_start (registry);
  publish (registry, "hello", "1.0.0", "a");
  upkeep_kit_put (registry, "hello/1.1.0.tar.gz", "somebody's", -1);
  publish (registry, "hello", "1.1.0", "b");
  publish (registry, "hello", "2.0.0-rc.1", "c");
  g_autofree char *yanked =
    registry_kit_yank (registry, "hello", "1.0.0", TRUE, TOKEN, &error);
  g_assert_no_error (error);
  publish (registry,
           "a-name-that-is-as-long-as-a-name-may-be-so-that-it-needs-more",
           "1.0.0-a.version.that.is.long.as.well.and.makes.a.path.of.more.than."
           "a.hundred.bytes",
           "d");
  upkeep_kit_put (registry, "docs/hello/1.1.0/~1/sub/index.html", "<h1>", -1);
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  registry_fixture_tear_down (&fixture->registry, test_data);
  storage_kit_remove_root (fixture->directory);
  g_free (fixture->directory);
  g_free (fixture->path);
}

static int
open_export (Fixture *fixture, int flags)
{
  int fd = open (fixture->path, flags | O_CLOEXEC, 0600);

  g_assert_cmpint (fd, !=, -1);

  return fd;
}

static void
write_export (Fixture *fixture, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *found =
    upkeep_kit_export (&fixture->registry,
                       open_export (fixture, O_RDWR | O_CREAT | O_TRUNC),
                       NULL,
                       &error);

  g_assert_no_error (error);
  g_assert_cmpstr (found, ==, expected);
}

static void
name_version_cb (const char *name, const char *key, gpointer user_data)
{
  g_string_append_printf (user_data, "%s %s\n", name, key);
}

static gboolean
verify_export (Fixture *fixture,
               GString *versions,
               LoftExportSummary *out_summary,
               GError **error)
{
  int fd = open_export (fixture, O_RDONLY);
  gboolean whole =
    loft_export_verify (fd,
                        fixture->directory,
                        versions != NULL ? name_version_cb : NULL,
                        versions,
                        out_summary,
                        NULL,
                        error);

  close (fd);

  return whole;
}

/* An export is whole, tells what is in it, and leaves out what is no part of
 * the registry. */
static void
test_export (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) versions = g_string_new (NULL);
  LoftExportSummary summary = { 0 };

  write_export (fixture, "");
  g_assert_true (verify_export (fixture, versions, &summary, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (
    versions->str,
    ==,
    "Odd Näme 0.1.0+a\n"
    "a-name-that-is-as-long-as-a-name-may-be-so-that-it-needs-more "
    "1.0.0-a.version.that.is.long.as.well.and.makes.a.path.of.more.than."
    "a.hundred.bytes\n"
    "hello 1.0.0\n"
    "hello 1.1.0\n"
    "hello 2.0.0-rc.1\n");
  g_assert_cmpuint (summary.versions, ==, 5);
  g_assert_cmpuint (summary.sequence, ==, 8);
  g_assert_cmpuint (summary.bytes, >, 0);
}

static void
run (const char *const *arguments, const char *directory)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *output = NULL;
  g_autofree char *complaint = NULL;
  int status;

  g_spawn_sync (directory,
                (char **) arguments,
                NULL,
                G_SPAWN_SEARCH_PATH,
                NULL,
                NULL,
                &output,
                &complaint,
                &status,
                &error);
  g_assert_no_error (error);
  if (!g_spawn_check_wait_status (status, &error))
    g_test_message ("%s%s", output, complaint);
  g_assert_no_error (error);
}

/* Unpacks the export into an empty folder, with the tools of everybody. */
static void
restore (Fixture *fixture, RegistryFixture *restored)
{
  const char *const unpack[] = { "tar", "-xf", fixture->path, NULL };
  const char *const check[] = {
    "sha256sum", "--check", "--strict", "--quiet", "_registry/export.sha256",
    NULL
  };

  restored->root = storage_kit_make_root ();
  restored->cache = storage_kit_make_root ();
  restored->settings = loft_registry_settings_new ();
  run (unpack, restored->root);
  run (check, restored->root);
  registry_fixture_open (restored);
  registry_fixture_start (restored);
}

static void
assert_same_text (char *ours, char *theirs)
{
  g_autofree char *owned = ours;
  g_autofree char *other = theirs;

  g_assert_nonnull (owned);
  g_assert_cmpstr (owned, ==, other);
}

static void
assert_same_download (RegistryFixture *one,
                      RegistryFixture *other,
                      const char *name,
                      const char *version)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LoftDownload) ours =
    registry_kit_download (one, name, version, &error);
  g_assert_no_error (error);
  g_autoptr (LoftDownload) theirs =
    registry_kit_download (other, name, version, &error);
  g_assert_no_error (error);

  g_assert_true (g_bytes_equal (ours->bytes, theirs->bytes));
  g_assert_cmpstr (ours->sha256, ==, theirs->sha256);
  g_assert_cmpint (ours->published_at, ==, theirs->published_at);
}

/* What is unpacked answers as what was exported, belongs to the same people,
 * and has nothing wrong with it. */
static void
test_restore (Fixture *fixture, gconstpointer test_data)
{
  RegistryFixture *original = &fixture->registry;
  RegistryFixture restored = { NULL };
  g_autoptr (GError) error = NULL;

  write_export (fixture, "");
  restore (fixture, &restored);

  assert_same_text (registry_kit_changes (&restored),
                    registry_kit_changes (original));
  assert_same_text (registry_kit_list_all (&restored, NULL),
                    registry_kit_list_all (original, NULL));
  assert_same_text (registry_kit_list (&restored, "Odd Näme", NULL),
                    registry_kit_list (original, "Odd Näme", NULL));
  assert_same_text (registry_kit_show (&restored, "hello", "1.1.0", NULL),
                    registry_kit_show (original, "hello", "1.1.0", NULL));
  assert_same_text (
    upkeep_kit_get (&restored, "docs/hello/1.1.0/~1/sub/index.html", NULL),
    g_strdup ("<h1>"));
  assert_same_download (original, &restored, "hello", "1.0.0");
  assert_same_download (original, &restored, "hello", "1.1.0");
  assert_same_download (original, &restored, "Odd Näme", "0.1.0+a");

  g_assert_null (registry_kit_publish (&restored,
                                       "hello",
                                       "3.0.0",
                                       "x",
                                       OTHER_TOKEN,
                                       NULL,
                                       &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_FORBIDDEN);
  g_clear_error (&error);
  publish (&restored, "hello", "3.0.0", "x");
  publish (&restored, "new", "1.0.0", "x");
  g_autofree char *found = upkeep_kit_verify (&restored, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (found, ==, "");
  registry_fixture_tear_down (&restored, NULL);
}

/* It is of one event, whatever is published meanwhile. */
static void
test_busy (Fixture *fixture, gconstpointer test_data)
{
  RegistryFixture *original = &fixture->registry;
  RegistryFixture restored = { NULL };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  LoftExportSummary summary = { 0 };

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *name = g_strdup_printf ("old-%u", i);

      publish (original, name, "1.0.0", "a");
    }
  loft_registry_export_async (original->registry,
                              open_export (fixture, O_RDWR | O_CREAT),
                              NULL,
                              NULL,
                              NULL,
                              upkeep_kit_take_cb,
                              &result);
  for (guint i = 0; i < 20 || (i < 300 && result == NULL); i++)
    {
      g_autofree char *name = g_strdup_printf ("old-%u", i % 20);
      g_autofree char *version = g_strdup_printf ("1.%u.1", i);

      publish (original, name, version, "a");
    }
  upkeep_kit_wait (&result);
  g_autoptr (LoftReport) report =
    loft_registry_export_finish (original->registry, result, &error);
  g_assert_no_error (error);
  g_autofree char *found = upkeep_kit_describe (report);
  g_assert_cmpstr (found, ==, "");

  g_assert_true (verify_export (fixture, NULL, &summary, &error));
  g_assert_no_error (error);
  restore (fixture, &restored);
  g_autofree char *before = registry_kit_changes (&restored);
  g_autofree char *all = registry_kit_changes (original);
  g_assert_true (g_str_has_prefix (all, before));
  guint64 last = loft_registry_get_sequence (restored.registry);
  g_assert_cmpuint (last, ==, summary.sequence);
  LoftRegistryStatus status;
  loft_registry_get_status (restored.registry, &status);
  g_assert_cmpuint (status.versions, ==, summary.versions);
  g_autofree char *damage = upkeep_kit_verify (&restored, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (damage, ==, "");
  registry_fixture_tear_down (&restored, NULL);
}

/* A log of thousands is one of few entries, and goes on where it ended. */
static void
test_long_log (Fixture *fixture, gconstpointer test_data)
{
  RegistryFixture *original = &fixture->registry;
  RegistryFixture restored = { NULL };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 2100; i++)
    {
      g_autofree char *version = g_strdup_printf ("0.%u.0", i);

      upkeep_kit_put_adopted (original, "many", version);
    }
  g_autofree char *scanned = upkeep_kit_rescan (original, NULL, &error);
  g_assert_no_error (error);
  write_export (fixture, "");
  restore (fixture, &restored);

  g_autofree char *entries =
    storage_kit_list (restored.storage, LOFT_LOG_PREFIX, NULL, 0);
  g_test_message ("%s", entries);
  g_assert_cmpuint (loft_registry_get_sequence (restored.registry), ==, 2108);
  publish (&restored, "hello", "3.0.0", "x");
  g_assert_cmpuint (loft_registry_get_sequence (restored.registry), ==, 2109);
  registry_fixture_restart (&restored, TRUE);
  g_assert_cmpuint (loft_registry_get_sequence (restored.registry), ==, 2109);
  g_autofree char *damage = upkeep_kit_verify (&restored, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (damage, ==, "");
  registry_fixture_tear_down (&restored, NULL);
}

/* What is wrong is exported as it is, and reported. */
static void
test_damage (Fixture *fixture, gconstpointer test_data)
{
  RegistryFixture *registry = &fixture->registry;

  upkeep_kit_remove (registry, "hello/1.0.0.tar.gz");
  upkeep_kit_remove (registry, "hello/2.0.0-rc.1.json");
  upkeep_kit_put (registry, "hello/1.1.0.json", "{", -1);
  upkeep_kit_put (registry, "Odd Näme/0.1.0+a.tar.gz", "torn", -1);
  upkeep_kit_put_adopted (registry, "late", "1.0.0");

  write_export (fixture,
                "archive-damaged Odd Näme/0.1.0+a.tar.gz\n"
                "archive-damaged hello/1.1.0.tar.gz\n"
                "archive-missing hello/1.0.0.tar.gz\n"
                "document-broken hello/1.1.0.json\n"
                "document-missing hello/2.0.0-rc.1.json\n"
                "event-missing late/1.0.0.json");
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) versions = g_string_new (NULL);
  g_assert_true (verify_export (fixture, versions, NULL, &error));
  g_assert_no_error (error);
  g_assert_null (strstr (versions->str, "late"));
}

/* Wherever it was cut, and whatever was changed in what it holds, it is not
 * taken for whole. */
static void
test_broken (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *content = NULL;
  gsize length;

  write_export (fixture, "");
  g_file_get_contents (fixture->path, &content, &length, &error);
  g_assert_no_error (error);

  const char *list =
    memmem (content, length, LOFT_EXPORT_LIST, strlen (LOFT_EXPORT_LIST));
  g_assert_nonnull (list);
  gsize end = (gsize) (list - content);
  for (gsize cut = 0; cut < end; cut += 509)
    {
      g_file_set_contents (fixture->path, content, (gssize) cut, &error);
      g_assert_no_error (error);
      g_assert_false (verify_export (fixture, NULL, NULL, &error));
      g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_CORRUPT);
      g_clear_error (&error);
    }

  static const char *const places[] = { "{\"format\":1",
                                        "{\"name\":\"hello\"",
                                        "\"revision\":2",
                                        "\"type\":\"yank\"" };
  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    {
      char *place = memmem (content, length, places[i], strlen (places[i]));

      g_assert_nonnull (place);
      place[strlen (places[i]) - 1] ^= 1;
      g_file_set_contents (fixture->path, content, (gssize) length, &error);
      g_assert_no_error (error);
      place[strlen (places[i]) - 1] ^= 1;
      g_assert_false (verify_export (fixture, NULL, NULL, &error));
      g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_CORRUPT);
      g_test_message ("%s", error->message);
      g_clear_error (&error);
    }

  g_file_set_contents (fixture->path, "no archive", -1, &error);
  g_assert_no_error (error);
  g_assert_false (verify_export (fixture, NULL, NULL, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_CORRUPT);
}

/* A reader that does not read can be given up, and one that has gone ends it;
 * what was written is no export. */
static void
test_pipe (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *large = g_strnfill (200000, 'x');

  for (guint i = 0; i < 200000; i += 2)
    large[i] = (char) g_test_rand_int_range ('a', 'z');
  publish (&fixture->registry, "large", "1.0.0", large);
  for (guint gone = 0; gone < 2; gone++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;
      int fds[2];

      g_assert_true (g_unix_open_pipe (fds, FD_CLOEXEC, &error));
      if (gone)
        close (fds[0]);
      loft_registry_export_async (fixture->registry.registry,
                                  fds[1],
                                  NULL,
                                  NULL,
                                  cancellable,
                                  upkeep_kit_take_cb,
                                  &result);
      g_usleep (100 * G_TIME_SPAN_MILLISECOND);
      if (!gone)
        g_cancellable_cancel (cancellable);
      upkeep_kit_wait (&result);
      g_autoptr (LoftReport) report =
        loft_registry_export_finish (fixture->registry.registry,
                                     result,
                                     &error);
      g_assert_null (report);
      if (gone)
        {
          g_assert_error (error,
                          LOFT_REGISTRY_ERROR,
                          LOFT_REGISTRY_ERROR_FAILED);
          continue;
        }
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_error (&error);
      g_assert_false (loft_export_verify (fds[0],
                                          fixture->directory,
                                          NULL,
                                          NULL,
                                          NULL,
                                          NULL,
                                          &error));
      g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_CORRUPT);
      close (fds[0]);
    }
}

typedef struct
{
  Fixture *fixture;
  int fd;
  LoftExportSummary summary;
} Piped;

static gpointer
read_pipe_cb (gpointer data)
{
  Piped *piped = data;
  g_autoptr (GError) error = NULL;

  loft_export_verify (piped->fd,
                      piped->fixture->directory,
                      NULL,
                      NULL,
                      &piped->summary,
                      NULL,
                      &error);
  close (piped->fd);

  return g_steal_pointer (&error);
}

/* A pipe that is read gives the whole, and progress tells of it. */
static void
test_stream (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  UpkeepProgress progress = { NULL };
  Piped piped = { .fixture = fixture };
  int fds[2];

  g_assert_true (g_unix_open_pipe (fds, FD_CLOEXEC, &error));
  piped.fd = fds[0];
  GThread *reader = g_thread_new ("reader", read_pipe_cb, &piped);
  g_autofree char *found =
    upkeep_kit_export (&fixture->registry, fds[1], &progress, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (found, ==, "");
  g_autoptr (GError) failure = g_thread_join (reader);
  g_assert_no_error (failure);
  g_assert_cmpuint (piped.summary.versions, ==, 5);
  g_assert_cmpuint (progress.done, ==, 5);
  g_assert_cmpstr (progress.unit, ==, "versions");
}

/* A full disk is told of as that. */
static void
test_full (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  int fd = open ("/dev/full", O_WRONLY | O_CLOEXEC);

  if (fd == -1)
    {
      g_test_skip ("There is no /dev/full");
      return;
    }
  g_assert_null (upkeep_kit_export (&fixture->registry, fd, NULL, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_NO_SPACE);
}

#define add(name, func)                                                        \
  g_test_add ("/export/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  log_kit_init ();
  signal (SIGPIPE, SIG_IGN);

  add ("export", test_export);
  add ("restore", test_restore);
  add ("busy", test_busy);
  add ("long-log", test_long_log);
  add ("damage", test_damage);
  add ("broken", test_broken);
  add ("pipe", test_pipe);
  add ("stream", test_stream);
  add ("full", test_full);

  return g_test_run ();
}
