/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kit/bus-fixture.h"
#include "kit/package-kit.h"

/* The real program with two workers on a bus, where there is no polkit. */

#define WAIT_SECONDS BUS_FIXTURE_SECONDS

static void
assert_property (BusFixture *fixture, const char *name, const char *expected)
{
  g_autoptr (GVariant) value =
    bus_kit_get (fixture->connection, BUS_KIT_PATH, name);
  g_autofree char *text = g_variant_print (value, FALSE);

  g_assert_cmpstr (text, ==, expected);
}

/* What is true is told of. */
static void
test_properties (BusFixture *fixture, gconstpointer test_data)
{
  g_autofree char *address =
    g_strdup_printf ("['http://127.0.0.1:%u']", fixture->daemon->port);

  bus_fixture_publish (fixture, "one", "1.0.0");
  bus_fixture_publish (fixture, "one", "1.1.0");
  bus_fixture_publish (fixture, "two", "0.1.0");

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
  assert_property (fixture, "Maintains", "true");

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
test_list_packages (BusFixture *fixture, gconstpointer test_data)
{
  const char *const names[] = { "alpha", "beta", "gamma" };
  g_autofree char *after = g_strdup ("");

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    bus_fixture_publish (fixture, names[i], "1.0.0");

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
    bus_fixture_try (fixture, "ListPackages", "('beta', @a{sv} {})");
  g_assert_nonnull (strstr (found, "\"name\":\"beta\""));
  g_assert_null (strstr (found, "\"name\":\"alpha\""));
}

/* A package is shown with what was yanked. */
static void
test_show_package (BusFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  bus_fixture_publish (fixture, "mixed", "1.0.0");
  bus_fixture_publish (fixture, "mixed", "1.1.0");
  bus_fixture_yank (fixture, "mixed", "1.1.0");

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
test_list_changes (BusFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  bus_fixture_publish (fixture, "early", "1.0.0");
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
  bus_fixture_publish (fixture, "late", "1.0.0");
  wait_for (&result);

  g_autoptr (GVariant) answer =
    g_dbus_connection_call_finish (fixture->connection, result, &error);
  g_assert_no_error (error);
  g_autofree char *text = g_variant_print (answer, FALSE);
  g_assert_nonnull (strstr (text, "\"name\":\"late\""));
  g_assert_null (strstr (text, "\"name\":\"early\""));

  g_autofree char *none =
    bus_fixture_try (fixture,
                     "ListChanges",
                     "(uint64 1000000, uint32 1, uint32 1)");
  g_assert_cmpstr (none, ==, "([], 1000000)");
}

static void
begin_wait (GDBusConnection *connection, guint seconds, GAsyncResult **out)
{
  g_dbus_connection_call (connection,
                          BUS_KIT_NAME,
                          BUS_KIT_PATH,
                          BUS_KIT_NAME,
                          "ListChanges",
                          g_variant_new ("(tuu)", G_MAXINT32, 1, seconds),
                          G_VARIANT_TYPE ("(ast)"),
                          G_DBUS_CALL_FLAGS_NONE,
                          G_MAXINT,
                          NULL,
                          take_cb,
                          out);
}

/* Nobody waits so often that others can't. */
static void
test_wait_share (BusFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) greedy =
    bus_kit_connect (fixture->bus, getuid (), &error);
  g_assert_no_error (error);
  g_autoptr (GAsyncResult) refused = NULL;
  g_autoptr (GAsyncResult) other = NULL;
  GAsyncResult *waits[8] = { NULL };

  for (guint i = 0; i < G_N_ELEMENTS (waits); i++)
    begin_wait (greedy, 300, &waits[i]);
  begin_wait (greedy, 300, &refused);
  wait_for (&refused);
  g_assert_null (g_dbus_connection_call_finish (greedy, refused, &error));
  g_autofree char *name = g_dbus_error_get_remote_error (error);
  g_assert_cmpstr (name, ==, BUS_KIT_ERROR "Busy");
  g_clear_error (&error);

  begin_wait (fixture->connection, 1, &other);
  wait_for (&other);
  g_autoptr (GVariant) answer =
    g_dbus_connection_call_finish (fixture->connection, other, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (waits); i++)
    g_assert_null (waits[i]);
  bus_fixture_assert (fixture, "Drain", "()", "()");
  for (guint i = 0; i < G_N_ELEMENTS (waits); i++)
    {
      wait_for (&waits[i]);
      g_clear_object (&waits[i]);
    }
}

/* Nor does a user who has many connections. */
static void
test_wait_user (BusFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GAsyncResult) refused = NULL;
  g_autoptr (GAsyncResult) other = NULL;
  GDBusConnection *greedy[9] = { NULL };
  GAsyncResult *waits[8][8] = { { NULL } };
  uid_t uid = getuid () == 0 ? BUS_KIT_NOBODY : getuid ();

  for (guint i = 0; i < G_N_ELEMENTS (greedy); i++)
    {
      greedy[i] = bus_kit_connect (fixture->bus, uid, &error);
      g_assert_no_error (error);
    }
  for (guint i = 0; i < G_N_ELEMENTS (waits); i++)
    {
      for (guint j = 0; j < G_N_ELEMENTS (waits[i]); j++)
        begin_wait (greedy[i], 300, &waits[i][j]);
      /* What is answered later was asked for later. */
      g_autofree char *changes = bus_kit_try (greedy[i],
                                              BUS_KIT_PATH,
                                              "ListChanges",
                                              "(uint64 0, uint32 1, uint32 0)");
    }
  begin_wait (greedy[8], 300, &refused);
  wait_for (&refused);
  g_assert_null (g_dbus_connection_call_finish (greedy[8], refused, &error));
  g_autofree char *name = g_dbus_error_get_remote_error (error);
  g_assert_cmpstr (name, ==, BUS_KIT_ERROR "Busy");
  g_clear_error (&error);

  begin_wait (fixture->connection, 1, &other);
  wait_for (&other);
  g_autoptr (GVariant) answer =
    g_dbus_connection_call_finish (fixture->connection, other, &error);
  g_assert_true (answer != NULL || getuid () != 0);
  g_clear_error (&error);
  bus_fixture_assert (fixture, "Drain", "()", "()");
  for (guint i = 0; i < G_N_ELEMENTS (waits); i++)
    for (guint j = 0; j < G_N_ELEMENTS (waits[i]); j++)
      {
        wait_for (&waits[i][j]);
        g_autoptr (GVariant) nothing =
          g_dbus_connection_call_finish (greedy[i], waits[i][j], &error);
        g_assert_no_error (error);
        g_clear_object (&waits[i][j]);
      }
  for (guint i = 0; i < G_N_ELEMENTS (greedy); i++)
    g_clear_object (&greedy[i]);
}

/* Whoever wants everything gets it a part at a time. */
static void
test_pages (BusFixture *fixture, gconstpointer test_data)
{
  const PackageKitFolder folder = {
    .storage = fixture->daemon->storage,
    .packages = 300,
    .versions = 4,
    .size = 100,
  };
  g_autoptr (GError) error = NULL;
  guint64 since = 0;
  guint events = 0;
  guint calls = 0;

  package_kit_fill (&folder, NULL, NULL, &error);
  g_assert_no_error (error);
  bus_fixture_start (fixture);
  g_assert_true (bus_kit_wait_name (fixture->connection, BUS_KIT_NAME, TRUE));

  for (gboolean more = TRUE; more; calls++)
    {
      g_autofree char *parameters = g_strdup_printf (
        "(uint64 %" G_GUINT64_FORMAT ", uint32 100000, uint32 0)",
        since);
      g_autoptr (GVariant) answer = bus_kit_call (fixture->connection,
                                                  BUS_KIT_PATH,
                                                  "ListChanges",
                                                  parameters,
                                                  &error);
      g_assert_no_error (error);
      g_auto (GStrv) page = NULL;

      g_variant_get (answer, "(^ast)", &page, &since);
      g_assert_cmpuint (g_strv_length (page), <=, 1000);
      events += g_strv_length (page);
      more = page[0] != NULL;
    }
  g_assert_cmpuint (calls, ==, 3);
  g_assert_cmpuint (events, ==, 1200);
}

/* The figures are those of all processes. */
static void
test_metrics (BusFixture *fixture, gconstpointer test_data)
{
  bus_fixture_publish (fixture, "counted", "1.0.0");

  g_autofree char *text = bus_fixture_try (fixture, "GetMetrics", "()");
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
test_signals (BusFixture *fixture, gconstpointer test_data)
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
  bus_fixture_publish (fixture, "told", "1.0.0");
  wait_for_text (text, "Published('told', '1.0.0', ");
  bus_fixture_yank (fixture, "told", "1.0.0");
  wait_for_text (text, "Yanked('told', '1.0.0', true, ");
  wait_for_text (text, "'Packages': <uint64 1>");

  g_dbus_connection_signal_unsubscribe (fixture->connection, id);
}

/* The configuration is read again, and who makes a mistake is told so. */
static void
test_reload (BusFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  daemon_kit_configure (fixture->daemon, "http", "max-wait", "3", &error);
  g_assert_no_error (error);
  g_autofree char *good = bus_fixture_try (fixture, "Reload", "()");
  g_assert_cmpstr (good, ==, "()");
  g_autofree char *log = daemon_kit_dup_log (fixture->daemon);
  g_assert_nonnull (strstr (log, "[http] max-wait has changed"));

  daemon_kit_configure (fixture->daemon, "http", "max-wait", "soon", &error);
  g_assert_no_error (error);
  g_autofree char *bad = bus_fixture_try (fixture, "Reload", "()");
  g_assert_cmpstr (bad, ==, "Configuration");
}

/* The registry stops in order, and leaves the bus. */
static void
test_drain (BusFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *answer = bus_fixture_try (fixture, "Drain", "()");

  g_assert_cmpstr (answer, ==, "()");
  daemon_kit_wait_stopped (fixture->daemon, &error);
  g_assert_no_error (error);
  g_assert_true (bus_kit_wait_name (fixture->connection, BUS_KIT_NAME, FALSE));
}

/* It does not where that would not last, since somebody else listens for it. */
static void
test_drain_activated (BusFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GInetAddress) host =
    g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (host, 0);
  GSocket *listener = g_socket_new (G_SOCKET_FAMILY_IPV4,
                                    G_SOCKET_TYPE_STREAM,
                                    G_SOCKET_PROTOCOL_DEFAULT,
                                    &error);
  g_assert_no_error (error);
  fixture->daemon->listener = listener;
  g_socket_bind (listener, address, TRUE, &error);
  g_assert_no_error (error);
  g_socket_listen (listener, &error);
  g_assert_no_error (error);

  bus_fixture_start (fixture);
  g_assert_true (bus_kit_wait_name (fixture->connection, BUS_KIT_NAME, TRUE));
  bus_fixture_assert (fixture, "Drain", "()", "Activated");
  bus_fixture_publish (fixture, "steady", "1.0.0");
}

/* Others may read, and nothing else. */
static void
test_others (BusFixture *fixture, gconstpointer test_data)
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
add_stopped (const char *path, void (*test) (BusFixture *, gconstpointer))
{
  g_test_add (path,
              BusFixture,
              NULL,
              bus_fixture_set_up_stopped,
              test,
              bus_fixture_tear_down);
}

int
main (int argc, char **argv)
{
  if (!bus_kit_init (&argc, &argv))
    return EXIT_SUCCESS;

  bus_fixture_add ("/dbus/properties", test_properties);
  bus_fixture_add ("/dbus/list-packages", test_list_packages);
  bus_fixture_add ("/dbus/show-package", test_show_package);
  bus_fixture_add ("/dbus/list-changes", test_list_changes);
  bus_fixture_add ("/dbus/wait-share", test_wait_share);
  bus_fixture_add ("/dbus/wait-user", test_wait_user);
  add_stopped ("/dbus/pages", test_pages);
  bus_fixture_add ("/dbus/metrics", test_metrics);
  bus_fixture_add ("/dbus/signals", test_signals);
  bus_fixture_add ("/dbus/reload", test_reload);
  bus_fixture_add ("/dbus/drain", test_drain);
  add_stopped ("/dbus/drain-activated", test_drain_activated);
  bus_fixture_add ("/dbus/others", test_others);

  return g_test_run ();
}
