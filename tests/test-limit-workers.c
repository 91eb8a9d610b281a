/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <signal.h>

#include "kit/daemon-kit.h"
#include "kit/package-kit.h"
#include "kit/wire-kit.h"

/* The real program with two workers, and a connection to each. */

#define WORKERS 2
#define READY_SECONDS 60
#define BURST 4

typedef struct
{
  DaemonKit *daemon;    /* owned */
  Wire *wires[WORKERS]; /* owned */
} Fixture;

static void
connect_all (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  daemon_kit_wait_workers (fixture->daemon, WORKERS, &error);
  g_assert_no_error (error);

  g_autoptr (GArray) pids = daemon_kit_list_workers (fixture->daemon);
  for (guint i = 0; i < WORKERS; i++)
    {
      g_clear_pointer (&fixture->wires[i], wire_free);
      fixture->wires[i] = daemon_kit_connect (fixture->daemon,
                                              g_array_index (pids, GPid, i),
                                              &error);
      g_assert_no_error (error);
    }
}

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  static const char *const settings[][2] = {
    { "workers", "2" },
    { "limit-new", G_STRINGIFY (BURST) },
    { "limit-new-interval", "3600" },
  };
  g_autoptr (GError) error = NULL;

  fixture->daemon = daemon_kit_new (NULL, &error);
  g_assert_no_error (error);
  fixture->daemon->expects_warnings = TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (settings); i++)
    {
      daemon_kit_configure (fixture->daemon,
                            "http",
                            settings[i][0],
                            settings[i][1],
                            &error);
      g_assert_no_error (error);
    }
  daemon_kit_start (fixture->daemon, &error);
  g_assert_no_error (error);
  daemon_kit_wait_ready (fixture->daemon, READY_SECONDS, &error);
  g_assert_no_error (error);
  connect_all (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  for (guint i = 0; i < WORKERS; i++)
    g_clear_pointer (&fixture->wires[i], wire_free);
  daemon_kit_free (fixture->daemon);
}

static guint
publish (Wire *wire, const char *peer, guint number)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = g_strdup_printf ("package%u", number);
  g_autoptr (GBytes) tarball = package_kit_make (name, "1.0.0", 500, 1);
  g_autofree char *target = g_strconcat ("/packages/", name, "/1.0.0", NULL);
  g_autofree char *headers =
    g_strdup_printf ("X-Forwarded-For: %s\r\n"
                     "Content-Type: application/gzip\r\n",
                     peer);
  g_autoptr (WireAnswer) answer =
    wire_request (wire, "PUT", target, headers, tarball, &error);

  g_assert_no_error (error);

  return answer->status;
}

static void
wait_gone (GPid pid)
{
  for (guint i = 0; i < 10000 && kill (pid, 0) == 0; i++)
    g_usleep (1000);
  g_assert_cmpint (kill (pid, 0), ==, -1);
}

/* What one worker has counted holds for the other, and for the one that takes
 * its place when it dies. */
static void
test_together (Fixture *fixture, gconstpointer test_data)
{
  for (guint i = 0; i < BURST; i++)
    g_assert_cmpuint (publish (fixture->wires[i % WORKERS], "192.0.2.1", i),
                      ==,
                      201);
  for (guint i = 0; i < WORKERS; i++)
    g_assert_cmpuint (publish (fixture->wires[i], "192.0.2.1", BURST), ==, 429);

  g_autoptr (GArray) pids = daemon_kit_list_workers (fixture->daemon);
  g_assert_cmpint (kill (g_array_index (pids, GPid, 0), SIGKILL), ==, 0);
  wait_gone (g_array_index (pids, GPid, 0));
  connect_all (fixture);
  for (guint i = 0; i < WORKERS; i++)
    g_assert_cmpuint (publish (fixture->wires[i], "192.0.2.1", BURST), ==, 429);
  g_assert_cmpuint (publish (fixture->wires[0], "192.0.2.2", BURST), ==, 201);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/limit-workers/together",
              Fixture,
              NULL,
              set_up,
              test_together,
              tear_down);

  return g_test_run ();
}
