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
  g_autofree char *large = g_build_filename (bad, "6.0.0.tar.gz", NULL);
  g_autofree char *folder = g_build_filename (bad, "8.0.0.json", NULL);
  g_autofree char *loop = g_build_filename (old, "loop", NULL);
  g_autofree char *deep = g_strnfill (200 * 1000, '[');

  g_assert_cmpint (g_mkdir (bad, 0700), ==, 0);
  g_assert_cmpint (symlink ("/etc/passwd", link), ==, 0);
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  g_assert_cmpint (symlink ("filled-0", other), ==, 0);
  write_file (bad, "3.0.0.json", "{}");
  write_file (bad, "4.0.0.json", deep);
  write_file (bad, "4.0.0.tar.gz", "no tarball");
  write_file (bad, "5.0.0.json", "\xff");
  write_file (bad, "6.0.0.json", "{}");
  write_file (bad, "6.0.0.tar.gz", "");
  g_assert_cmpint (truncate (large, G_GINT64_CONSTANT (1) << 40), ==, 0);
  write_file (bad, "7.0.0.json", "{\"archive\":\"../filled-0/0.1.0.tar.gz\"}");
  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  g_assert_cmpint (symlink (".", loop), ==, 0);
  write_file (bad, "\033[31m.json", "{}");

  g_autoptr (CtlKitResult) result = import (kit, "");
  g_assert_cmpint (result->status, ==, 1);
  g_assert_cmpstr (
    result->out,
    ==,
    "Imported: 2, there already: 0, conflicts: 0, refused: 11\n");
  g_assert_nonnull (strstr (result->err, "1.0.0.json: This is no plain"));
  g_assert_nonnull (strstr (result->err, "2.0.0.json: This is no plain"));
  g_assert_nonnull (strstr (result->err, "5.0.0.json: This is no document"));
  g_assert_nonnull (strstr (result->err, "6.0.0: The tarball is too large"));
  g_assert_nonnull (
    strstr (result->err, "7.0.0: The document names a tarball"));
  g_assert_nonnull (strstr (result->err, "8.0.0.json: This is no plain"));
  g_assert_nonnull (strstr (result->err, "filled-9: This is no folder"));
  g_assert_nonnull (strstr (result->err, "loop: This is no folder"));
  g_assert_null (strchr (result->err, '\033'));
  g_autoptr (CtlKitResult) shown = ctl_kit_run ("show bad");
  g_assert_cmpint (shown->status, ==, 5);
}

/* A package whose owners can't be read is not taken for everybody's. */
static void
test_broken_state (CtlKit *kit, gconstpointer test_data)
{
  const char *const states[] = { "{\"owners\":", "{}", "{\"owners\":[7]}" };
  g_autofree char *old = fill (kit, 1);
  g_autofree char *package = g_build_filename (old, "filled-0", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (states); i++)
    {
      write_file (package, "package.json", states[i]);
      g_autoptr (CtlKitResult) result = import (kit, "");
      g_assert_cmpint (result->status, ==, 1);
      g_assert_cmpstr (
        result->out,
        ==,
        "Imported: 0, there already: 0, conflicts: 0, refused: 1\n");
    }
}

/* A storage of our own is taken in as well: with tarballs that have their
 * digest in their names, versions with build metadata, times, owners, and what
 * is yanked or deprecated. */
static void
test_own (CtlKit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DaemonKit) source = daemon_kit_new (NULL, &error);
  CtlKit other = { .daemon = source };
  g_autofree char *folder = g_build_filename (source->storage, "own", NULL);
  g_autofree char *line = g_strdup_printf ("import '%s'", source->storage);
  g_autofree char *dry = g_strconcat (line, " --dry-run", NULL);

  g_assert_no_error (error);
  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  write_file (folder, "1.0.0.tar.gz", "Somebody was faster, and died");
  daemon_kit_start (source, &error);
  g_assert_no_error (error);
  daemon_kit_wait_ready (source, 60, &error);
  g_assert_no_error (error);
  ctl_kit_publish (&other, "own", "1.0.0", "");
  ctl_kit_publish (&other, "own", "2.0.0+build", "");
  daemon_kit_stop (source, &error);
  g_assert_no_error (error);
  write_file (folder,
              "package.json",
              "{\"revision\":1,\"changed_at\":\"2026-01-01T00:00:00.000000Z\","
              "\"owners\":[{\"id\":\"alice\"}],\"yanked\":{\"1.0.0\":"
              "\"It burns\"},\"deprecated\":\"Use better\"}");

  g_autofree char *told = ctl_kit_succeed (dry);
  g_assert_cmpstr (told,
                   ==,
                   "To import: 2, there already: 0, conflicts: 0, refused: 0\n"
                   "To yank: 1, to deprecate: 1\n");
  g_autofree char *done = ctl_kit_succeed (line);
  g_assert_cmpstr (done,
                   ==,
                   "Imported: 2, there already: 0, conflicts: 0, refused: 0\n"
                   "Yanked: 1, deprecated: 1\n");
  g_autofree char *shown = ctl_kit_succeed ("--json show own");
  g_assert_nonnull (strstr (shown, "\"2.0.0+build\""));
  g_assert_nonnull (strstr (shown, "\"owners\":[\"alice\"]"));
  g_assert_nonnull (strstr (shown, "\"yanked\":true"));
  g_assert_nonnull (strstr (shown, "\"deprecated\":\"Use better\""));
  g_autofree char *again = ctl_kit_succeed (line);
  g_assert_cmpstr (again,
                   ==,
                   "Imported: 0, there already: 2, conflicts: 0, refused: 0\n");
}

/* What the documents of the original server do not tell, the times of the files
 * do. */
static void
test_times (CtlKit *kit, gconstpointer test_data)
{
  g_autofree char *old = fill (kit, 1);
  g_autofree char *path =
    g_build_filename (old, "filled-0", "0.1.0.json", NULL);
  const struct timespec times[] = { { .tv_sec = 1700000000 },
                                    { .tv_sec = 1700000000 } };

  g_assert_cmpint (utimensat (AT_FDCWD, path, times, 0), ==, 0);
  g_autoptr (CtlKitResult) result = import (kit, "");
  g_assert_cmpint (result->status, ==, 0);
  g_autofree char *shown = ctl_kit_succeed ("--json show filled-0");
  g_assert_nonnull (strstr (shown, "\"published_at\":\"2023-11-14T22:13:20"));
}

int
main (int argc, char **argv)
{
  if (!bus_kit_init (&argc, &argv))
    return EXIT_SUCCESS;

  ctl_kit_add ("/ctl-import/resumed", test_resumed);
  ctl_kit_add ("/ctl-import/hostile", test_hostile);
  ctl_kit_add ("/ctl-import/broken-state", test_broken_state);
  ctl_kit_add ("/ctl-import/own", test_own);
  ctl_kit_add ("/ctl-import/times", test_times);

  return g_test_run ();
}
