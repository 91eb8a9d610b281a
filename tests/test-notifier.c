/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <gio/gunixsocketaddress.h>
#include <signal.h>
#include <string.h>

#include "kit/daemon-kit.h"
#include "kit/package-kit.h"
#include "kit/wire-kit.h"

/* What the real program tells a service manager, which is this test. */

#define SECONDS 60
#define WATCHDOG_USEC 3000000

typedef struct
{
  guint workers;
  gboolean watchdog;
} Setup;

typedef struct
{
  DaemonKit *daemon; /* owned */
  GSocket *manager;  /* owned */
} Fixture;

/* The environment is what the daemon gets of it. */
static GSocket *
listen_for_news (const char *folder, gboolean watchdog)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (folder, "notify", NULL);
  g_autofree char *usec = g_strdup_printf ("%d", WATCHDOG_USEC);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocket) manager = g_socket_new (G_SOCKET_FAMILY_UNIX,
                                              G_SOCKET_TYPE_DATAGRAM,
                                              G_SOCKET_PROTOCOL_DEFAULT,
                                              &error);
  g_assert_no_error (error);
  g_socket_bind (manager, address, TRUE, &error);
  g_assert_no_error (error);
  g_socket_set_timeout (manager, SECONDS);
  g_setenv ("NOTIFY_SOCKET", path, TRUE);
  if (watchdog)
    g_setenv ("WATCHDOG_USEC", usec, TRUE);
  else
    g_unsetenv ("WATCHDOG_USEC");
  g_unsetenv ("WATCHDOG_PID");

  return g_steal_pointer (&manager);
}

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  const Setup *setup = test_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *workers = g_strdup_printf ("%u", setup->workers);

  fixture->daemon = daemon_kit_new (NULL, &error);
  g_assert_no_error (error);
  daemon_kit_configure (fixture->daemon, "http", "workers", workers, &error);
  g_assert_no_error (error);
  fixture->daemon->expects_warnings = TRUE;
  fixture->manager = listen_for_news (fixture->daemon->folder, setup->watchdog);
  daemon_kit_start (fixture->daemon, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  daemon_kit_free (fixture->daemon);
  g_clear_object (&fixture->manager);
}

/* The next thing that the manager is told. */
static char *
hear (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  char buffer[4096];
  gssize length =
    g_socket_receive (fixture->manager, buffer, sizeof buffer, NULL, &error);

  g_assert_no_error (error);

  return g_strndup (buffer, (gsize) length);
}

/* Waits until the manager is told this, however it goes on; nothing is said
 * before that which begins with @never. */
static void
await (Fixture *fixture, const char *wanted, const char *never)
{
  gint64 end = g_get_monotonic_time () + SECONDS * G_USEC_PER_SEC;

  for (;;)
    {
      g_autofree char *news = hear (fixture);

      g_test_message ("%s", news);
      if (g_str_has_prefix (news, wanted))
        return;
      g_assert_false (never != NULL && g_str_has_prefix (news, never));
      g_assert_cmpint (g_get_monotonic_time (), <, end);
    }
}

static guint
publish (DaemonKit *daemon)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Wire) wire = wire_new (daemon->port);
  g_autoptr (GBytes) tarball = package_kit_make ("hello", "1.0.0", 100, 1);
  g_autoptr (WireAnswer) answer =
    wire_request (wire,
                  "PUT",
                  "/packages/hello/1.0.0",
                  "Content-Type: application/gzip\r\n",
                  tarball,
                  &error);
  g_assert_no_error (error);

  return answer->status;
}

/* It is ready once every worker serves, and tells what it has and when it
 * stops. */
static void
test_life (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  await (fixture, "READY=1", NULL);
  daemon_kit_wait_ready (fixture->daemon, SECONDS, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (publish (fixture->daemon), ==, 201);
  await (fixture, "STATUS=Up to date; packages: 1, ", NULL);

  daemon_kit_ask_to_stop (fixture->daemon);
  await (fixture, "STOPPING=1", "READY=1");
  daemon_kit_wait_stopped (fixture->daemon, &error);
  g_assert_no_error (error);
}

/* It is ready again after it has read its configuration again, even if that was
 * in vain. */
static void
test_reload (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  await (fixture, "READY=1", NULL);
  kill (fixture->daemon->pid, SIGHUP);
  await (fixture, "RELOADING=1", "READY=1");
  await (fixture, "READY=1", NULL);

  daemon_kit_configure (fixture->daemon, "http", "workers", "none", &error);
  g_assert_no_error (error);
  kill (fixture->daemon->pid, SIGHUP);
  await (fixture, "RELOADING=1", "READY=1");
  await (fixture, "READY=1", NULL);

  daemon_kit_stop (fixture->daemon, &error);
  g_assert_no_error (error);
}

static void
await_warning (DaemonKit *daemon)
{
  gint64 end = g_get_monotonic_time () + SECONDS * G_USEC_PER_SEC;

  for (;;)
    {
      g_autofree char *log = daemon_kit_dup_log (daemon);

      if (strstr (log, " is stuck") != NULL)
        return;
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (10000);
    }
}

/* Forgets what was said until now; tells whether the watchdog was fed. */
static gboolean
was_fed (Fixture *fixture)
{
  gboolean fed = FALSE;

  while (g_socket_condition_check (fixture->manager, G_IO_IN) != 0)
    {
      g_autofree char *news = hear (fixture);

      fed = fed || g_str_equal (news, "WATCHDOG=1");
    }

  return fed;
}

/* The watchdog is fed again and again, but not as long as a worker is stuck. */
static void
test_watchdog (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  await (fixture, "READY=1", NULL);
  await (fixture, "WATCHDOG=1", NULL);
  await (fixture, "WATCHDOG=1", NULL);

  daemon_kit_wait_workers (fixture->daemon, 2, &error);
  g_assert_no_error (error);
  g_autoptr (GArray) workers = daemon_kit_list_workers (fixture->daemon);
  kill (g_array_index (workers, GPid, 1), SIGSTOP);
  await_warning (fixture->daemon);
  was_fed (fixture);
  g_usleep (2 * WATCHDOG_USEC);
  g_assert_false (was_fed (fixture));

  kill (g_array_index (workers, GPid, 1), SIGCONT);
  await (fixture, "WATCHDOG=1", NULL);
  daemon_kit_stop (fixture->daemon, &error);
  g_assert_no_error (error);
}

int
main (int argc, char **argv)
{
  static const Setup one = { .workers = 1 };
  static const Setup three = { .workers = 3 };
  static const Setup watched = { .workers = 2, .watchdog = TRUE };

  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add ("/notifier/life/one",
              Fixture,
              &one,
              set_up,
              test_life,
              tear_down);
  g_test_add ("/notifier/life/three",
              Fixture,
              &three,
              set_up,
              test_life,
              tear_down);
  g_test_add ("/notifier/reload",
              Fixture,
              &three,
              set_up,
              test_reload,
              tear_down);
  g_test_add ("/notifier/watchdog",
              Fixture,
              &watched,
              set_up,
              test_watchdog,
              tear_down);

  return g_test_run ();
}
