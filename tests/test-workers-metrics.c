/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <signal.h>

#include "kit/daemon-kit.h"
#include "kit/metrics-kit.h"
#include "kit/package-kit.h"
#include "kit/wire-kit.h"

/* The figures of the real program with several workers, some of which die. */

#define WORKERS 3
#define READY_SECONDS 60
#define PATIENCE (20 * G_TIME_SPAN_SECOND)

#define LIVEZ                                                                  \
  "loft_http_requests_total{route=\"/livez\",method=\"GET\",status=\"200\"}"
#define LIVEZ_TIMES                                                            \
  "loft_http_request_duration_seconds_count{route=\"/livez\",method=\"GET\"}"
#define CREATED "loft_publishes_total{outcome=\"created\"}"
#define STORED                                                                 \
  "loft_storage_operations_total{operation=\"create\",outcome=\"done\"}"

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
  fixture->daemon->expects_warnings = TRUE;
  daemon_kit_start (fixture->daemon, &error);
  g_assert_no_error (error);
  daemon_kit_wait_ready (fixture->daemon, READY_SECONDS, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  g_clear_pointer (&fixture->pids, g_array_unref);
  daemon_kit_free (fixture->daemon);
}

static Wire *
connect_to (Fixture *fixture, guint worker)
{
  g_autoptr (GError) error = NULL;

  daemon_kit_wait_workers (fixture->daemon, WORKERS, &error);
  g_assert_no_error (error);
  g_clear_pointer (&fixture->pids, g_array_unref);
  fixture->pids = daemon_kit_list_workers (fixture->daemon);
  Wire *wire = daemon_kit_connect (fixture->daemon,
                                   g_array_index (fixture->pids, GPid, worker),
                                   &error);
  g_assert_no_error (error);

  return wire;
}

static void
ask (Fixture *fixture, guint worker, guint times)
{
  g_autoptr (Wire) wire = connect_to (fixture, worker);

  for (guint i = 0; i < times; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (WireAnswer) answer = wire_get (wire, "/livez", &error);

      g_assert_no_error (error);
      g_assert_cmpuint (answer->status, ==, 200);
    }
}

static void
publish (Fixture *fixture, guint worker, const char *version)
{
  g_autoptr (Wire) wire = connect_to (fixture, worker);
  g_autoptr (GBytes) tarball = package_kit_make ("hello", version, 100, 1);

  g_assert_cmpuint (wire_publish (wire, "hello", version, tarball), ==, 201);
}

static Metrics *
fetch (Fixture *fixture, guint worker)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Wire) wire = connect_to (fixture, worker);
  g_autoptr (WireAnswer) answer = wire_get (wire, "/metrics", &error);
  g_assert_no_error (error);
  g_autofree char *text = wire_answer_dup_text (answer);
  Metrics *metrics = metrics_parse (text, &error);
  g_assert_no_error (error);

  return metrics;
}

/* The same, whichever worker is asked. What is counted a moment after it was
 * answered is waited for. */
static void
assert_sums (Fixture *fixture, double livez, double created)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  for (guint i = 0; i < WORKERS; i++)
    for (gboolean done = FALSE; !done;)
      {
        g_autoptr (Metrics) metrics = fetch (fixture, i);

        done = metrics_get (metrics, LIVEZ) >= livez ||
               g_get_monotonic_time () > end;
        if (!done)
          continue;
        g_assert_cmpfloat (metrics_get (metrics, LIVEZ), ==, livez);
        g_assert_cmpfloat (metrics_get (metrics, LIVEZ_TIMES), ==, livez);
        g_assert_cmpfloat (metrics_get (metrics, CREATED), ==, created);
        g_assert_cmpfloat (metrics_get (metrics, "loft_catalog_versions"),
                           ==,
                           created);

        /* A tarball, its document, and its event, in an entry of its own or
         * with others. */
        g_assert_cmpfloat (metrics_get (metrics, STORED), >=, 2 * created);
      }
}

static void
kill_worker (Fixture *fixture, guint worker)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  GPid pid = g_array_index (fixture->pids, GPid, worker);
  gboolean is_there = TRUE;

  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  while (is_there)
    {
      g_autoptr (GArray) pids = daemon_kit_list_workers (fixture->daemon);

      is_there = FALSE;
      for (guint i = 0; i < pids->len; i++)
        is_there |= g_array_index (pids, GPid, i) == pid;
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (10 * G_TIME_SPAN_MILLISECOND);
    }
}

/* No request is lost or counted twice, though workers are killed. */
static void
test_sums (Fixture *fixture, gconstpointer test_data)
{
  double livez = 0;

  for (guint i = 0; i < WORKERS; i++)
    {
      g_autofree char *version = g_strdup_printf ("1.%u.0", i);

      ask (fixture, i, (i + 1) * 10);
      livez += (i + 1) * 10;
      publish (fixture, i, version);
    }
  assert_sums (fixture, livez, WORKERS);

  for (guint i = 0; i < WORKERS; i++)
    {
      g_autofree char *version = g_strdup_printf ("2.%u.0", i);

      kill_worker (fixture, i);
      assert_sums (fixture, livez, WORKERS + i);
      ask (fixture, i, 7);
      livez += 7;
      publish (fixture, i, version);
      assert_sums (fixture, livez, WORKERS + i + 1);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/workers-metrics/sums",
              Fixture,
              NULL,
              set_up,
              test_sums,
              tear_down);

  return g_test_run ();
}
