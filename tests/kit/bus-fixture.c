/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/bus-fixture.h"

#include <gio/gunixfdlist.h>
#include <string.h>
#include <unistd.h>

#include "kit/package-kit.h"

#define READY_SECONDS 60

void
bus_fixture_start (BusFixture *fixture)
{
  g_autoptr (GError) error = NULL;

  daemon_kit_start (fixture->daemon, &error);
  g_assert_no_error (error);
  daemon_kit_wait_ready (fixture->daemon, READY_SECONDS, &error);
  g_assert_no_error (error);
}

void
bus_fixture_set_up_stopped (BusFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  fixture->bus = bus_kit_new (&error);
  g_assert_no_error (error);
  fixture->connection = bus_kit_connect (fixture->bus, getuid (), &error);
  g_assert_no_error (error);
  fixture->daemon = daemon_kit_new (NULL, &error);
  g_assert_no_error (error);
  daemon_kit_configure (fixture->daemon, "http", "workers", "2", &error);
  g_assert_no_error (error);
  daemon_kit_configure (fixture->daemon, "registry", "bus", "system", &error);
  g_assert_no_error (error);
}

void
bus_fixture_set_up (BusFixture *fixture, gconstpointer test_data)
{
  bus_fixture_set_up_stopped (fixture, test_data);
  bus_fixture_start (fixture);
  g_assert_true (bus_kit_wait_name (fixture->connection, BUS_KIT_NAME, TRUE));
}

void
bus_fixture_tear_down (BusFixture *fixture, gconstpointer test_data)
{
  daemon_kit_free (fixture->daemon);
  g_object_unref (fixture->connection);
  bus_kit_free (fixture->bus);
}

void
bus_fixture_add (const char *path, void (*test) (BusFixture *, gconstpointer))
{
  g_test_add (path,
              BusFixture,
              NULL,
              bus_fixture_set_up,
              test,
              bus_fixture_tear_down);
}

static void
send (BusFixture *fixture, const char *method, const char *target, GBytes *body)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Wire) wire = wire_new (fixture->daemon->port);
  g_autoptr (WireAnswer) answer = wire_request (
    wire,
    method,
    target,
    g_str_equal (method, "PUT") ? "Content-Type: application/gzip\r\n"
                                : "Content-Type: application/json\r\n",
    body,
    &error);
  g_assert_no_error (error);
  g_assert_cmpuint (answer->status / 100, ==, 2);
}

void
bus_fixture_publish (BusFixture *fixture, const char *name, const char *version)
{
  g_autoptr (GBytes) tarball = package_kit_make (name, version, 1000, 1);
  g_autofree char *target = g_strdup_printf ("/packages/%s/%s", name, version);

  send (fixture, "PUT", target, tarball);
}

void
bus_fixture_yank (BusFixture *fixture, const char *name, const char *version)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("{}", 2);
  g_autofree char *target =
    g_strdup_printf ("/packages/%s/%s/yank", name, version);

  send (fixture, "POST", target, body);
}

char *
bus_fixture_try (BusFixture *fixture,
                 const char *method,
                 const char *parameters)
{
  return bus_kit_try (fixture->connection, BUS_KIT_PATH, method, parameters);
}

guint
bus_fixture_count_descriptors (BusFixture *fixture)
{
  g_autofree char *path =
    g_strdup_printf ("/proc/%d/fd", (int) fixture->daemon->pid);
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (folder != NULL && g_dir_read_name (folder) != NULL)
    n++;

  return n;
}

/* What a call answers, as text, or the name of its error. */
void
bus_fixture_assert (BusFixture *fixture,
                    const char *method,
                    const char *parameters,
                    const char *expected)
{
  g_autofree char *answer = bus_fixture_try (fixture, method, parameters);

  g_assert_cmpstr (answer, ==, expected);
}

/* Waits until so many descriptors are open at most: those of a call are closed
 * with the call, which may outlive its answer by a moment. */
gboolean
bus_fixture_wait_descriptors (BusFixture *fixture, guint most)
{
  gint64 end = g_get_monotonic_time () + BUS_FIXTURE_SECONDS * G_USEC_PER_SEC;

  while (bus_fixture_count_descriptors (fixture) > most)
    {
      if (g_get_monotonic_time () > end)
        return FALSE;
      g_usleep (1000);
    }

  return TRUE;
}

/* Waits until the daemon has said something. */
void
bus_fixture_wait_log (BusFixture *fixture, const char *expected)
{
  gint64 end = g_get_monotonic_time () + BUS_FIXTURE_SECONDS * G_USEC_PER_SEC;

  for (;;)
    {
      g_autofree char *log = daemon_kit_dup_log (fixture->daemon);

      if (strstr (log, expected) != NULL)
        break;
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (1000);
    }
}

/* Exports to a descriptor, which is closed here; gives the job's path or the
 * name of an error. */
char *
bus_fixture_export (GDBusConnection *connection, int fd)
{
  g_autoptr (GUnixFDList) list = g_unix_fd_list_new ();
  g_autoptr (GError) error = NULL;
  int handle = g_unix_fd_list_append (list, fd, &error);
  g_assert_no_error (error);
  close (fd);
  g_autoptr (GVariant) answer = g_dbus_connection_call_with_unix_fd_list_sync (
    connection,
    BUS_KIT_NAME,
    BUS_KIT_PATH,
    BUS_KIT_NAME,
    "Export",
    g_variant_new ("(ha{sv})", handle, NULL),
    NULL,
    G_DBUS_CALL_FLAGS_NONE,
    -1,
    list,
    NULL,
    NULL,
    &error);
  char *path = NULL;

  if (answer == NULL)
    return g_dbus_error_get_remote_error (error);
  g_variant_get (answer, "(o)", &path);

  return path;
}
