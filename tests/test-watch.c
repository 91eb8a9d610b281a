/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/log-kit.h"
#include "kit/server-kit.h"
#include "kit/storage-kit.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "registry/loft-catalog-private.h"
#include "registry/loft-registry-private.h"

/* What goes wrong while the registry runs: it says so, and mends what can be
 * mended. */

#define PATIENCE (30 * G_TIME_SPAN_SECOND)
#define TOKEN REGISTRY_KIT_TOKEN

static char *
ask_ready (guint16 port, guint *out_status)
{
  g_autoptr (HttpAnswer) answer =
    http_request (port, "GET", "/readyz", NULL, NULL);

  *out_status = answer->status;

  return http_answer_dup_text (answer);
}

/* Waits until /readyz says what is expected, and has the right status. */
static void
wait_for_state (ServerFixture *fixture, gconstpointer data)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  const char *expected = data;
  gboolean good = strstr (expected, "\"ready\"") != NULL;

  for (;;)
    {
      guint status = 0;
      g_autofree char *text = ask_ready (fixture->port, &status);
      gboolean claims = strstr (text, "\"status\":\"ready\"") != NULL;

      g_assert_cmpuint (status, ==, claims ? 200 : 503);
      g_assert_cmpint (claims, ==, strstr (text, "\"troubles\":[]") != NULL);
      if (claims == good && strstr (text, expected) != NULL)
        return;
      if (g_get_monotonic_time () > end)
        g_error ("Not “%s”, but %s", expected, text);
      g_usleep (20 * G_TIME_SPAN_MILLISECOND);
    }
}

static void
assert_alive (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (HttpAnswer) answer =
    http_request (fixture->port, "GET", "/livez", NULL, NULL);

  g_assert_cmpuint (answer->status, ==, 200);
}

/* Answers that may be old tell their age, each time. */
static void
assert_age (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (HttpClient) client = http_client_new (fixture->port);

  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (HttpAnswer) answer =
        http_client_request (client, "GET", "/packages/hello", NULL, NULL);
      g_autofree char *age = http_answer_get_header (answer, "Age");

      g_assert_cmpuint (answer->status, ==, 200);
      if (data == NULL)
        g_assert_null (age);
      else
        g_assert_cmpint (g_ascii_strtoll (age != NULL ? age : "", NULL, 10),
                         >=,
                         5);
    }
}

static void
publish (ServerFixture *fixture, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *element = registry_kit_publish (&fixture->registry,
                                                   name,
                                                   "1.0.0",
                                                   "a",
                                                   TOKEN,
                                                   NULL,
                                                   &error);

  g_assert_no_error (error);
}

/* Overwrites all but the first page of the catalog's file. */
static void
damage (ServerFixture *fixture)
{
  LoftCatalog *catalog = fixture->registry.registry->catalog;
  g_autoptr (GError) error = NULL;
  g_autofree char *garbage = g_strnfill (65536, '\xff');
  struct stat status;

  loft_catalog_checkpoint (catalog, &error);
  g_assert_no_error (error);
  int fd = g_open (catalog->file->path, O_RDWR | O_CLOEXEC, 0);
  g_assert_cmpint (fd, !=, -1);
  g_assert_cmpint (fstat (fd, &status), ==, 0);
  for (goffset at = 4096; at < status.st_size; at += 65536)
    g_assert_cmpint (pwrite (fd, garbage, MIN (65536, status.st_size - at), at),
                     >,
                     0);
  g_assert_cmpint (ftruncate (fd, status.st_size), ==, 0);
  g_close (fd, NULL);
}

/* Reads what is not in memory yet, until somebody notices. */
static void
search_until_noticed (ServerFixture *fixture, gconstpointer data)
{
  static const char *const queries[] = { "what", "does", "hello", "x", "zz" };
  gint64 end = g_get_monotonic_time () + PATIENCE;
  guint status = 200;

  for (guint i = 0; status == 200; i++)
    {
      g_autofree char *target =
        g_strdup_printf ("/packages?q=%s&limit=1000",
                         queries[i % G_N_ELEMENTS (queries)]);
      g_autoptr (HttpAnswer) answer =
        http_request (fixture->port, "GET", target, NULL, NULL);

      status = answer->status;
      g_assert_cmpint (g_get_monotonic_time (), <, end);
    }
  g_assert_cmpuint (status, >=, 500);
}

static guint64
get_generation (ServerFixture *fixture)
{
  return loft_page_get_fact (fixture->registry.registry->page,
                             LOFT_PAGE_GENERATION);
}

static void
wait_for_another (ServerFixture *fixture, gconstpointer data)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  const guint64 *generation = data;

  while (get_generation (fixture) == *generation)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (10 * G_TIME_SPAN_MILLISECOND);
    }
}

static void
assert_listed (ServerFixture *fixture, const char *name)
{
  g_autofree char *versions = registry_kit_versions (&fixture->registry, name);

  g_assert_cmpstr (versions, ==, "1.0.0");
}

/* A catalog that is damaged while it is used is made anew, and everything is
 * there again. */
static void
test_damaged (ServerFixture *fixture, gconstpointer test_data)
{
  publish (fixture, "hello");
  publish (fixture, "other");
  server_fixture_run (fixture, wait_for_state, "\"ready\"");

  log_kit_expect (G_LOG_LEVEL_WARNING, "Request * failed: *");
  log_kit_expect (G_LOG_LEVEL_WARNING, "*is made anew*");
  damage (fixture);
  guint64 generation = get_generation (fixture);
  server_fixture_run (fixture, search_until_noticed, NULL);
  server_fixture_run (fixture, assert_alive, NULL);
  server_fixture_run (fixture, wait_for_another, &generation);
  server_fixture_run (fixture, wait_for_state, "\"ready\"");
  log_kit_check ();

  assert_listed (fixture, "hello");
  assert_listed (fixture, "other");
  publish (fixture, "third");
  assert_listed (fixture, "third");
  g_assert_cmpuint (loft_registry_get_sequence (fixture->registry.registry),
                    ==,
                    6);
}

/* So it is where somebody deletes it, with its directory; as soon as that can
 * be made again. */
static void
test_deleted (ServerFixture *fixture, gconstpointer test_data)
{
  publish (fixture, "hello");
  log_kit_expect (G_LOG_LEVEL_WARNING, "*is made anew*");
  log_kit_expect (G_LOG_LEVEL_WARNING, "*can't be brought together*");
  storage_kit_remove_root (fixture->registry.cache);
  g_assert_true (g_file_set_contents (fixture->registry.cache, "x", 1, NULL));
  server_fixture_run (fixture,
                      wait_for_state,
                      "The cache directory can't be used");
  server_fixture_run (fixture, wait_for_state, "can't be brought together");
  server_fixture_run (fixture, assert_alive, NULL);
  g_assert_cmpint (g_unlink (fixture->registry.cache), ==, 0);
  server_fixture_run (fixture, wait_for_state, "\"ready\"");
  log_kit_check ();

  assert_listed (fixture, "hello");
  publish (fixture, "other");
  assert_listed (fixture, "other");
}

/* Waits until the storage was asked in vain once more, at least. */
static void
wait_for_attempts (ServerFixture *fixture)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  LoftCounter *unavailable =
    &fixture->registry.registry->figures
       ->operations[LOFT_OPERATION_READ][1 + LOFT_STORAGE_ERROR_UNAVAILABLE];
  guint64 wanted = loft_counter_get (unavailable) + 2;

  while (loft_counter_get (unavailable) < wanted)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (10 * G_TIME_SPAN_MILLISECOND);
    }
}

/* A storage that does not answer is a trouble after a while, and none any more
 * when it does; meanwhile answers tell how old they may be. */
static void
test_unreached (ServerFixture *fixture, gconstpointer test_data)
{
  publish (fixture, "hello");
  server_fixture_run (fixture, assert_age, NULL);
  log_kit_expect (G_LOG_LEVEL_WARNING, "The storage can't be reached*");
  fault_storage_arm (fixture->registry.storage,
                     FAULT_UNREADABLE,
                     "_registry/log/",
                     1000000);
  server_fixture_run (fixture,
                      wait_for_state,
                      "The storage was not reached for ");
  server_fixture_run (fixture, assert_alive, NULL);
  server_fixture_run (fixture, assert_age, "old");
  wait_for_attempts (fixture);
  fault_storage_arm (fixture->registry.storage, FAULT_NONE, "", 0);
  server_fixture_run (fixture, wait_for_state, "\"ready\"");
  server_fixture_run (fixture, assert_age, NULL);
  log_kit_check ();
}

/* And so is a folder of packages that is not there any more. */
static void
test_deleted_storage (ServerFixture *fixture, gconstpointer test_data)
{
  publish (fixture, "hello");
  log_kit_expect (G_LOG_LEVEL_WARNING, "The storage can't be reached*deleted*");
  storage_kit_remove_root (fixture->registry.root);
  server_fixture_run (fixture,
                      wait_for_state,
                      "The storage was not reached for ");
  wait_for_attempts (fixture);
  log_kit_check ();
  g_assert_cmpint (g_mkdir (fixture->registry.root, 0755), ==, 0);
}

/* Before the catalog is complete that is the trouble. */
static void
test_incomplete (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, wait_for_state, "The log is being read");
  registry_fixture_start (&fixture->registry);
  server_fixture_run (fixture, wait_for_state, "\"ready\"");
}

static gboolean
is_listed (ServerFixture *fixture, const char *name)
{
  g_autofree char *versions = registry_kit_versions (&fixture->registry, name);

  return g_str_equal (versions, "1.0.0");
}

/* What another node has written is found without being asked for. */
static void
test_followed (ServerFixture *fixture, gconstpointer test_data)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  RegistryFixture other = { .root = fixture->registry.root,
                            .storage = fixture->registry.storage,
                            .settings = fixture->registry.settings };
  g_autoptr (GError) error = NULL;

  publish (fixture, "hello");
  other.cache = storage_kit_make_root ();
  other.registry = loft_registry_new (other.storage,
                                      other.cache,
                                      other.settings,
                                      NULL,
                                      &error);
  g_assert_no_error (error);
  registry_fixture_start (&other);
  g_autofree char *element =
    registry_kit_publish (&other, "theirs", "1.0.0", "a", TOKEN, NULL, &error);
  g_assert_no_error (error);

  while (!is_listed (fixture, "theirs"))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (20 * G_TIME_SPAN_MILLISECOND);
    }

  loft_registry_stop (other.registry);
  storage_kit_finalize (g_steal_pointer (&other.registry));
  storage_kit_remove_root (other.cache);
  g_free (other.cache);
}

static void
add (const char *path,
     void (*set_up) (ServerFixture *, gconstpointer),
     void (*func) (ServerFixture *, gconstpointer))
{
  g_test_add (path,
              ServerFixture,
              NULL,
              set_up,
              func,
              server_fixture_tear_down);
}

static void
set_up_unready (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_set_up_unready (fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  log_kit_init ();

  add ("/watch/incomplete", set_up_unready, test_incomplete);
  add ("/watch/damaged", server_fixture_set_up, test_damaged);
  add ("/watch/deleted", server_fixture_set_up, test_deleted);
  add ("/watch/unreached", server_fixture_set_up, test_unreached);
  add ("/watch/deleted-storage", server_fixture_set_up, test_deleted_storage);
  add ("/watch/followed", server_fixture_set_up, test_followed);

  return g_test_run ();
}
