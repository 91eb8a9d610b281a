/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

/* bench-disk DIRECTORY SECONDS WRITERS SIZE
 *
 * Measures how often a second a file of SIZE bytes can be made durable: create
 * without a name, write, fdatasync, link, fsync of the directory. Each writer
 * has a directory of its own, as packages have. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "bench/bench-kit.h"

typedef struct
{
  int *directories; /* owned */
  char *content;    /* owned */
  gsize size;
} Disk;

static gboolean
fail (const char *what, GError **error)
{
  int code = errno;

  g_set_error (error,
               G_FILE_ERROR,
               (int) g_file_error_from_errno (code),
               "%s: %s",
               what,
               g_strerror (code));

  return FALSE;
}

static gboolean
store (const Disk *disk, int directory, int fd, guint turn, GError **error)
{
  g_autofree char *source = g_strdup_printf ("/proc/self/fd/%d", fd);
  g_autofree char *name = g_strdup_printf ("%u", turn);

  if (write (fd, disk->content, disk->size) != (gssize) disk->size)
    return fail ("write", error);
  if (fdatasync (fd) == -1)
    return fail ("fdatasync", error);
  if (linkat (AT_FDCWD, source, directory, name, AT_SYMLINK_FOLLOW) == -1)
    return fail ("linkat", error);
  if (fsync (directory) == -1)
    return fail ("fsync", error);

  return TRUE;
}

static gboolean
store_cb (guint worker, guint turn, gpointer user_data, GError **error)
{
  const Disk *disk = user_data;
  int directory = disk->directories[worker];
  int fd = openat (directory, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

  if (fd == -1)
    return fail ("O_TMPFILE", error);

  gboolean stored = store (disk, directory, fd, turn, error);
  close (fd);

  return stored;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  Disk disk = { 0 };

  g_set_prgname ("bench-disk");
  if (argc != 5)
    {
      g_printerr ("usage: bench-disk DIRECTORY SECONDS WRITERS SIZE\n");
      return 2;
    }

  double seconds = g_ascii_strtod (argv[2], NULL);
  guint writers = (guint) g_ascii_strtoull (argv[3], NULL, 10);
  g_autofree int *directories = g_new (int, writers);
  disk.size = (gsize) g_ascii_strtoull (argv[4], NULL, 10);
  g_autofree char *content = g_strnfill (disk.size, 'x');
  disk.directories = directories;
  disk.content = content;

  for (guint i = 0; i < writers; i++)
    {
      g_autofree char *name = g_strdup_printf ("writer-%u", i);
      g_autofree char *path = g_build_filename (argv[1], name, NULL);

      if (g_mkdir_with_parents (path, 0700) == -1 ||
          (directories[i] = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) ==
            -1)
        {
          fail (path, &error);
          return bench_fail (error);
        }
    }

  if (!bench_run (writers, seconds, store_cb, &disk, &error))
    return bench_fail (error);

  return EXIT_SUCCESS;
}
