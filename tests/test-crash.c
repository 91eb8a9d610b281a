/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "test-crash.h"

#include <signal.h>
#include <string.h>

#include "kit/package-kit.h"
#include "kit/wire-kit.h"

/* The real program on a real disk, killed without warning again and again.
 * LOFT_TEST_SHORT makes this short, where it was tried at length before. */

#define CLIENTS 8
#define WORKERS_MAX 3
#define ROUNDS 50
#define ROUNDS_SHORT 5
#define READY_SECONDS 60
#define PUBLISHES_MAX 32
#define PUBLISH_TIME_MAX (G_USEC_PER_SEC * 6 / 10)

typedef struct
{
  DaemonKit *daemon;   /* owned */
  CrashLedger *ledger; /* owned */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  fixture->daemon = daemon_kit_new (NULL, &error);
  g_assert_no_error (error);
  fixture->ledger = crash_ledger_new ();
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  daemon_kit_free (fixture->daemon);
  crash_ledger_free (fixture->ledger);
}

static gboolean
is_short (void)
{
  return g_getenv ("LOFT_TEST_SHORT") != NULL;
}

/* With one process or with several: what one leaves, the other takes up. */
static void
choose_workers (Fixture *fixture, gint32 least)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *workers =
    g_strdup_printf ("%d", g_test_rand_int_range (least, WORKERS_MAX + 1));

  daemon_kit_configure (fixture->daemon, "http", "workers", workers, &error);
  g_assert_no_error (error);
}

static void
start (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  choose_workers (fixture, 1);
  daemon_kit_start (fixture->daemon, &error);
  g_assert_no_error (error);
}

static void
stop (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  daemon_kit_stop (fixture->daemon, &error);
  g_assert_no_error (error);
}

static void
sleep_between (gint32 from, gint32 to)
{
  g_usleep ((gulong) g_test_rand_int_range (from, to) * 1000);
}

/* Kills the daemon at a random moment of its start. */
static void
kill_starting (Fixture *fixture, gint32 most)
{
  g_autoptr (GError) error = NULL;

  choose_workers (fixture, 1);
  daemon_kit_launch (fixture->daemon, &error);
  g_assert_no_error (error);
  sleep_between (0, most);
  daemon_kit_kill (fixture->daemon);
}

/* Lets the clients publish until a random number of publishes is acknowledged,
 * or until that takes too long, and for a random moment more. */
static void
publish_for_a_while (Fixture *fixture, CrashPublishers *publishers)
{
  guint wanted = crash_ledger_count (fixture->ledger) +
                 (guint) g_test_rand_int_range (0, PUBLISHES_MAX);
  gint64 end = g_get_monotonic_time () + PUBLISH_TIME_MAX;

  crash_publishers_start (publishers, fixture->daemon->port);
  while (crash_ledger_count (fixture->ledger) < wanted &&
         g_get_monotonic_time () < end)
    g_usleep (1000);
  sleep_between (0, 20);
  crash_publishers_expect_end (publishers);
}

static void
kill_publishing (Fixture *fixture, CrashPublishers *publishers)
{
  publish_for_a_while (fixture, publishers);
  daemon_kit_kill (fixture->daemon);
  crash_publishers_join (publishers);
}

/* Without the cache, all answers are what they were with it. */
static void
check_rebuilt (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GHashTable) before =
    crash_snapshot (fixture->ledger, fixture->daemon);

  stop (fixture);
  daemon_kit_forget_cache (fixture->daemon, &error);
  g_assert_no_error (error);
  start (fixture);

  g_autoptr (GHashTable) after =
    crash_snapshot (fixture->ledger, fixture->daemon);
  crash_compare (before, after);
}

/* What was acknowledged survives every kill, whole and listed; nothing else is
 * half there; the log has each version once; and the catalog is what would be
 * made of the storage. */
static void
test_kill_publishing (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (CrashPublishers) publishers =
    crash_publishers_new (fixture->ledger, CLIENTS);
  guint rounds = is_short () ? ROUNDS_SHORT : ROUNDS;

  for (guint i = 0; i < rounds; i++)
    {
      if (i % 4 == 1)
        kill_starting (fixture, 60);

      start (fixture);
      if (i % 4 == 3)
        {
          /* Publishing while the last crash is still being mended. */
          kill_publishing (fixture, publishers);
          start (fixture);
        }
      crash_audit (fixture->ledger, fixture->daemon);
      kill_publishing (fixture, publishers);
    }

  start (fixture);
  crash_audit (fixture->ledger, fixture->daemon);
  check_rebuilt (fixture);
  stop (fixture);

  g_test_message ("%u publishes of %u versions were acknowledged",
                  crash_ledger_count (fixture->ledger),
                  g_hash_table_size (fixture->ledger->versions));
  g_assert_cmpuint (crash_ledger_count (fixture->ledger), >, rounds);
}

/* Kills a worker at a random moment, if there is one. */
static void
kill_worker (Fixture *fixture)
{
  g_autoptr (GArray) workers = daemon_kit_list_workers (fixture->daemon);

  sleep_between (0, 150);
  if (workers->len > 0)
    kill (g_array_index (workers,
                         GPid,
                         g_test_rand_int_range (0, (gint32) workers->len)),
          SIGKILL);
}

/* Nor is anything lost, or there twice, where single workers are killed. */
static void
test_kill_workers (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (CrashPublishers) publishers =
    crash_publishers_new (fixture->ledger, CLIENTS);
  g_autoptr (GError) error = NULL;
  guint rounds = is_short () ? 3 : 15;

  fixture->daemon->expects_warnings = TRUE;
  for (guint i = 0; i < rounds; i++)
    {
      choose_workers (fixture, 2);
      daemon_kit_start (fixture->daemon, &error);
      g_assert_no_error (error);
      crash_publishers_start (publishers, fixture->daemon->port);
      crash_publishers_expect_end (publishers);
      for (guint j = 0; j < 3; j++)
        kill_worker (fixture);
      sleep_between (0, 100);
      stop (fixture);
      crash_publishers_join (publishers);

      start (fixture);
      crash_audit (fixture->ledger, fixture->daemon);
      stop (fixture);
    }

  start (fixture);
  check_rebuilt (fixture);
  stop (fixture);
}

static void
filled_cb (const char *name,
           const char *version,
           const char *sha256,
           gpointer user_data)
{
  CrashLedger *ledger = user_data;
  g_autofree char *id = g_strconcat (name, "/", version, NULL);

  crash_ledger_try (ledger, id, sha256);
  crash_ledger_acknowledge (ledger, id, sha256);
}

/* A folder that is adopted answers for a package before it is read through. */
static void
check_served_at_once (Fixture *fixture, guint versions)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Wire) wire = wire_new (fixture->daemon->port);
  g_autoptr (WireAnswer) answer = wire_get (wire, "/packages/filled-7", &error);

  g_assert_no_error (error);
  g_assert_cmpuint (answer->status, ==, 200);

  g_autofree char *text = wire_answer_dup_text (answer);
  guint count = 0;
  for (const char *next = text; (next = strstr (next, "\"version\":\""));
       next++)
    count++;
  g_assert_cmpuint (count, ==, versions);
}

/* However often adopting a folder is cut short, it is completed in the end, and
 * each version is told of once. */
static void
test_kill_adopting (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  const PackageKitFolder folder = {
    .storage = fixture->daemon->storage,
    .packages = is_short () ? 60 : 400,
    .versions = 10,
    .size = 400,
  };
  guint rounds = is_short () ? 3 : 10;

  package_kit_fill (&folder, filled_cb, fixture->ledger, &error);
  g_assert_no_error (error);

  for (guint i = 0; i < rounds; i++)
    {
      start (fixture);
      check_served_at_once (fixture, folder.versions);
      sleep_between (0, 120);
      daemon_kit_kill (fixture->daemon);
    }

  start (fixture);
  check_served_at_once (fixture, folder.versions);
  crash_audit (fixture->ledger, fixture->daemon);
  check_rebuilt (fixture);
  stop (fixture);
}

/* A daemon that is told to stop finishes what has begun, takes nothing new and
 * ends in order. */
static void
test_stop_uploading (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) tarball = package_kit_make ("slow", "1.0.0", 300000, 1);
  g_autofree char *sha256 = package_kit_digest (tarball);
  gsize size;
  const char *data = g_bytes_get_data (tarball, &size);

  start (fixture);
  daemon_kit_wait_ready (fixture->daemon, READY_SECONDS, &error);
  g_assert_no_error (error);

  g_autoptr (Wire) wire = wire_new (fixture->daemon->port);
  g_autofree char *head =
    g_strdup_printf ("PUT /packages/slow/1.0.0 HTTP/1.1\r\n"
                     "Host: 127.0.0.1\r\n"
                     "Content-Type: application/gzip\r\n"
                     "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n",
                     size);
  crash_ledger_try (fixture->ledger, "slow/1.0.0", sha256);
  g_assert_true (wire_write (wire, head, strlen (head), &error));
  g_assert_true (wire_write (wire, data, size / 2, &error));
  g_usleep (100000);

  daemon_kit_ask_to_stop (fixture->daemon);
  g_usleep (300000);

  g_autoptr (Wire) late = wire_new (fixture->daemon->port);
  g_autoptr (WireAnswer) refused = wire_get (late, "/packages/slow", NULL);
  g_assert_true (refused == NULL || refused->status == 503);

  g_assert_true (wire_write (wire, data + size / 2, size - size / 2, &error));
  g_autoptr (WireAnswer) answer = wire_read (wire, TRUE, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (answer->status, ==, 201);
  crash_ledger_acknowledge (fixture->ledger, "slow/1.0.0", sha256);
  daemon_kit_wait_stopped (fixture->daemon, &error);
  g_assert_no_error (error);

  start (fixture);
  crash_audit (fixture->ledger, fixture->daemon);
  stop (fixture);
}

/* Stopping under full load loses nothing that was acknowledged. */
static void
test_stop_publishing (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (CrashPublishers) publishers =
    crash_publishers_new (fixture->ledger, CLIENTS);
  guint rounds = is_short () ? 2 : 5;

  for (guint i = 0; i < rounds; i++)
    {
      start (fixture);
      crash_audit (fixture->ledger, fixture->daemon);
      publish_for_a_while (fixture, publishers);
      stop (fixture);
      crash_publishers_join (publishers);
    }

  start (fixture);
  crash_audit (fixture->ledger, fixture->daemon);
  stop (fixture);
}

static void
add (const char *path, void (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  add ("/crash/kill/publishing", test_kill_publishing);
  add ("/crash/kill/workers", test_kill_workers);
  add ("/crash/kill/adopting", test_kill_adopting);
  add ("/crash/stop/uploading", test_stop_uploading);
  add ("/crash/stop/publishing", test_stop_publishing);

  return g_test_run ();
}
