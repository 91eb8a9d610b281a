/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

/* bench-disk DIRECTORY SECONDS WRITERS SIZE
 *
 * Measures how often a second what a publish writes can be made durable, and
 * nothing else: a tarball of SIZE bytes and a document in a directory of each
 * writer's own, and an entry of a log that all share. Each is created without a
 * name, written, flushed and linked, and its directory is flushed. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "bench/bench-kit.h"

#define DOCUMENT_SIZE 500
#define ENTRY_SIZE 350

typedef struct
{
  int *directories; /* owned */
  int log;
  char *content; /* owned */
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
link_durably (int fd,
              int directory,
              const char *name,
              const char *content,
              gsize size,
              GError **error)
{
  g_autofree char *source = g_strdup_printf ("/proc/self/fd/%d", fd);

  if (write (fd, content, size) != (gssize) size)
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
store (int directory,
       const char *name,
       const char *content,
       gsize size,
       GError **error)
{
  int fd = openat (directory, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

  if (fd == -1)
    return fail ("O_TMPFILE", error);

  gboolean stored = link_durably (fd, directory, name, content, size, error);
  close (fd);

  return stored;
}

static gboolean
store_cb (guint worker, guint turn, gpointer user_data, GError **error)
{
  const Disk *disk = user_data;
  int directory = disk->directories[worker];
  g_autofree char *tarball = g_strdup_printf ("%u.tar.gz", turn);
  g_autofree char *document = g_strdup_printf ("%u.json", turn);
  g_autofree char *entry = g_strdup_printf ("%u-%u", worker, turn);

  return store (directory, tarball, disk->content, disk->size, error) &&
         store (directory, document, disk->content, DOCUMENT_SIZE, error) &&
         store (disk->log, entry, disk->content, ENTRY_SIZE, error);
}

static int
make_directory (const char *parent, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (parent, name, NULL);
  int fd = g_mkdir_with_parents (path, 0700) == 0
             ? open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
             : -1;

  if (fd == -1)
    fail (path, error);

  return fd;
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
  disk.size = MAX ((gsize) g_ascii_strtoull (argv[4], NULL, 10), DOCUMENT_SIZE);
  g_autofree char *content = g_strnfill (disk.size, 'x');
  disk.directories = directories;
  disk.content = content;
  disk.log = make_directory (argv[1], "log", &error);
  if (disk.log == -1)
    return bench_fail (error);

  for (guint i = 0; i < writers; i++)
    {
      g_autofree char *name = g_strdup_printf ("writer-%u", i);

      directories[i] = make_directory (argv[1], name, &error);
      if (directories[i] == -1)
        return bench_fail (error);
    }

  if (!bench_run (writers, seconds, store_cb, &disk, &error))
    return bench_fail (error);

  return EXIT_SUCCESS;
}
