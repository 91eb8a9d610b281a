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
#include <unistd.h>

#include "kit/ctl-kit.h"
#include "kit/package-kit.h"

/* Importing by the administrator's tool. */

static CtlKitResult *
import (CtlKit *kit, const char *options)
{
  g_autofree char *line =
    g_strdup_printf ("import '%s/old' %s", kit->daemon->folder, options);

  return ctl_kit_run (line);
}

static char *
fill (CtlKit *kit, guint packages)
{
  char *old = g_build_filename (kit->daemon->folder, "old", NULL);
  g_autoptr (GError) error = NULL;

  g_mkdir (old, 0700);
  package_kit_fill (&(PackageKitFolder){ .storage = old,
                                         .packages = packages,
                                         .versions = 2,
                                         .size = 1000 },
                    NULL,
                    NULL,
                    &error);
  g_assert_no_error (error);

  return old;
}

/* Everything is taken in, and what was taken in before is left alone. */
static void
test_resumed (CtlKit *kit, gconstpointer test_data)
{
  g_autofree char *old = fill (kit, 1);
  g_autoptr (CtlKitResult) first = import (kit, "");
  g_assert_cmpint (first->status, ==, 0);
  g_assert_cmpstr (first->out,
                   ==,
                   "Imported: 2, there already: 0, conflicts: 0, refused: 0\n");

  g_autofree char *more = fill (kit, 3);
  g_autoptr (CtlKitResult) second = import (kit, "--json");
  g_assert_cmpint (second->status, ==, 0);
  g_assert_cmpstr (second->out,
                   ==,
                   "{\"created\":4,\"present\":2,\"conflicts\":0,\"refused\":0,"
                   "\"yanked\":0,\"deprecated\":0}\n");
  g_autofree char *shown = ctl_kit_succeed ("show filled-2@0.2.0");
  g_assert_nonnull (strstr (shown, "filled-2"));
}

static void
write_file (const char *folder, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

/* What is hostile is refused by name, reads nothing from elsewhere, and keeps
 * nothing else out. */
static void
test_hostile (CtlKit *kit, gconstpointer test_data)
{
  g_autofree char *old = fill (kit, 1);
  g_autofree char *bad = g_build_filename (old, "bad", NULL);
  g_autofree char *link = g_build_filename (bad, "1.0.0.json", NULL);
  g_autofree char *fifo = g_build_filename (bad, "2.0.0.json", NULL);
  g_autofree char *other = g_build_filename (old, "filled-9", NULL);
  g_autofree char *deep = g_strnfill (200 * 1000, '[');

  g_assert_cmpint (g_mkdir (bad, 0700), ==, 0);
  g_assert_cmpint (symlink ("/etc/passwd", link), ==, 0);
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  g_assert_cmpint (symlink ("filled-0", other), ==, 0);
  write_file (bad, "3.0.0.json", "{}");
  write_file (bad, "4.0.0.json", deep);
  write_file (bad, "4.0.0.tar.gz", "no tarball");
  write_file (bad, "5.0.0.json", "\xff");
  write_file (bad, "\033[31m.json", "{}");

  g_autoptr (CtlKitResult) result = import (kit, "");
  g_assert_cmpint (result->status, ==, 1);
  g_assert_cmpstr (result->out,
                   ==,
                   "Imported: 2, there already: 0, conflicts: 0, refused: 6\n");
  g_assert_nonnull (strstr (result->err, "bad/2.0.0.json: This is no plain"));
  g_assert_nonnull (
    strstr (result->err, "bad/5.0.0.json: This is no document"));
  g_assert_null (strchr (result->err, '\033'));
  g_assert_null (strstr (result->err, "filled-9"));
  g_autoptr (CtlKitResult) shown = ctl_kit_run ("show bad");
  g_assert_cmpint (shown->status, ==, 5);
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

  add ("/ctl-import/resumed", test_resumed);
  add ("/ctl-import/hostile", test_hostile);

  return g_test_run ();
}
