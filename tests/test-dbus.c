/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kit/bus-kit.h"
#include "kit/daemon-kit.h"
#include "kit/package-kit.h"

/* The real program with two workers on a bus, where there is no polkit. */

#define READY_SECONDS 60
#define WAIT_SECONDS 30

typedef struct
{
  BusKit *bus;                 /* owned */
  DaemonKit *daemon;           /* owned */
  GDBusConnection *connection; /* owned */
} Fixture;

static void
start (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  daemon_kit_start (fixture->daemon, &error);
  g_assert_no_error (error);
  daemon_kit_wait_ready (fixture->daemon, READY_SECONDS, &error);
  g_assert_no_error (error);
}

static void
set_up_stopped (Fixture *fixture, gconstpointer test_data)
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

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  set_up_stopped (fixture, test_data);
  start (fixture);
  g_assert_true (bus_kit_wait_name (fixture->connection, BUS_KIT_NAME, TRUE));
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  daemon_kit_free (fixture->daemon);
  g_object_unref (fixture->connection);
  bus_kit_free (fixture->bus);
}

static void
send (Fixture *fixture, const char *method, const char *target, GBytes *body)
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

static void
publish (Fixture *fixture, const char *name, const char *version)
{
  g_autoptr (GBytes) tarball = package_kit_make (name, version, 1000, 1);
  g_autofree char *target = g_strdup_printf ("/packages/%s/%s", name, version);

  send (fixture, "PUT", target, tarball);
}

static void
yank (Fixture *fixture, const char *name, const char *version)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("{}", 2);
  g_autofree char *target =
    g_strdup_printf ("/packages/%s/%s/yank", name, version);

  send (fixture, "POST", target, body);
}

static char *
try_method (Fixture *fixture, const char *method, const char *parameters)
{
  return bus_kit_try (fixture->connection, BUS_KIT_PATH, method, parameters);
}

static void
assert_property (Fixture *fixture, const char *name, const char *expected)
{
  g_autoptr (GVariant) value =
    bus_kit_get (fixture->connection, BUS_KIT_PATH, name);
  g_autofree char *text = g_variant_print (value, FALSE);

  g_assert_cmpstr (text, ==, expected);
}

/* What is true is told of. */
static void
test_properties (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *address =
    g_strdup_printf ("['http://127.0.0.1:%u']", fixture->daemon->port);

  publish (fixture, "one", "1.0.0");
  publish (fixture, "one", "1.1.0");
  publish (fixture, "two", "0.1.0");

  assert_property (fixture, "Version", "'" PACKAGE_VERSION "'");
  assert_property (fixture, "Address", address);
  assert_property (fixture, "Backend", "'filesystem'");
  assert_property (fixture, "Workers", "2");
  assert_property (fixture, "Packages", "2");
  assert_property (fixture, "Versions", "3");
  assert_property (fixture, "CatalogState", "'ready'");
  assert_property (fixture, "Progress", "1.0");
  assert_property (fixture, "ReadOnly", "false");
  assert_property (fixture, "Problems", "0");

  g_autoptr (GVariant) uri =
    bus_kit_get (fixture->connection, BUS_KIT_PATH, "StorageUri");
  g_assert_nonnull (
    strstr (g_variant_get_string (uri, NULL), fixture->daemon->storage));
  g_autoptr (GVariant) sequence =
    bus_kit_get (fixture->connection, BUS_KIT_PATH, "Sequence");
  g_assert_cmpuint (g_variant_get_uint64 (sequence), >=, 3);
  g_autoptr (GVariant) uptime =
    bus_kit_get (fixture->connection, BUS_KIT_PATH, "Uptime");
  g_assert_cmpuint (g_variant_get_uint64 (uptime), <, 3600);
}

/* Packages come in pages, which fit together. */
static void
test_list_packages (Fixture *fixture, gconstpointer test_data)
{
  const char *const names[] = { "alpha", "beta", "gamma" };
  g_autofree char *after = g_strdup ("");

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    publish (fixture, names[i], "1.0.0");

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *parameters = g_strdup_printf (
        "('', {'sort': <'name'>, 'limit': <uint32 1>, 'after': <'%s'>})",
        after);
      g_autoptr (GVariant) page = bus_kit_call (fixture->connection,
                                                BUS_KIT_PATH,
                                                "ListPackages",
                                                parameters,
                                                &error);
      g_assert_no_error (error);
      g_auto (GStrv) elements = NULL;
      g_autofree char *member = g_strdup_printf ("\"name\":\"%s\"", names[i]);

      g_clear_pointer (&after, g_free);
      g_variant_get (page, "(^ass)", &elements, &after);
      g_assert_cmpuint (g_strv_length (elements), ==, 1);
      g_assert_true (g_str_has_prefix (elements[0], "{"));
      g_assert_true (g_str_has_suffix (elements[0], "}"));
      g_assert_nonnull (strstr (elements[0], member));
    }
  g_assert_cmpstr (after, ==, "");

  g_autofree char *found =
    try_method (fixture, "ListPackages", "('beta', @a{sv} {})");
  g_assert_nonnull (strstr (found, "\"name\":\"beta\""));
  g_assert_null (strstr (found, "\"name\":\"alpha\""));
}

/* A package is shown with what was yanked. */
static void
test_show_package (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  publish (fixture, "mixed", "1.0.0");
  publish (fixture, "mixed", "1.1.0");
  yank (fixture, "mixed", "1.1.0");

  g_autoptr (GVariant) answer = bus_kit_call (fixture->connection,
                                              BUS_KIT_PATH,
                                              "ShowPackage",
                                              "('mixed',)",
                                              &error);
  g_assert_no_error (error);
  g_auto (GStrv) elements = NULL;
  g_variant_get (answer, "(^as)", &elements);
  g_assert_cmpuint (g_strv_length (elements), ==, 2);
  g_assert_nonnull (strstr (elements[0], "\"version\":\"1.0.0\""));
  g_assert_nonnull (strstr (elements[0], "\"yanked\":false"));
  g_assert_nonnull (strstr (elements[1], "\"version\":\"1.1.0\""));
  g_assert_nonnull (strstr (elements[1], "\"yanked\":true"));
}

static void
take_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **out = user_data;

  *out = g_object_ref (result);
}

static void
wait_for (GAsyncResult **result)
{
  gint64 end = g_get_monotonic_time () + WAIT_SECONDS * G_USEC_PER_SEC;

  while (*result == NULL && g_get_monotonic_time () < end)
    g_main_context_iteration (NULL, FALSE);
  g_assert_nonnull (*result);
}

/* Who waits for a change gets it, and later the one after that. */
static void
test_list_changes (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  publish (fixture, "early", "1.0.0");
  g_autoptr (GVariant) before = bus_kit_call (fixture->connection,
                                              BUS_KIT_PATH,
                                              "ListChanges",
                                              "(uint64 0, uint32 0, uint32 0)",
                                              &error);
  g_assert_no_error (error);
  g_auto (GStrv) events = NULL;
  guint64 last = 0;
  g_variant_get (before, "(^ast)", &events, &last);
  g_assert_cmpuint (g_strv_length (events), >=, 1);
  g_assert_cmpuint (last, >=, 1);

  g_dbus_connection_call (fixture->connection,
                          BUS_KIT_NAME,
                          BUS_KIT_PATH,
                          BUS_KIT_NAME,
                          "ListChanges",
                          g_variant_new ("(tuu)", last, 10, WAIT_SECONDS),
                          G_VARIANT_TYPE ("(ast)"),
                          G_DBUS_CALL_FLAGS_NONE,
                          G_MAXINT,
                          NULL,
                          take_cb,
                          &result);
  publish (fixture, "late", "1.0.0");
  wait_for (&result);

  g_autoptr (GVariant) answer =
    g_dbus_connection_call_finish (fixture->connection, result, &error);
  g_assert_no_error (error);
  g_autofree char *text = g_variant_print (answer, FALSE);
  g_assert_nonnull (strstr (text, "\"name\":\"late\""));
  g_assert_null (strstr (text, "\"name\":\"early\""));

  g_autofree char *none =
    try_method (fixture, "ListChanges", "(uint64 1000000, uint32 1, uint32 1)");
  g_assert_cmpstr (none, ==, "([], 1000000)");
}

/* The figures are those of all processes. */
static void
test_metrics (Fixture *fixture, gconstpointer test_data)
{
  publish (fixture, "counted", "1.0.0");

  g_autofree char *text = try_method (fixture, "GetMetrics", "()");
  g_assert_nonnull (strstr (text, "loft_publishes_total{outcome="));
  g_assert_nonnull (strstr (text, "loft_catalog_versions 1\\n"));
}

static void
signal_cb (GDBusConnection *connection,
           const char *sender,
           const char *path,
           const char *interface,
           const char *signal,
           GVariant *parameters,
           gpointer user_data)
{
  GString *text = user_data;
  g_autofree char *values = g_variant_print (parameters, FALSE);

  g_string_append_printf (text, "%s%s\n", signal, values);
}

static void
wait_for_text (GString *text, const char *expected)
{
  gint64 end = g_get_monotonic_time () + WAIT_SECONDS * G_USEC_PER_SEC;

  while (strstr (text->str, expected) == NULL && g_get_monotonic_time () < end)
    g_main_context_iteration (NULL, FALSE);
  if (strstr (text->str, expected) == NULL)
    g_test_message ("Instead of %s there came:\n%s", expected, text->str);
  g_assert_nonnull (strstr (text->str, expected));
}

/* What happens is told of, whichever process did it. */
static void
test_signals (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GString) text = g_string_new (NULL);
  guint id = g_dbus_connection_signal_subscribe (fixture->connection,
                                                 BUS_KIT_NAME,
                                                 NULL,
                                                 NULL,
                                                 BUS_KIT_PATH,
                                                 NULL,
                                                 G_DBUS_SIGNAL_FLAGS_NONE,
                                                 signal_cb,
                                                 text,
                                                 NULL);

  /* The bus has the subscription before it has the next call. */
  assert_property (fixture, "Packages", "0");
  publish (fixture, "told", "1.0.0");
  wait_for_text (text, "Published('told', '1.0.0', ");
  yank (fixture, "told", "1.0.0");
  wait_for_text (text, "Yanked('told', '1.0.0', true, ");
  wait_for_text (text, "'Packages': <uint64 1>");

  g_dbus_connection_signal_unsubscribe (fixture->connection, id);
}

/* What no method takes: wrong types are refused before anything happens. */
static const struct
{
  const char *method;
  const char *parameters;
  const char *error;
} bad_calls[] = {
  { "Reload", "('now',)", "org.freedesktop.DBus.Error.InvalidArgs" },
  { "Drain", "(true,)", "org.freedesktop.DBus.Error.InvalidArgs" },
  { "Stop", "()", "org.freedesktop.DBus.Error.UnknownMethod" },
  { "ListPackages", "()", "org.freedesktop.DBus.Error.InvalidArgs" },
  { "ListPackages", "('', {'limit': <1>})", "InvalidArgument" },
  { "ListPackages", "('', {'limit': <uint64 1>})", "InvalidArgument" },
  { "ListPackages", "('', {'sort': <'size'>})", "InvalidArgument" },
  { "ListPackages", "('', {'sort': <b'name'>})", "InvalidArgument" },
  { "ListPackages", "('', {'colour': <'red'>})", "InvalidArgument" },
  { "ListPackages", "('', {'after': <@as []>})", "InvalidArgument" },
  { "ListPackages", "('LONG', @a{sv} {})", "InvalidArgument" },
  { "ListPackages", "('', {'after': <'LONG'>})", "InvalidArgument" },
  { "ListPackages", "('', {'LONG': <''>})", "InvalidArgument" },
  { "ShowPackage", "(1,)", "org.freedesktop.DBus.Error.InvalidArgs" },
  { "ShowPackage", "('',)", "NoSuchPackage" },
  { "ShowPackage", "('unknown',)", "NoSuchPackage" },
  { "ShowPackage", "('../storage',)", "NoSuchPackage" },
  { "ShowPackage", "('a\\nb',)", "NoSuchPackage" },
  { "ShowPackage", "('LONG',)", "InvalidArgument" },
  { "ListChanges", "(0, 0, 0)", "org.freedesktop.DBus.Error.InvalidArgs" },
  { "ListChanges",
    "(uint64 18446744073709551615, uint32 0, uint32 0)",
    "InvalidArgument" },
  { "GetMetrics", "('',)", "org.freedesktop.DBus.Error.InvalidArgs" },
};

/* A value that is far too long for where it stands. */
static char *
make_long (const char *parameters)
{
  g_autoptr (GString) text = g_string_new (parameters);
  g_autofree char *filling = g_strnfill (1000 * 1000, 'x');

  g_string_replace (text, "LONG", filling, 1);

  return g_string_free (g_steal_pointer (&text), FALSE);
}

static guint
count_descriptors (Fixture *fixture)
{
  g_autofree char *path =
    g_strdup_printf ("/proc/%d/fd", (int) fixture->daemon->pid);
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (folder != NULL && g_dir_read_name (folder) != NULL)
    n++;

  return n;
}

/* Bad input has its error, and leaves nothing behind. */
static void
test_bad_calls (Fixture *fixture, gconstpointer test_data)
{
  guint before = 0;

  for (guint round = 0; round < 3; round++)
    {
      for (guint i = 0; i < G_N_ELEMENTS (bad_calls); i++)
        {
          g_autofree char *parameters = make_long (bad_calls[i].parameters);
          g_autofree char *answer =
            try_method (fixture, bad_calls[i].method, parameters);

          g_test_message ("%s%s", bad_calls[i].method, bad_calls[i].parameters);
          g_assert_cmpstr (answer, ==, bad_calls[i].error);
        }
      if (round == 0)
        before = count_descriptors (fixture);
    }
  g_assert_cmpuint (count_descriptors (fixture), <=, before);
}

/* The interface that is documented is the one that is there, and bad input was
 * tried with each of its methods. */
static void
test_interface (Fixture *fixture, gconstpointer test_data)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST,
                                                 "..",
                                                 "data",
                                                 "dbus",
                                                 BUS_KIT_NAME ".xml",
                                                 NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (text, &error);
  g_assert_no_error (error);
  const GDBusInterfaceInfo *interface =
    g_dbus_node_info_lookup_interface (node, BUS_KIT_NAME);
  g_assert_nonnull (interface);

  for (guint i = 0; interface->methods[i] != NULL; i++)
    {
      const char *name = interface->methods[i]->name;
      guint rows = 0;

      for (guint j = 0; j < G_N_ELEMENTS (bad_calls); j++)
        rows += g_str_equal (bad_calls[j].method, name);
      g_test_message ("%s", name);
      g_assert_cmpuint (rows, >, 0);
    }
  for (guint i = 0; interface->properties[i] != NULL; i++)
    {
      g_autoptr (GVariant) value = bus_kit_get (fixture->connection,
                                                BUS_KIT_PATH,
                                                interface->properties[i]->name);

      g_assert_cmpstr (g_variant_get_type_string (value),
                       ==,
                       interface->properties[i]->signature);
    }
}

/* The configuration is read again, and who makes a mistake is told so. */
static void
test_reload (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  daemon_kit_configure (fixture->daemon, "http", "max-wait", "3", &error);
  g_assert_no_error (error);
  g_autofree char *good = try_method (fixture, "Reload", "()");
  g_assert_cmpstr (good, ==, "()");
  g_autofree char *log = daemon_kit_dup_log (fixture->daemon);
  g_assert_nonnull (strstr (log, "[http] max-wait has changed"));

  daemon_kit_configure (fixture->daemon, "http", "max-wait", "soon", &error);
  g_assert_no_error (error);
  g_autofree char *bad = try_method (fixture, "Reload", "()");
  g_assert_cmpstr (bad, ==, "Configuration");
}

/* The registry stops in order, and leaves the bus. */
static void
test_drain (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *answer = try_method (fixture, "Drain", "()");

  g_assert_cmpstr (answer, ==, "()");
  daemon_kit_wait_stopped (fixture->daemon, &error);
  g_assert_no_error (error);
  g_assert_true (bus_kit_wait_name (fixture->connection, BUS_KIT_NAME, FALSE));
}

/* Others may read, and nothing else. */
static void
test_others (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  if (getuid () != 0)
    {
      g_test_skip ("Only root can be somebody else");
      return;
    }

  g_autoptr (GDBusConnection) nobody =
    bus_kit_connect (fixture->bus, BUS_KIT_NOBODY, &error);
  g_assert_no_error (error);
  g_autofree char *list =
    bus_kit_try (nobody, BUS_KIT_PATH, "ListPackages", "('', @a{sv} {})");
  g_assert_cmpstr (list, ==, "([], '')");
  g_autofree char *reload = bus_kit_try (nobody, BUS_KIT_PATH, "Reload", "()");
  g_assert_cmpstr (reload, ==, "NotAuthorized");
  g_autofree char *drain = bus_kit_try (nobody, BUS_KIT_PATH, "Drain", "()");
  g_assert_cmpstr (drain, ==, "NotAuthorized");
}

static void
assert_serves (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Wire) wire = wire_new (fixture->daemon->port);
  g_autoptr (WireAnswer) answer = wire_get (wire, "/packages", &error);

  g_assert_no_error (error);
  g_assert_cmpuint (answer->status, ==, 200);
}

static void
wait_for_log (Fixture *fixture, const char *expected)
{
  gint64 end = g_get_monotonic_time () + WAIT_SECONDS * G_USEC_PER_SEC;

  for (;;)
    {
      g_autofree char *log = daemon_kit_dup_log (fixture->daemon);

      if (strstr (log, expected) != NULL)
        break;
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (1000);
    }
}

/* A registry serves where there is no bus, */
static void
test_no_bus (Fixture *fixture, gconstpointer test_data)
{
  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus", TRUE);
  fixture->daemon->expects_warnings = TRUE;
  start (fixture);
  wait_for_log (fixture, "The system bus can't be reached");
  assert_serves (fixture);
}

/* where somebody else has its name, */
static void
test_name_taken (Fixture *fixture, gconstpointer test_data)
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

  fixture->daemon->expects_warnings = TRUE;
  start (fixture);
  wait_for_log (fixture, "can't be had on the system bus");
  assert_serves (fixture);
}

/* and where the bus goes away. */
static void
test_bus_ends (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  fixture->daemon->expects_warnings = TRUE;
  start (fixture);
  g_assert_true (bus_kit_wait_name (fixture->connection, BUS_KIT_NAME, TRUE));
  g_dbus_connection_set_exit_on_close (fixture->connection, FALSE);
  kill (fixture->bus->pid, SIGKILL);
  wait_for_log (fixture, "The system bus can't be reached");
  publish (fixture, "alone", "1.0.0");
  assert_serves (fixture);
  daemon_kit_stop (fixture->daemon, &error);
  g_assert_no_error (error);
}

static void
add (const char *path, void (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

static void
add_stopped (const char *path, void (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up_stopped, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  if (!bus_kit_is_possible ())
    {
      g_print ("1..0 # SKIP dbus-daemon is not installed\n");
      return EXIT_SUCCESS;
    }

  add ("/dbus/properties", test_properties);
  add ("/dbus/list-packages", test_list_packages);
  add ("/dbus/show-package", test_show_package);
  add ("/dbus/list-changes", test_list_changes);
  add ("/dbus/metrics", test_metrics);
  add ("/dbus/signals", test_signals);
  add ("/dbus/bad-calls", test_bad_calls);
  add ("/dbus/interface", test_interface);
  add ("/dbus/reload", test_reload);
  add ("/dbus/drain", test_drain);
  add ("/dbus/others", test_others);
  add_stopped ("/dbus/no-bus", test_no_bus);
  add_stopped ("/dbus/name-taken", test_name_taken);
  add_stopped ("/dbus/bus-ends", test_bus_ends);

  return g_test_run ();
}
