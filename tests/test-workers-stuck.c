/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "kit/daemon-kit.h"

/* Workers that hang: the real program, some of whose processes are stopped. */

#define WORKERS 2
#define TIMEOUT "3"
#define SECONDS 60

typedef struct
{
  DaemonKit *daemon; /* owned */
  GArray *pids;      /* owned */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *workers = g_strdup_printf ("%d", WORKERS);

  fixture->daemon = daemon_kit_new (NULL, &error);
  g_assert_no_error (error);
  daemon_kit_configure (fixture->daemon, "http", "workers", workers, &error);
  g_assert_no_error (error);
  daemon_kit_configure (fixture->daemon,
                        "http",
                        "worker-timeout",
                        TIMEOUT,
                        &error);
  g_assert_no_error (error);
  fixture->daemon->expects_warnings = TRUE;
  daemon_kit_start (fixture->daemon, &error);
  g_assert_no_error (error);
  daemon_kit_wait_ready (fixture->daemon, SECONDS, &error);
  g_assert_no_error (error);
  daemon_kit_wait_workers (fixture->daemon, WORKERS, &error);
  g_assert_no_error (error);
  fixture->pids = daemon_kit_list_workers (fixture->daemon);

  /* Both serve once both have answered. */
  for (guint i = 0; i < WORKERS; i++)
    {
      g_autoptr (Wire) wire =
        daemon_kit_connect (fixture->daemon,
                            g_array_index (fixture->pids, GPid, i),
                            &error);

      g_assert_no_error (error);
    }
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  daemon_kit_free (fixture->daemon);
  g_array_unref (fixture->pids);
}

static gboolean
is_running (GPid pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", (int) pid);
  g_autofree char *text = NULL;
  const char *state =
    g_file_get_contents (path, &text, NULL, NULL) ? strrchr (text, ')') : NULL;

  return state != NULL && strlen (state) > 2 && state[2] != 'Z';
}

static void
wait_for_end (GPid pid)
{
  gint64 end = g_get_monotonic_time () + SECONDS * G_USEC_PER_SEC;

  while (is_running (pid))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (10000);
    }
}

/* One that hangs is replaced, and costs the others nothing. */
static void
test_replaced (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  GPid stuck = g_array_index (fixture->pids, GPid, 0);
  GPid other = g_array_index (fixture->pids, GPid, 1);
  g_autoptr (Wire) kept = daemon_kit_connect (fixture->daemon, other, &error);
  g_assert_no_error (error);

  kill (stuck, SIGSTOP);
  wait_for_end (stuck);
  daemon_kit_wait_workers (fixture->daemon, WORKERS, &error);
  g_assert_no_error (error);
  g_assert_true (is_running (other));
  g_autoptr (WireAnswer) answer = wire_get (kept, "/packages", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (answer->status, ==, 200);

  g_autofree char *log = daemon_kit_dup_log (fixture->daemon);
  g_autofree char *told =
    g_strdup_printf ("Worker 1, process %d, hangs", (int) stuck);
  g_autofree char *told_other =
    g_strdup_printf ("Worker 2, process %d, hangs", (int) stuck);
  g_assert_true (strstr (log, told) != NULL ||
                 strstr (log, told_other) != NULL);
  daemon_kit_stop (fixture->daemon, &error);
  g_assert_no_error (error);
}

/* Where all were held up together, nobody hangs. */
static void
test_all_stopped (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  kill (fixture->daemon->pid, SIGSTOP);
  for (guint i = 0; i < WORKERS; i++)
    kill (g_array_index (fixture->pids, GPid, i), SIGSTOP);
  g_usleep (5 * G_USEC_PER_SEC);
  kill (fixture->daemon->pid, SIGCONT);
  g_usleep (G_USEC_PER_SEC);
  for (guint i = 0; i < WORKERS; i++)
    kill (g_array_index (fixture->pids, GPid, i), SIGCONT);

  g_usleep (2 * G_USEC_PER_SEC);
  for (guint i = 0; i < WORKERS; i++)
    g_assert_true (is_running (g_array_index (fixture->pids, GPid, i)));
  daemon_kit_stop (fixture->daemon, &error);
  g_assert_no_error (error);
}

/* One that hangs keeps the storage from nobody, once its parent is gone. */
static void
test_orphan (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  GPid stuck = g_array_index (fixture->pids, GPid, 0);

  kill (stuck, SIGSTOP);
  daemon_kit_kill (fixture->daemon);
  wait_for_end (stuck);
  daemon_kit_start (fixture->daemon, &error);
  g_assert_no_error (error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/workers-stuck/replaced",
              Fixture,
              NULL,
              set_up,
              test_replaced,
              tear_down);
  g_test_add ("/workers-stuck/all-stopped",
              Fixture,
              NULL,
              set_up,
              test_all_stopped,
              tear_down);
  g_test_add ("/workers-stuck/orphan",
              Fixture,
              NULL,
              set_up,
              test_orphan,
              tear_down);

  return g_test_run ();
}
