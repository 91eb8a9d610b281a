/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kit/bus-fixture.h"
#include "kit/package-kit.h"

/* Long work over the bus. */

#define MANY 400

static char *
begin (BusFixture *fixture, const char *method, const char *parameters)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = bus_kit_call (fixture->connection,
                                              BUS_KIT_PATH,
                                              method,
                                              parameters,
                                              &error);
  g_assert_no_error (error);
  char *path = NULL;

  g_variant_get (answer, "(o)", &path);
  g_assert_true (g_str_has_prefix (path, BUS_KIT_PATH "/jobs/"));

  return path;
}

static char *
get_text (BusFixture *fixture, const char *path, const char *property)
{
  g_autoptr (GVariant) value =
    bus_kit_get (fixture->connection, path, property);

  return g_variant_print (value, FALSE);
}

static void
assert_job (BusFixture *fixture,
            const char *path,
            const char *property,
            const char *expected)
{
  g_autofree char *text = get_text (fixture, path, property);

  g_assert_cmpstr (text, ==, expected);
}

/* Waits for the end, whose state it tells. */
static char *
wait_for_end (BusFixture *fixture, const char *path)
{
  gint64 end = g_get_monotonic_time () + BUS_FIXTURE_SECONDS * G_USEC_PER_SEC;

  for (;;)
    {
      g_autofree char *state = get_text (fixture, path, "State");

      if (!g_str_equal (state, "'running'"))
        return g_steal_pointer (&state);
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (1000);
    }
}

static void
damage (BusFixture *fixture, const char *name, const char *file)
{
  g_autofree char *path =
    g_build_filename (fixture->daemon->storage, name, file, NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, "no document", -1, &error);
  g_assert_no_error (error);
}

/* Each kind of work has its end, and tells of what it has found. */
static void
test_kinds (BusFixture *fixture, gconstpointer test_data)
{
  bus_fixture_publish (fixture, "sound", "1.0.0");
  bus_fixture_publish (fixture, "broken", "1.0.0");

  g_autofree char *clean =
    begin (fixture, "Verify", "({'packages': <['sound']>},)");
  g_autofree char *clean_end = wait_for_end (fixture, clean);
  g_assert_cmpstr (clean_end, ==, "'done'");
  assert_job (fixture, clean, "NumFindings", "0");
  assert_job (fixture, clean, "Findings", "[]");
  assert_job (fixture, clean, "Message", "''");

  damage (fixture, "broken", "1.0.0.json");
  g_autofree char *verify = begin (fixture, "Verify", "(@a{sv} {},)");
  g_autofree char *verify_end = wait_for_end (fixture, verify);
  g_assert_cmpstr (verify_end, ==, "'done'");
  assert_job (fixture, verify, "Kind", "'verify'");
  g_autofree char *done = get_text (fixture, verify, "Done");
  g_assert_cmpstr (done, !=, "0");
  g_autofree char *total = get_text (fixture, verify, "Total");
  g_assert_cmpstr (done, ==, total);
  g_autofree char *findings = get_text (fixture, verify, "Findings");
  g_assert_nonnull (strstr (findings, "'subject': <'broken/1.0.0.json'>"));
  g_assert_nonnull (strstr (findings, "'repaired': <false>"));
  g_assert_nonnull (strstr (findings, "'kind': <'"));
  g_assert_nonnull (strstr (findings, "'detail': <'"));

  g_autofree char *rescan = begin (fixture, "Rescan", "()");
  g_autofree char *rescan_end = wait_for_end (fixture, rescan);
  g_assert_cmpstr (rescan_end, ==, "'done'");
  assert_job (fixture, rescan, "Kind", "'rescan'");
  assert_job (fixture, rescan, "Unit", "'versions'");

  g_autofree char *collect =
    begin (fixture, "Collect", "({'dry-run': <true>},)");
  g_autofree char *collect_end = wait_for_end (fixture, collect);
  g_assert_cmpstr (collect_end, ==, "'done'");
  assert_job (fixture, collect, "Kind", "'collect'");
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

  g_string_append_printf (text, "%s: %s%s\n", path, signal, values);
}

/* Who listens hears of the progress and of the end. */
static void
test_signals (BusFixture *fixture, gconstpointer test_data)
{
  gint64 end = g_get_monotonic_time () + BUS_FIXTURE_SECONDS * G_USEC_PER_SEC;
  g_autoptr (GString) text = g_string_new (NULL);
  guint id = g_dbus_connection_signal_subscribe (fixture->connection,
                                                 BUS_KIT_NAME,
                                                 NULL,
                                                 NULL,
                                                 NULL,
                                                 NULL,
                                                 G_DBUS_SIGNAL_FLAGS_NONE,
                                                 signal_cb,
                                                 text,
                                                 NULL);

  bus_fixture_publish (fixture, "one", "1.0.0");
  g_autofree char *path = begin (fixture, "Verify", "(@a{sv} {},)");
  g_autofree char *finished =
    g_strdup_printf ("%s: Finished('done', '')", path);

  while (strstr (text->str, finished) == NULL && g_get_monotonic_time () < end)
    g_main_context_iteration (NULL, FALSE);
  g_assert_nonnull (strstr (text->str, finished));
  g_assert_nonnull (strstr (text->str, "'State': <'done'>"));
  g_assert_nonnull (strstr (text->str, "['Findings']"));

  g_dbus_connection_signal_unsubscribe (fixture->connection, id);
}

static void
fill (BusFixture *fixture, guint packages)
{
  const PackageKitFolder folder = {
    .storage = fixture->daemon->storage,
    .packages = packages,
    .versions = 2,
    .size = 200000,
  };
  g_autoptr (GError) error = NULL;

  package_kit_fill (&folder, NULL, NULL, &error);
  g_assert_no_error (error);
}

static void
set_up_many (BusFixture *fixture, gconstpointer test_data)
{
  bus_fixture_set_up_stopped (fixture, test_data);
  fill (fixture, MANY);
  bus_fixture_start (fixture);
  g_assert_true (bus_kit_wait_name (fixture->connection, BUS_KIT_NAME, TRUE));
}

/* Work can be ended, and only so much is done at once. */
static void
test_cancel (BusFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < 4; i++)
    g_ptr_array_add (paths, begin (fixture, "Verify", "(@a{sv} {},)"));
  bus_fixture_assert (fixture, "Verify", "(@a{sv} {},)", "Busy");
  bus_fixture_assert (fixture, "Rescan", "()", "Busy");

  for (guint i = paths->len; i > 0; i--)
    {
      const char *path = g_ptr_array_index (paths, i - 1);
      g_autofree char *answer =
        bus_kit_try (fixture->connection, path, "Cancel", "()");

      g_assert_cmpstr (answer, ==, "()");
    }
  for (guint i = 0; i < paths->len; i++)
    {
      const char *path = g_ptr_array_index (paths, i);
      g_autofree char *state = wait_for_end (fixture, path);
      g_autofree char *again =
        bus_kit_try (fixture->connection, path, "Cancel", "()");

      g_assert_cmpstr (state, ==, "'cancelled'");
      g_assert_cmpstr (again, ==, "()");
      assert_job (fixture, path, "State", "'cancelled'");
    }

  g_autofree char *next = begin (fixture, "Collect", "(@a{sv} {},)");
  g_autofree char *state = wait_for_end (fixture, next);
  g_assert_cmpstr (state, ==, "'done'");
}

/* Everything is written to a file, */
static void
test_export (BusFixture *fixture, gconstpointer test_data)
{
  g_autofree char *file =
    g_build_filename (fixture->daemon->folder, "all.tar", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  gsize length = 0;

  bus_fixture_publish (fixture, "exported", "1.0.0");
  g_autofree char *path =
    bus_fixture_export (fixture->connection,
                        g_open (file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  g_autofree char *state = wait_for_end (fixture, path);
  g_assert_cmpstr (state, ==, "'done'");
  assert_job (fixture, path, "Kind", "'export'");
  g_file_get_contents (file, &text, &length, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (length, >, 1024);
  g_assert_nonnull (
    memmem (text, length, "exported/1.0.0", strlen ("exported/1.0.0")));
}

/* to nobody if nobody reads it, and to nothing that can't be written to. What
 * the daemon opens for itself now and then is less than one for each round. */
static void
test_bad_export (BusFixture *fixture, gconstpointer test_data)
{
  const guint rounds = 20;
  guint before = 0;

  for (guint round = 0; round < rounds; round++)
    {
      int ends[2];

      g_assert_cmpint (pipe (ends), ==, 0);
      g_autofree char *no_write =
        bus_fixture_export (fixture->connection, ends[0]);
      g_assert_cmpstr (no_write, ==, BUS_KIT_ERROR "InvalidArgument");
      g_autofree char *path = bus_fixture_export (fixture->connection, ends[1]);
      g_autofree char *state = wait_for_end (fixture, path);
      g_autofree char *message = get_text (fixture, path, "Message");
      g_assert_cmpstr (state, ==, "'failed'");
      g_assert_cmpstr (message, !=, "''");

      g_autofree char *folder =
        bus_fixture_export (fixture->connection,
                            g_open ("/", O_RDONLY | O_DIRECTORY, 0));
      g_assert_cmpstr (folder, ==, BUS_KIT_ERROR "InvalidArgument");
      g_autofree char *bare =
        bus_fixture_export (fixture->connection, g_open ("/", O_PATH, 0));
      g_assert_cmpstr (bare, ==, BUS_KIT_ERROR "InvalidArgument");
      if (round == 0)
        before = bus_fixture_count_descriptors (fixture);
    }
  g_assert_true (bus_fixture_wait_descriptors (fixture, before + rounds / 2));
}

/* Who does not read holds nothing up but his own job. */
static void
test_stuck_export (BusFixture *fixture, gconstpointer test_data)
{
  int ends[2];

  g_assert_cmpint (pipe (ends), ==, 0);
  g_autofree char *path = bus_fixture_export (fixture->connection, ends[1]);
  assert_job (fixture, path, "State", "'running'");
  g_autofree char *answer =
    bus_kit_try (fixture->connection, path, "Cancel", "()");
  g_assert_cmpstr (answer, ==, "()");
  g_autofree char *state = wait_for_end (fixture, path);
  g_assert_cmpstr (state, ==, "'cancelled'");
  close (ends[0]);
}

/* A registry that is told to stop does not wait for the end of long work. */
static void
test_drain (BusFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = begin (fixture, "Verify", "(@a{sv} {},)");

  bus_fixture_assert (fixture, "Drain", "()", "()");
  daemon_kit_wait_stopped (fixture->daemon, &error);
  g_assert_no_error (error);
}

/* What is no job is none, */
static void
test_no_job (BusFixture *fixture, gconstpointer test_data)
{
  const char *const paths[] = {
    BUS_KIT_PATH "/jobs/1",
    BUS_KIT_PATH "/jobs/4294967296",
    BUS_KIT_PATH "/jobs",
  };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autofree char *answer =
        bus_kit_try (fixture->connection, paths[i], "Cancel", "()");

      g_assert_cmpstr (answer, ==, "org.freedesktop.DBus.Error.UnknownMethod");
    }
}

/* and nobody but an administrator begins or ends one. */
static void
test_others (BusFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) nobody =
    bus_kit_connect (fixture->bus, BUS_KIT_NOBODY, &error);
  if (nobody == NULL)
    {
      g_test_skip ("Only root can be somebody else");
      return;
    }
  g_autofree char *path = begin (fixture, "Verify", "(@a{sv} {},)");
  g_autofree char *cancel = bus_kit_try (nobody, path, "Cancel", "()");
  g_autofree char *rescan = bus_kit_try (nobody, BUS_KIT_PATH, "Rescan", "()");
  g_autofree char *state = wait_for_end (fixture, path);

  g_assert_cmpstr (cancel, ==, "NotAuthorized");
  g_assert_cmpstr (rescan, ==, "NotAuthorized");
  g_assert_cmpstr (state, ==, "'done'");
}

int
main (int argc, char **argv)
{
  if (!bus_kit_init (&argc, &argv))
    return EXIT_SUCCESS;

  const struct
  {
    const char *path;
    void (*set_up) (BusFixture *, gconstpointer);
    void (*test) (BusFixture *, gconstpointer);
  } tests[] = {
    { "/dbus-jobs/kinds", bus_fixture_set_up, test_kinds },
    { "/dbus-jobs/signals", bus_fixture_set_up, test_signals },
    { "/dbus-jobs/cancel", set_up_many, test_cancel },
    { "/dbus-jobs/export", bus_fixture_set_up, test_export },
    { "/dbus-jobs/bad-export", bus_fixture_set_up, test_bad_export },
    { "/dbus-jobs/stuck-export", set_up_many, test_stuck_export },
    { "/dbus-jobs/drain", set_up_many, test_drain },
    { "/dbus-jobs/no-job", bus_fixture_set_up, test_no_job },
    { "/dbus-jobs/others", set_up_many, test_others },
  };
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path,
                BusFixture,
                NULL,
                tests[i].set_up,
                tests[i].test,
                bus_fixture_tear_down);

  return g_test_run ();
}
