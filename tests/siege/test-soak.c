/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "kit/daemon-kit.h"
#include "kit/usage-kit.h"
#include "siege/soak-clients.h"

/*
 * The real program for a long time, under everything at once: publishes, yanks,
 * reads, aborts, and workers that are killed. Whatever was acknowledged is seen
 * by whoever asks next, by whichever worker; and in the end nothing is left of
 * all the clients.
 *
 * SOAK_SECONDS says how long; "make soak" takes ten minutes.
 */
#define SECONDS 20
#define SECONDS_SHORT 6
#define READY_SECONDS 60
#define SETTLE_SECONDS 60
#define WORKERS 2

/* Workers that die soon are started again later each time; so in a long soak
 * they are killed less often. */
#define KILL_SECONDS 4
#define KILLS 40
#define SAMPLES_MAX 1000

/* What the hot answers and the allocator may keep. */
#define MEMORY_KEPT (160 * 1024 * 1024)

typedef struct
{
  DaemonKit *daemon; /* owned */
  double seconds;
  GArray *memory; /* owned, of guint64: samples */
  guint kills;
} Fixture;

static double
get_seconds (void)
{
  const char *text = g_getenv ("SOAK_SECONDS");

  if (text != NULL)
    return strtod (text, NULL);

  return g_getenv ("LOFT_TEST_SHORT") != NULL ? SECONDS_SHORT : SECONDS;
}

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *workers = g_strdup_printf ("%d", WORKERS);

  fixture->seconds = get_seconds ();
  fixture->memory = g_array_new (FALSE, FALSE, sizeof (guint64));
  fixture->daemon = daemon_kit_new (NULL, &error);
  g_assert_no_error (error);
  fixture->daemon->expects_warnings = TRUE;
  daemon_kit_configure (fixture->daemon, "http", "workers", workers, &error);
  g_assert_no_error (error);
  daemon_kit_start (fixture->daemon, &error);
  g_assert_no_error (error);
  daemon_kit_wait_ready (fixture->daemon, READY_SECONDS, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  daemon_kit_stop (fixture->daemon, &error);
  g_assert_no_error (error);
  daemon_kit_free (fixture->daemon);
  g_array_unref (fixture->memory);
}

/* What each worker opens once, and then keeps, is opened by that. */
static void
warm_up (Fixture *fixture)
{
  g_autofree char *program =
    g_test_build_filename (G_TEST_BUILT, "siege", "siege-load", NULL);
  g_autofree char *port = g_strdup_printf ("%u", fixture->daemon->port);
  g_autoptr (GError) error = NULL;

  daemon_kit_wait_workers (fixture->daemon, WORKERS, &error);
  g_assert_no_error (error);
  g_autoptr (GSubprocess) load =
    g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE,
                      &error,
                      program,
                      "crowd",
                      port,
                      "64",
                      "1",
                      "/packages?q=soak",
                      NULL);
  g_assert_no_error (error);
  g_subprocess_wait_check (load, NULL, &error);
  g_assert_no_error (error);
}

static void
kill_worker (Fixture *fixture, GRand *random)
{
  g_autoptr (GArray) workers = daemon_kit_list_workers (fixture->daemon);

  if (workers->len == 0)
    return;

  guint which = (guint) g_rand_int_range (random, 0, (gint32) workers->len);
  kill (g_array_index (workers, GPid, which), SIGKILL);
  fixture->kills++;
}

static void
sample_memory (Fixture *fixture)
{
  Usage usage = { 0 };

  /* A worker that has just died is no failure. */
  if (usage_get (fixture->daemon, &usage, NULL) &&
      fixture->memory->len < SAMPLES_MAX)
    g_array_append_val (fixture->memory, usage.memory);
}

static void
work (Fixture *fixture, SoakClients *clients)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  gint64 now = g_get_monotonic_time ();
  gint64 end = now + (gint64) (fixture->seconds * G_USEC_PER_SEC);
  gint64 pause = MAX (KILL_SECONDS * G_USEC_PER_SEC, (end - now) / KILLS);

  while (now < end)
    {
      gint64 next = MIN (end, now + pause);

      g_usleep ((gulong) (next - now));
      now = g_get_monotonic_time ();
      sample_memory (fixture);
      if (end - now > G_USEC_PER_SEC)
        {
          soak_clients_expect_loss (clients);
          kill_worker (fixture, random);
        }
    }
}

static guint64
find_largest (Fixture *fixture, guint from, guint to)
{
  guint64 largest = 0;

  for (guint i = from; i < to; i++)
    largest = MAX (largest, g_array_index (fixture->memory, guint64, i));

  return largest;
}

/* What is needed is needed soon, and not more and more. */
static void
check_memory (Fixture *fixture)
{
  guint n = fixture->memory->len;
  guint64 early = find_largest (fixture, 0, (n + 1) / 2);
  guint64 late = find_largest (fixture, (n + 1) / 2, n);

  g_test_message ("memory: %.1f MiB at most in the first half, %.1f in the "
                  "second",
                  (double) early / (1024 * 1024),
                  (double) late / (1024 * 1024));
  if (usage_is_meaningful ())
    g_assert_cmpuint (late, <, early + MEMORY_KEPT);
}

static void
test_soak (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SoakClients) clients = soak_clients_new (fixture->daemon->port);
  Usage before = { 0 };
  Usage after = { 0 };

  warm_up (fixture);
  usage_settle (fixture->daemon, &before, &error);
  g_assert_no_error (error);

  soak_clients_start (clients);
  work (fixture, clients);
  soak_clients_stop (clients);
  soak_clients_audit (clients);
  g_test_message ("%u workers killed", fixture->kills);
  soak_clients_report (clients, fixture->kills);

  warm_up (fixture);
  gboolean same = usage_wait (fixture->daemon,
                              before.descriptors,
                              SETTLE_SECONDS,
                              &after,
                              &error);
  g_assert_no_error (error);
  g_test_message ("descriptors: %u before, %u after",
                  before.descriptors,
                  after.descriptors);
  g_assert_true (same);
  check_memory (fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add ("/soak", Fixture, NULL, set_up, test_soak, tear_down);

  return g_test_run ();
}
