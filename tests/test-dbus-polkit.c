/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kit/bus-fixture.h"

/* The real program on a bus with a real polkitd, which reads the actions that
 * are installed and rules of this test. That takes root, and mounts that only
 * this test sees. */

#define POLKITD "/usr/lib/polkit-1/polkitd"
#define POLKIT_NAME "org.freedesktop.PolicyKit1"
#define ACTIONS "/usr/share/polkit-1/actions"
#define ACTION "sh.fargone.loft.registry."

/* Users whom the rules give one kind of change each, and no other. A bus takes
 * nobody whom the system does not know, so these are some that Debian has. */
#define PACKAGER 1
#define ISSUER 2
#define OPERATOR 3

#define RULE                                                                   \
  "polkit.addRule (function (action, subject) {\n"                             \
  "  var may = { 'daemon': '" ACTION "manage-packages',\n"                     \
  "              'bin': '" ACTION "manage-tokens',\n"                          \
  "              'sys': '" ACTION "manage-service' };\n"                       \
  "  if (may[subject.user] === action.id)\n"                                   \
  "    return polkit.Result.YES;\n"                                            \
  "});\n"

typedef struct
{
  BusFixture bus;
  GPid polkitd;
} Fixture;

static gboolean
cover (const char *folder)
{
  return g_mkdir_with_parents (folder, 0755) == 0 &&
         mount ("tmpfs", folder, "tmpfs", 0, "mode=755") == 0;
}

/* Before anything has started a thread. */
static gboolean
hide_system (void)
{
  return geteuid () == 0 && unshare (CLONE_NEWNS) == 0 &&
         mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
         cover (ACTIONS) && cover ("/usr/share/polkit-1/rules.d") &&
         cover ("/etc/polkit-1/rules.d");
}

static void
install_actions (void)
{
  g_autofree char *source =
    g_test_build_filename (G_TEST_BUILT,
                           "..",
                           "data",
                           "polkit",
                           "sh.fargone.loft.registry.policy",
                           NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  gsize length = 0;

  g_file_get_contents (source, &text, &length, &error);
  g_assert_no_error (error);
  g_file_set_contents (ACTIONS "/sh.fargone.loft.registry.policy",
                       text,
                       (gssize) length,
                       &error);
  g_assert_no_error (error);
  g_chmod (ACTIONS "/sh.fargone.loft.registry.policy", 0644);
  g_file_set_contents ("/etc/polkit-1/rules.d/50-test.rules", RULE, -1, &error);
  g_assert_no_error (error);
  g_chmod ("/etc/polkit-1/rules.d/50-test.rules", 0644);
}

static void
child_setup_cb (gpointer user_data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static void
start_polkit (Fixture *fixture)
{
  const char *arguments[] = { POLKITD, "--no-debug", NULL };
  g_autoptr (GError) error = NULL;

  g_spawn_async (NULL,
                 (char **) arguments,
                 NULL,
                 G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL |
                   G_SPAWN_STDERR_TO_DEV_NULL,
                 child_setup_cb,
                 NULL,
                 &fixture->polkitd,
                 &error);
  g_assert_no_error (error);
  g_assert_true (
    bus_kit_wait_name (fixture->bus.connection, POLKIT_NAME, TRUE));
}

static void
stop_polkit (Fixture *fixture)
{
  if (fixture->polkitd == 0)
    return;

  kill (fixture->polkitd, SIGKILL);
  waitpid (fixture->polkitd, NULL, 0);
  fixture->polkitd = 0;
}

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  bus_fixture_set_up_stopped (&fixture->bus, test_data);
  start_polkit (fixture);
  bus_fixture_start (&fixture->bus);
  g_assert_true (
    bus_kit_wait_name (fixture->bus.connection, BUS_KIT_NAME, TRUE));
  bus_fixture_publish (&fixture->bus, "hello", "1.0.0");
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  bus_fixture_tear_down (&fixture->bus, test_data);
  stop_polkit (fixture);
}

/* Everything that changes something, by the kind of change. */
static const struct
{
  uid_t uid; /* who may, besides root */
  const char *method;
  const char *parameters;
} changes[] = {
  { PACKAGER, "Yank", "('hello', '1.0.0', '')" },
  { PACKAGER, "Unyank", "('hello', '1.0.0')" },
  { PACKAGER, "Deprecate", "('hello', 'old')" },
  { PACKAGER, "BuildDocs", "('hello', '1.0.0')" },
  { PACKAGER, "BuildMissingDocs", "(uint32 1,)" },
  { PACKAGER, "SetOwners", "('hello', ['ann'])" },
  { PACKAGER, "ImportVersion", "('a', '1.0.0', handle 0, '{}')" },
  { ISSUER, "CreateToken", "('ann', @as [], '', uint64 0)" },
  { ISSUER, "ListTokens", "()" },
  { ISSUER, "RevokeToken", "('unknown',)" },
  { OPERATOR, "Reload", "()" },
  { OPERATOR, "Rescan", "()" },
  { OPERATOR, "Verify", "(@a{sv} {},)" },
  { OPERATOR, "Collect", "(@a{sv} {},)" },
  { OPERATOR, "Export", "(handle 0, @a{sv} {})" },
  { OPERATOR, "ListAudit", "(uint64 0, uint32 0, uint32 0)" },
  { OPERATOR, "Drain", "()" },
};

static const char *const reads[][2] = {
  { "ListPackages", "('', @a{sv} {})" },
  { "ShowPackage", "('hello',)" },
  { "ListChanges", "(uint64 0, uint32 0, uint32 0)" },
  { "ListDocs", "(uint32 0,)" },
  { "ShowDocs", "('hello', '1.0.0')" },
  { "GetMetrics", "()" },
};

static gboolean
is_refused (Fixture *fixture,
            GDBusConnection *connection,
            const char *method,
            const char *parameters)
{
  g_autofree char *answer =
    bus_kit_try (connection, BUS_KIT_PATH, method, parameters);

  g_test_message ("%s: %.60s", method, answer);

  return g_str_equal (answer, "NotAuthorized");
}

/* Whom no rule knows may read, and change nothing. */
static void
test_nobody (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) nobody =
    bus_kit_connect (fixture->bus.bus, BUS_KIT_NOBODY, &error);
  g_assert_no_error (error);

  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    g_assert_true (
      is_refused (fixture, nobody, changes[i].method, changes[i].parameters));
  for (guint i = 0; i < G_N_ELEMENTS (reads); i++)
    g_assert_false (is_refused (fixture, nobody, reads[i][0], reads[i][1]));

  g_autofree char *package =
    bus_fixture_try (&fixture->bus, "ShowPackage", "('hello',)");
  g_assert_nonnull (strstr (package, "\"yanked\":false"));
  g_assert_nonnull (strstr (package, "\"deprecated\":null"));
}

/* Who was given one kind of change has that one, and no other. */
static void
test_kinds (Fixture *fixture, gconstpointer test_data)
{
  const uid_t users[] = { PACKAGER, ISSUER, OPERATOR };

  for (guint i = 0; i < G_N_ELEMENTS (users); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GDBusConnection) connection =
        bus_kit_connect (fixture->bus.bus, users[i], &error);
      g_assert_no_error (error);

      for (guint j = 0; j < G_N_ELEMENTS (changes); j++)
        g_assert_cmpint (is_refused (fixture,
                                     connection,
                                     changes[j].method,
                                     changes[j].parameters),
                         ==,
                         changes[j].uid != users[i]);
    }
}

/* Who changed something is in the log. */
static void
test_actor (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) packager =
    bus_kit_connect (fixture->bus.bus, PACKAGER, &error);
  g_assert_no_error (error);
  g_autofree char *answer =
    bus_kit_try (packager, BUS_KIT_PATH, "Yank", "('hello', '1.0.0', '')");
  g_assert_cmpstr (answer, ==, "()");

  g_autofree char *log = bus_fixture_try (&fixture->bus,
                                          "ListAudit",
                                          "(uint64 0, uint32 0, uint32 0)");
  g_assert_nonnull (strstr (log, "\"actor\":\"admin:daemon\""));
}

static char *
begin_endless (GDBusConnection *connection, int *out_end)
{
  int ends[2];

  g_assert_cmpint (pipe (ends), ==, 0);
  g_assert_cmpint (fcntl (ends[1], F_SETPIPE_SZ, 4096), !=, -1);
  *out_end = ends[0];

  return bus_fixture_export (connection, ends[1]);
}

/* However much one administrator has the registry do, another one can still
 * have it do something. */
static void
test_share (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) colleague =
    bus_kit_connect (fixture->bus.bus, OPERATOR, &error);
  g_assert_no_error (error);
  int ends[5];

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      g_autofree char *path = begin_endless (fixture->bus.connection, &ends[i]);

      if (i < 4)
        g_assert_true (g_str_has_prefix (path, BUS_KIT_PATH));
      else
        g_assert_cmpstr (path, ==, BUS_KIT_ERROR "Busy");
    }
  g_autofree char *other =
    bus_kit_try (colleague, BUS_KIT_PATH, "Verify", "(@a{sv} {},)");
  g_assert_true (g_str_has_prefix (other, "('" BUS_KIT_PATH));
  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    close (ends[i]);
}

/* Where polkit has gone away nobody has any more rights than without it. */
static void
test_polkit_ends (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) packager =
    bus_kit_connect (fixture->bus.bus, PACKAGER, &error);
  g_assert_no_error (error);

  stop_polkit (fixture);
  g_assert_true (
    bus_kit_wait_name (fixture->bus.connection, POLKIT_NAME, FALSE));
  g_assert_true (
    is_refused (fixture, packager, "Yank", "('hello', '1.0.0', '')"));
  bus_fixture_assert (&fixture->bus, "Yank", "('hello', '1.0.0', '')", "()");
}

int
main (int argc, char **argv)
{
  gboolean hidden = g_access (POLKITD, X_OK) == 0 && hide_system ();

  g_test_init (&argc, &argv, NULL);

  if (!hidden || !bus_kit_is_possible ())
    {
      g_print ("1..0 # SKIP needs root, mounts, polkitd and dbus-daemon\n");
      return EXIT_SUCCESS;
    }
  install_actions ();

  g_test_add ("/dbus-polkit/nobody",
              Fixture,
              NULL,
              set_up,
              test_nobody,
              tear_down);
  g_test_add ("/dbus-polkit/kinds",
              Fixture,
              NULL,
              set_up,
              test_kinds,
              tear_down);
  g_test_add ("/dbus-polkit/actor",
              Fixture,
              NULL,
              set_up,
              test_actor,
              tear_down);
  g_test_add ("/dbus-polkit/share",
              Fixture,
              NULL,
              set_up,
              test_share,
              tear_down);
  g_test_add ("/dbus-polkit/polkit-ends",
              Fixture,
              NULL,
              set_up,
              test_polkit_ends,
              tear_down);

  return g_test_run ();
}
