/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <gio/gunixsocketaddress.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kit/bus-fixture.h"

/* The real program where its bus is missing, goes away and comes back. */

#define LOST "The system bus can't be reached"
#define JOINED "On the bus as " BUS_KIT_NAME

static void
set_up (BusFixture *fixture, gconstpointer test_data)
{
  bus_fixture_set_up_stopped (fixture, test_data);
  g_dbus_connection_set_exit_on_close (fixture->connection, FALSE);
  fixture->daemon->expects_warnings = TRUE;
}

static void
assert_serves (BusFixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Wire) wire = wire_new (fixture->daemon->port);
  g_autoptr (WireAnswer) answer = wire_get (wire, "/packages", &error);

  g_assert_no_error (error);
  g_assert_cmpuint (answer->status, ==, 200);
}

/* A registry serves where there is no bus, */
static void
test_no_bus (BusFixture *fixture, gconstpointer test_data)
{
  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus", TRUE);
  bus_fixture_start (fixture);
  bus_fixture_wait_log (fixture, LOST);
  assert_serves (fixture);
}

/* where somebody else has its name, */
static void
test_name_taken (BusFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer =
    g_dbus_connection_call_sync (fixture->connection,
                                 "org.freedesktop.DBus",
                                 "/org/freedesktop/DBus",
                                 "org.freedesktop.DBus",
                                 "RequestName",
                                 g_variant_new ("(su)", BUS_KIT_NAME, 0),
                                 NULL,
                                 G_DBUS_CALL_FLAGS_NONE,
                                 -1,
                                 NULL,
                                 &error);
  g_assert_no_error (error);

  bus_fixture_start (fixture);
  bus_fixture_wait_log (fixture, "can't be had on the system bus");
  assert_serves (fixture);
}

/* and where the bus goes away. */
static void
test_bus_ends (BusFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  bus_fixture_start (fixture);
  g_assert_true (bus_kit_wait_name (fixture->connection, BUS_KIT_NAME, TRUE));
  bus_kit_stop (fixture->bus);
  bus_fixture_wait_log (fixture, LOST);
  bus_fixture_publish (fixture, "alone", "1.0.0");
  assert_serves (fixture);
  daemon_kit_stop (fixture->daemon, &error);
  g_assert_no_error (error);
}

static void
lose_bus (BusFixture *fixture)
{
  bus_kit_stop (fixture->bus);
  g_clear_object (&fixture->connection);
}

/* The bus is there again, and the registry on it. */
static void
return_bus (BusFixture *fixture)
{
  g_autoptr (GError) error = NULL;

  bus_kit_start (fixture->bus, &error);
  g_assert_no_error (error);
  fixture->connection = bus_kit_connect (fixture->bus, getuid (), &error);
  g_assert_no_error (error);
  g_dbus_connection_set_exit_on_close (fixture->connection, FALSE);
  g_assert_true (bus_kit_wait_name (fixture->connection, BUS_KIT_NAME, TRUE));
}

static guint
count (BusFixture *fixture, const char *text)
{
  g_autofree char *log = daemon_kit_dup_log (fixture->daemon);
  g_auto (GStrv) parts = g_strsplit (log, text, -1);

  return g_strv_length (parts) - 1;
}

static void
ignore_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GVariant) answer =
    g_dbus_connection_call_finish (G_DBUS_CONNECTION (source_object),
                                   result,
                                   NULL);

  g_assert_null (answer);
  *(gboolean *) user_data = TRUE;
}

static void
wait_for_change (BusFixture *fixture, gboolean *ended)
{
  g_dbus_connection_call (fixture->connection,
                          BUS_KIT_NAME,
                          BUS_KIT_PATH,
                          BUS_KIT_NAME,
                          "ListChanges",
                          g_variant_new ("(tuu)", G_MAXINT32, 10, 300),
                          NULL,
                          G_DBUS_CALL_FLAGS_NONE,
                          G_MAXINT,
                          NULL,
                          ignore_cb,
                          ended);
}

/* However often the bus goes, and whoever waits for an answer meanwhile, the
 * registry comes back, and says each of both once. */
static void
test_returns (BusFixture *fixture, gconstpointer test_data)
{
  bus_fixture_start (fixture);
  g_assert_true (bus_kit_wait_name (fixture->connection, BUS_KIT_NAME, TRUE));

  for (guint round = 1; round <= 2; round++)
    {
      g_autofree char *version = g_strdup_printf ("%u.0.0", round);
      g_autofree char *expected = g_strdup_printf ("uint64 %u", round);
      gboolean ended = FALSE;
      gint64 end =
        g_get_monotonic_time () + BUS_FIXTURE_SECONDS * G_USEC_PER_SEC;

      wait_for_change (fixture, &ended);
      bus_fixture_assert (fixture, "Reload", "()", "()");
      bus_kit_stop (fixture->bus);
      while (!ended && g_get_monotonic_time () < end)
        g_main_context_iteration (NULL, FALSE);
      g_assert_true (ended);
      lose_bus (fixture);
      bus_fixture_publish (fixture, "steady", version);
      return_bus (fixture);

      g_autoptr (GVariant) versions =
        bus_kit_get (fixture->connection, BUS_KIT_PATH, "Versions");
      g_autofree char *text = g_variant_print (versions, TRUE);
      g_assert_cmpstr (text, ==, expected);
      bus_fixture_assert (fixture, "Reload", "()", "()");
      g_assert_cmpuint (count (fixture, LOST), ==, round);
    }
  bus_fixture_assert (fixture, "Drain", "()", "()");
  g_assert_cmpuint (count (fixture, JOINED), ==, 3);
  g_assert_cmpuint (count (fixture, "assertion"), ==, 0);
}

static GSocket *
listen_for_status (BusFixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path =
    g_build_filename (fixture->daemon->folder, "notify", NULL);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocket) manager = g_socket_new (G_SOCKET_FAMILY_UNIX,
                                              G_SOCKET_TYPE_DATAGRAM,
                                              G_SOCKET_PROTOCOL_DEFAULT,
                                              &error);
  g_assert_no_error (error);
  g_socket_bind (manager, address, TRUE, &error);
  g_assert_no_error (error);
  g_socket_set_timeout (manager, BUS_FIXTURE_SECONDS);
  g_setenv ("NOTIFY_SOCKET", path, TRUE);

  return g_steal_pointer (&manager);
}

static void
wait_for_status (GSocket *manager, gboolean missed)
{
  gint64 end = g_get_monotonic_time () + BUS_FIXTURE_SECONDS * G_USEC_PER_SEC;
  gboolean found = FALSE;

  while (!found)
    {
      g_autoptr (GError) error = NULL;
      char buffer[4096];
      gssize length =
        g_socket_receive (manager, buffer, sizeof buffer - 1, NULL, &error);

      g_assert_no_error (error);
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      buffer[length] = '\0';
      found = g_str_has_prefix (buffer, "STATUS=Up to date") &&
              (strstr (buffer, "; not on the bus") != NULL) == missed;
    }
}

/* A bus that is there only after the registry is found too, and the service
 * manager is told as long as it is missing. */
static void
test_late (BusFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GSocket) manager = listen_for_status (fixture);

  lose_bus (fixture);
  bus_fixture_start (fixture);
  g_unsetenv ("NOTIFY_SOCKET");
  bus_fixture_wait_log (fixture, LOST);
  wait_for_status (manager, TRUE);
  return_bus (fixture);
  wait_for_status (manager, FALSE);
  g_assert_cmpuint (count (fixture, LOST), ==, 1);
}

/* Work that was begun goes on, and is at its place on the new bus. */
static void
test_jobs (BusFixture *fixture, gconstpointer test_data)
{
  gint64 end = g_get_monotonic_time () + BUS_FIXTURE_SECONDS * G_USEC_PER_SEC;
  int ends[2];

  bus_fixture_start (fixture);
  g_assert_true (bus_kit_wait_name (fixture->connection, BUS_KIT_NAME, TRUE));
  for (guint i = 0; i < 200; i++)
    {
      g_autofree char *version = g_strdup_printf ("1.%u.0", i);

      bus_fixture_publish (fixture, "bulky", version);
    }

  /* Nobody reads what is exported, so it takes for ever. */
  g_assert_cmpint (pipe (ends), ==, 0);
  g_autofree char *path = bus_fixture_export (fixture->connection, ends[1]);

  lose_bus (fixture);
  bus_fixture_wait_log (fixture, LOST);
  return_bus (fixture);
  g_autoptr (GVariant) running =
    bus_kit_get (fixture->connection, path, "State");
  g_assert_cmpstr (g_variant_get_string (running, NULL), ==, "running");
  g_autofree char *cancel =
    bus_kit_try (fixture->connection, path, "Cancel", "()");
  g_assert_cmpstr (cancel, ==, "()");
  for (;;)
    {
      g_autoptr (GVariant) state =
        bus_kit_get (fixture->connection, path, "State");

      if (g_str_equal (g_variant_get_string (state, NULL), "cancelled"))
        break;
      g_assert_cmpint (g_get_monotonic_time (), <, end);
    }
  close (ends[0]);
}

int
main (int argc, char **argv)
{
  if (!bus_kit_init (&argc, &argv))
    return EXIT_SUCCESS;

  const struct
  {
    const char *path;
    void (*test) (BusFixture *, gconstpointer);
  } tests[] = {
    { "/dbus-rejoin/no-bus", test_no_bus },
    { "/dbus-rejoin/name-taken", test_name_taken },
    { "/dbus-rejoin/bus-ends", test_bus_ends },
    { "/dbus-rejoin/returns", test_returns },
    { "/dbus-rejoin/late", test_late },
    { "/dbus-rejoin/jobs", test_jobs },
  };
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path,
                BusFixture,
                NULL,
                set_up,
                tests[i].test,
                bus_fixture_tear_down);

  return g_test_run ();
}
