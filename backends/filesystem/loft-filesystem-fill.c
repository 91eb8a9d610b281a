/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-filesystem-fill.h"

#include <errno.h>
#include <gio/gfiledescriptorbased.h>
#include <gio/gunixinputstream.h>
#include <sys/stat.h>

#include "loft-filesystem-walk.h"
#include "storage/loft-storage.h"

#define BUFFER_SIZE (256 * 1024)

/* How much the kernel copies before we look whether we were cancelled. */
#define COPY_SIZE (8 * 1024 * 1024)

/* The descriptor of a stream that is nothing but a regular file. These
 * streams buffer nothing, so the position of the file is that of the stream. */
static int
regular_file (GInputStream *content)
{
  struct stat status;

  if (!G_IS_UNIX_INPUT_STREAM (content) &&
      !(G_IS_FILE_INPUT_STREAM (content) &&
        G_IS_FILE_DESCRIPTOR_BASED (content)))
    return -1;

  int fd = g_file_descriptor_based_get_fd (G_FILE_DESCRIPTOR_BASED (content));

  return fstat (fd, &status) == 0 && S_ISREG (status.st_mode) ? fd : -1;
}

/* Lets the kernel copy, or share the blocks. However it ends, the plain way
 * goes on from where the file stands, and meets the error if there is one. */
static goffset
copy_in_kernel (int from, int to, goffset size, GCancellable *cancellable)
{
  goffset done = 0;

  while (done < size && !g_cancellable_is_cancelled (cancellable))
    {
      gsize count = (gsize) MIN (size - done, COPY_SIZE);
      gssize n = copy_file_range (from, NULL, to, NULL, count, 0);

      if (n <= 0)
        break;

      done += n;
    }

  return done;
}

static gboolean
write_all (int fd,
           const char *key,
           const guchar *buffer,
           gsize count,
           GError **error)
{
  while (count > 0)
    {
      gssize n = write (fd, buffer, count);

      if (n == -1 && errno == EINTR)
        continue;
      if (n == -1)
        return loft_filesystem_set_error (error,
                                          errno,
                                          "“%s” cannot be stored",
                                          key);

      buffer += n;
      count -= (gsize) n;
    }

  return TRUE;
}

static gboolean
set_size_error (GError **error, const char *key, goffset size, const char *how)
{
  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_FAILED,
               "The content of “%s” is %s than the announced %" G_GOFFSET_FORMAT
               " bytes",
               key,
               how,
               size);

  return FALSE;
}

/**
 * loft_filesystem_fill: (skip)
 * @fd: a new file
 * @key: what it will be called, for messages
 * @content: what goes into it
 * @size: how many bytes that must be
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Writes @content to @fd and waits until it is on the disk. After a failure,
 * that of the flush above all, @fd is good for nothing but to be closed.
 *
 * Returns: whether it is there; else @error is set
 */
gboolean
loft_filesystem_fill (int fd,
                      const char *key,
                      GInputStream *content,
                      goffset size,
                      GCancellable *cancellable,
                      GError **error)
{
  int from = regular_file (content);
  goffset done = from != -1 ? copy_in_kernel (from, fd, size, cancellable) : 0;
  gsize room = (gsize) CLAMP (size - done, 1, BUFFER_SIZE);
  g_autofree guchar *buffer = g_malloc (room);

  while (done < size)
    {
      gsize count = (gsize) MIN (size - done, (goffset) room);
      gssize n =
        g_input_stream_read (content, buffer, count, cancellable, error);

      if (n == -1 || g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (n == 0)
        return set_size_error (error, key, size, "shorter");
      if (!write_all (fd, key, buffer, (gsize) n, error))
        return FALSE;

      done += n;
    }

  gssize more = g_input_stream_read (content, buffer, 1, cancellable, error);
  if (more == -1)
    return FALSE;
  if (more > 0)
    return set_size_error (error, key, size, "longer");

  int result = 0;
  do
    result = fdatasync (fd);
  while (result == -1 && errno == EINTR);

  if (result == -1)
    return loft_filesystem_set_error (error,
                                      errno,
                                      "“%s” cannot be flushed to the disk",
                                      key);

  return !g_cancellable_set_error_if_cancelled (cancellable, error);
}
