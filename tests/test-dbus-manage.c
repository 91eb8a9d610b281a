/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kit/bus-fixture.h"
#include "kit/package-kit.h"

/* What an administrator changes over the bus. */

#define DOCUMENT                                                               \
  "{\"name\":\"moved\",\"version\":\"1.0.0\","                                 \
  "\"published_at\":\"2024-05-01T10:00:00Z\"}"

static void
assert_shown (BusFixture *fixture, const char *name, const char *expected)
{
  g_autofree char *parameters = g_strdup_printf ("('%s',)", name);
  g_autofree char *answer =
    bus_fixture_try (fixture, "ShowPackage", parameters);

  if (strstr (answer, expected) == NULL)
    g_test_message ("%s is not in %s", expected, answer);
  g_assert_nonnull (strstr (answer, expected));
}

/* A package is changed, and the log names the administrator. */
static void
test_packages (BusFixture *fixture, gconstpointer test_data)
{
  bus_fixture_publish (fixture, "changed", "1.0.0");

  bus_fixture_assert (fixture,
                      "Yank",
                      "('changed', '1.0.0', 'It \"leaks\"')",
                      "()");
  assert_shown (fixture, "changed", "\"yanked\":true");
  bus_fixture_assert (fixture, "Yank", "('changed', '1.0.0', '')", "()");
  bus_fixture_assert (fixture,
                      "Yank",
                      "('changed', '2.0.0', '')",
                      "NoSuchVersion");
  bus_fixture_assert (fixture, "Unyank", "('changed', '1.0.0')", "()");
  assert_shown (fixture, "changed", "\"yanked\":false");

  bus_fixture_assert (fixture, "Deprecate", "('changed', 'Take b')", "()");
  assert_shown (fixture, "changed", "\"deprecated\":\"Take b\"");
  bus_fixture_assert (fixture, "Deprecate", "('changed', '')", "()");
  assert_shown (fixture, "changed", "\"deprecated\":null");

  bus_fixture_assert (fixture, "SetOwners", "('changed', ['ann'])", "()");
  assert_shown (fixture, "changed", "\"owners\":[\"ann\"]");
  bus_fixture_assert (fixture,
                      "SetOwners",
                      "('changed', ['a b'])",
                      "InvalidArgument");
  bus_fixture_assert (fixture, "SetOwners", "('changed', @as [])", "()");
  assert_shown (fixture, "changed", "\"owners\":[]");

  g_autofree char *changes =
    bus_fixture_try (fixture, "ListChanges", "(uint64 0, uint32 0, uint32 0)");
  g_autofree char *actor =
    g_strdup_printf ("\"actor\":\"admin:%s\"", g_get_user_name ());
  g_assert_null (strstr (changes, actor));
  g_assert_nonnull (strstr (changes, "\"actor\":\"admin\""));
  g_autofree char *audit =
    bus_fixture_try (fixture, "ListAudit", "(uint64 0, uint32 0, uint32 0)");
  g_assert_nonnull (strstr (audit, actor));
  g_assert_nonnull (strstr (audit, "\"request\":\""));
}

/* A token is shown once, and is good until it is revoked. */
static void
test_tokens (BusFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) made =
    bus_kit_call (fixture->connection,
                  BUS_KIT_PATH,
                  "CreateToken",
                  "('ann', ['publish-new', 'yank'], 'ann-*', uint64 3600)",
                  &error);
  g_assert_no_error (error);
  const char *id;
  const char *token;
  guint64 expires;

  g_variant_get (made, "(&s&st)", &id, &token, &expires);
  g_assert_true (g_str_has_prefix (token, "loft_"));
  g_assert_cmpuint (expires, >, (guint64) g_get_real_time () / 1000000);

  g_autofree char *list = bus_fixture_try (fixture, "ListTokens", "()");
  g_assert_nonnull (strstr (list, id));
  g_assert_null (strstr (list, token));
  g_assert_nonnull (strstr (list, "'user': <'ann'>"));
  g_assert_nonnull (strstr (list, "'scopes': <['publish-new', 'yank']>"));
  g_assert_nonnull (strstr (list, "'pattern': <'ann-*'>"));
  g_assert_nonnull (strstr (list, "'last-used': <uint64 0>"));
  g_assert_nonnull (strstr (list, "'revoked': <false>"));

  g_autofree char *parameters = g_strdup_printf ("('%s',)", id);
  bus_fixture_assert (fixture, "RevokeToken", parameters, "()");
  g_autofree char *later = bus_fixture_try (fixture, "ListTokens", "()");
  g_assert_nonnull (strstr (later, "'revoked': <true>"));
}

static char *
take_in (BusFixture *fixture, const char *document, int fd)
{
  g_autoptr (GUnixFDList) list = g_unix_fd_list_new ();
  g_autoptr (GError) error = NULL;
  int handle = g_unix_fd_list_append (list, fd, &error);
  g_assert_no_error (error);
  g_autoptr (GVariant) answer = g_dbus_connection_call_with_unix_fd_list_sync (
    fixture->connection,
    BUS_KIT_NAME,
    BUS_KIT_PATH,
    BUS_KIT_NAME,
    "ImportVersion",
    g_variant_new ("(sshs)", "moved", "1.0.0", handle, document),
    NULL,
    G_DBUS_CALL_FLAGS_NONE,
    -1,
    list,
    NULL,
    NULL,
    &error);

  return answer != NULL ? g_variant_print (answer, FALSE)
                        : g_dbus_error_get_remote_error (error);
}

static int
open_tarball (BusFixture *fixture, int flags)
{
  g_autoptr (GBytes) tarball = package_kit_make ("moved", "1.0.0", 1000, 1);
  g_autofree char *path =
    g_build_filename (fixture->daemon->folder, "moved.tar.gz", NULL);
  g_autoptr (GError) error = NULL;
  gsize size = 0;
  const char *data = g_bytes_get_data (tarball, &size);

  g_file_set_contents (path, data, (gssize) size, &error);
  g_assert_no_error (error);

  return g_open (path, flags | O_CLOEXEC, 0);
}

/* A version of another registry comes with its time, once. */
static void
test_import (BusFixture *fixture, gconstpointer test_data)
{
  const char *const answers[] = { "(true,)", "(false,)" };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      int fd = open_tarball (fixture, O_RDONLY);
      g_autofree char *answer = take_in (fixture, DOCUMENT, fd);

      g_assert_cmpstr (answer, ==, answers[i]);
      close (fd);
    }
  assert_shown (fixture, "moved", "\"published_at\":\"2024-05-01T10:00:00.");
}

/* What is no file is not read, what is no document is refused, and no
 * descriptor stays open. */
static void
test_bad_import (BusFixture *fixture, gconstpointer test_data)
{
  guint before = 0;

  for (guint round = 0; round < 5; round++)
    {
      int ends[2];
      g_assert_cmpint (pipe (ends), ==, 0);
      const int fds[] = { ends[0],
                          ends[1],
                          g_open ("/dev/null", O_RDWR, 0),
                          g_open ("/", O_RDONLY | O_DIRECTORY, 0),
                          g_open ("/", O_PATH, 0),
                          open_tarball (fixture, O_WRONLY) };

      for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
        {
          g_autofree char *answer = take_in (fixture, DOCUMENT, fds[i]);

          g_assert_cmpstr (answer, ==, BUS_KIT_ERROR "InvalidArgument");
          close (fds[i]);
        }

      int fd = open_tarball (fixture, O_RDONLY);
      g_autofree char *no_json = take_in (fixture, "{\"name\":", fd);
      g_assert_cmpstr (no_json, ==, BUS_KIT_ERROR "Malformed");
      g_autofree char *no_object = take_in (fixture, "[]", fd);
      g_assert_cmpstr (no_object, !=, "(true,)");
      close (fd);

      if (round == 1)
        before = bus_fixture_count_descriptors (fixture);
    }
  g_assert_true (bus_fixture_wait_descriptors (fixture, before));
  bus_fixture_assert (fixture, "ShowPackage", "('moved',)", "NoSuchPackage");
}

/* Descriptors that no method wants are closed. */
static void
test_surplus_descriptors (BusFixture *fixture, gconstpointer test_data)
{
  guint before = 0;

  for (guint round = 0; round < 5; round++)
    {
      g_autoptr (GUnixFDList) list = g_unix_fd_list_new ();
      g_autoptr (GError) error = NULL;
      int fd = g_open ("/dev/null", O_RDWR, 0);

      for (guint i = 0; i < 10; i++)
        g_unix_fd_list_append (list, fd, NULL);
      close (fd);
      g_autoptr (GVariant) answer =
        g_dbus_connection_call_with_unix_fd_list_sync (fixture->connection,
                                                       BUS_KIT_NAME,
                                                       BUS_KIT_PATH,
                                                       BUS_KIT_NAME,
                                                       "GetMetrics",
                                                       NULL,
                                                       NULL,
                                                       G_DBUS_CALL_FLAGS_NONE,
                                                       -1,
                                                       list,
                                                       NULL,
                                                       NULL,
                                                       &error);
      g_assert_no_error (error);
      if (round == 1)
        before = bus_fixture_count_descriptors (fixture);
    }
  g_assert_true (bus_fixture_wait_descriptors (fixture, before + 1));
}

int
main (int argc, char **argv)
{
  if (!bus_kit_init (&argc, &argv))
    return EXIT_SUCCESS;

  bus_fixture_add ("/dbus-manage/packages", test_packages);
  bus_fixture_add ("/dbus-manage/tokens", test_tokens);
  bus_fixture_add ("/dbus-manage/import", test_import);
  bus_fixture_add ("/dbus-manage/bad-import", test_bad_import);
  bus_fixture_add ("/dbus-manage/surplus-descriptors",
                   test_surplus_descriptors);

  return g_test_run ();
}
