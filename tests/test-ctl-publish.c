/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kit/ctl-kit.h"

/* Publishing by the administrator's tool to a real registry. */

#define TOKEN "0123456789abcdefghijklmnopqrstuvwxyzABCD"
#define OTHER_TOKEN "another-token-of-more-than-32-characters"

static void
write_file (CtlKit *kit, const char *path, const char *text)
{
  g_autofree char *full = g_build_filename (kit->daemon->folder, path, NULL);
  g_autofree char *folder = g_path_get_dirname (full);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_file_set_contents (full, text, -1, &error);
  g_assert_no_error (error);
}

static void
write_package (CtlKit *kit, const char *version)
{
  g_autofree char *manifest =
    g_strdup_printf ("{\"name\":\"sent\",\"version\":\"%s\",\"entrypoint\":"
                     "\"src/main.lf\",\"dependencies\":{}}",
                     version);

  write_file (kit, "package/manifest.json", manifest);
  write_file (kit, "package/src/main.lf", "// nothing\n");
  write_file (kit, "package/.hidden", "kept\n");
}

static CtlKitResult *
publish (CtlKit *kit, const char *path, const char *options)
{
  g_autofree char *line =
    g_strdup_printf ("publish '%s/%s' --registry http://127.0.0.1:%u/ %s",
                     kit->daemon->folder,
                     path,
                     kit->daemon->port,
                     options);

  return ctl_kit_run (line);
}

static void
assert_published (CtlKit *kit, const char *options, const char *expected)
{
  g_autoptr (CtlKitResult) result = publish (kit, "package", options);

  g_assert_cmpint (result->status, ==, 0);
  g_assert_cmpstr (result->out, ==, expected);
  g_assert_cmpstr (result->err, ==, "");
}

static void
assert_refused (CtlKit *kit,
                const char *path,
                const char *options,
                int status,
                const char *expected)
{
  g_autoptr (CtlKitResult) result = publish (kit, path, options);

  g_assert_cmpint (result->status, ==, status);
  g_assert_nonnull (strstr (result->err, expected));
  g_assert_cmpstr (result->out, ==, "");
}

/* A folder comes out as it went in, and the same one is the same archive. */
static void
test_round_trip (CtlKit *kit, gconstpointer test_data)
{
  g_autofree char *tarball =
    g_build_filename (kit->daemon->storage, "sent", "1.0.0.tar.gz", NULL);
  const char *list[] = { "tar", "-tzf", tarball, NULL };
  g_autofree char *members = NULL;
  g_autoptr (GError) error = NULL;

  write_package (kit, "1.0.0");
  assert_published (kit, "", "sent 1.0.0 is published.\n");
  assert_published (kit, "", "sent 1.0.0 was there already, the same.\n");

  g_spawn_sync (NULL,
                (char **) list,
                NULL,
                G_SPAWN_SEARCH_PATH,
                NULL,
                NULL,
                &members,
                NULL,
                NULL,
                &error);
  g_assert_no_error (error);
  g_assert_cmpstr (members, ==, ".hidden\nmanifest.json\nsrc/\nsrc/main.lf\n");

  g_autoptr (CtlKitResult) again =
    publish (kit, "storage/sent/1.0.0.tar.gz", "--json");
  g_assert_cmpstr (again->out,
                   ==,
                   "{\"name\":\"sent\",\"version\":\"1.0.0\"}\n");

  write_file (kit, "package/src/main.lf", "// something else\n");
  assert_refused (kit, "package", "", 1, "(409)");
}

/* The token is shown that was given, and another one has not the right. */
static void
test_token (CtlKit *kit, gconstpointer test_data)
{
  g_autofree char *option =
    g_strdup_printf ("--token-file '%s/token'", kit->daemon->folder);

  write_package (kit, "1.0.0");
  write_file (kit, "token", TOKEN "\n");
  assert_published (kit, option, "sent 1.0.0 is published.\n");

  write_package (kit, "1.1.0");
  assert_refused (kit, "package", "", 4, "LOFT_TOKEN");
  g_setenv ("LOFT_TOKEN", OTHER_TOKEN, TRUE);
  assert_refused (kit, "package", "", 4, "(403)");
  assert_published (kit, option, "sent 1.1.0 is published.\n");
  write_package (kit, "1.2.0");
  g_setenv ("LOFT_TOKEN", TOKEN, TRUE);
  assert_published (kit, "", "sent 1.2.0 is published.\n");
  g_unsetenv ("LOFT_TOKEN");

  write_file (kit, "token", "two words");
  assert_refused (kit, "package", option, 2, "This is no token");
}

/* What is no package is refused before anything is sent. */
static void
test_bad (CtlKit *kit, gconstpointer test_data)
{
  g_autofree char *deep = g_strnfill (200 * 1000, '[');
  g_autofree char *fifo =
    g_build_filename (kit->daemon->folder, "package", "fifo", NULL);

  assert_refused (kit, "nowhere", "", 1, "nowhere: No such file");
  write_file (kit, "empty/file", "");
  assert_refused (kit, "empty", "", 1, "There is none at the root");
  assert_refused (kit, "empty/file", "", 1, "There is none at the root");
  write_file (kit, "nameless/manifest.json", "{\"version\":\"1.0.0\"}");
  assert_refused (kit, "nameless", "", 1, "It has no name and version");
  write_file (kit, "deep/manifest.json", deep);
  assert_refused (kit, "deep", "", 1, "It has no name and version");
  write_file (kit,
              "escaping/manifest.json",
              "{\"name\":\"../x\",\"version\":\"1.0.0\"}");
  assert_refused (kit, "escaping", "", 1, "(4");

  write_package (kit, "1.0.0");
  assert_refused (kit, "package", "--registry nonsense", 2, "is no URL");
  assert_refused (kit,
                  "package",
                  "--registry http://127.0.0.1:1",
                  3,
                  "reached");
  assert_refused (kit, "package", "--token-file /nowhere", 1, "/nowhere");
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  assert_refused (kit, "package", "", 1, "Only files and folders");
}

static void
add (const char *path, void (*test) (CtlKit *, gconstpointer))
{
  g_test_add (path, CtlKit, NULL, ctl_kit_set_up, test, ctl_kit_tear_down);
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

  g_unsetenv ("LOFT_TOKEN");
  add ("/ctl-publish/round-trip", test_round_trip);
  add ("/ctl-publish/token", test_token);
  add ("/ctl-publish/bad", test_bad);

  return g_test_run ();
}
