/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-s3-body.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gfiledescriptorbased.h>
#include <gio/gunixinputstream.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loft-s3-file-stream.h"
#include "storage/loft-storage.h"

#define BUFFER_SIZE ((gsize) 256 * 1024)

static LoftS3Body *
body_new (goffset size)
{
  LoftS3Body *self = g_new0 (LoftS3Body, 1);

  self->size = size;
  self->fd = -1;

  return self;
}

/**
 * loft_s3_body_new_bytes:
 * @bytes: the bytes
 *
 * Returns: (transfer full): a body that is in memory, with its digest
 */
LoftS3Body *
loft_s3_body_new_bytes (GBytes *bytes)
{
  g_return_val_if_fail (bytes != NULL, NULL);

  LoftS3Body *self = body_new ((goffset) g_bytes_get_size (bytes));

  self->bytes = g_bytes_ref (bytes);
  self->sha256 = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);

  return self;
}

/**
 * loft_s3_body_free:
 * @self: (transfer full): a body
 *
 * Frees @self.
 */
void
loft_s3_body_free (LoftS3Body *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->sha256);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  if (self->fd != -1)
    close (self->fd);
  g_free (self);
}

/* The descriptor of a stream that is nothing but a regular file. */
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

static gboolean
set_size_error (GError **error, goffset size, const char *how)
{
  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_FAILED,
               "The content is %s than the announced %" G_GOFFSET_FORMAT
               " bytes",
               how,
               size);

  return FALSE;
}

static gboolean
set_errno (GError **error, const char *what)
{
  int code = errno;

  g_set_error (error,
               LOFT_STORAGE_ERROR,
               (int) loft_storage_error_from_errno (code),
               "%s: %s",
               what,
               g_strerror (code));

  return FALSE;
}

/* The file is used where it is, from where its reader stands. */
static gboolean
take_file (LoftS3Body *self, int fd, GError **error)
{
  struct stat status;

  self->begin = lseek (fd, 0, SEEK_CUR);
  if (self->begin == -1 || fstat (fd, &status) == -1)
    return set_errno (error, "What is to be stored can't be read");
  if (status.st_size - self->begin != self->size)
    return set_size_error (
      error,
      self->size,
      status.st_size - self->begin < self->size ? "shorter" : "longer");

  self->fd = fcntl (fd, F_DUPFD_CLOEXEC, 0);
  if (self->fd == -1 || lseek (fd, 0, SEEK_END) == -1)
    return set_errno (error, "What is to be stored can't be read");

  return TRUE;
}

static gboolean
open_spool (LoftS3Body *self, GError **error)
{
  self->fd = open (g_get_tmp_dir (), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (self->fd == -1)
    {
      g_autofree char *path =
        g_build_filename (g_get_tmp_dir (), "loft-s3-XXXXXX", NULL);

      self->fd = g_mkstemp_full (path, O_RDWR | O_CLOEXEC, 0600);
      if (self->fd == -1)
        return set_errno (error, "There is no temporary file");
      g_unlink (path);
    }

  return TRUE;
}

static gboolean
write_all (int fd, const guchar *buffer, gsize count, GError **error)
{
  while (count > 0)
    {
      gssize n = write (fd, buffer, count);

      if (n == -1 && errno == EINTR)
        continue;
      if (n == -1)
        return set_errno (error, "The temporary file can't be written");

      buffer += n;
      count -= (gsize) n;
    }

  return TRUE;
}

/* A small content is kept in memory; any other that is no file becomes one,
 * for it may have to be sent again. */
static gboolean
take_stream (LoftS3Body *self,
             GInputStream *stream,
             GCancellable *cancellable,
             GError **error)
{
  gsize room = (gsize) CLAMP (self->size, 1, (goffset) BUFFER_SIZE);
  g_autofree guchar *buffer = g_malloc (room);
  gboolean small = self->size <= (goffset) room;

  if (!small && !open_spool (self, error))
    return FALSE;

  for (goffset done = 0; done < self->size;)
    {
      gsize wanted = (gsize) MIN (self->size - done, (goffset) room);
      gsize n = 0;

      if (!g_input_stream_read_all (stream,
                                    buffer,
                                    wanted,
                                    &n,
                                    cancellable,
                                    error))
        return FALSE;
      if (n < wanted)
        return set_size_error (error, self->size, "shorter");
      if (!small && !write_all (self->fd, buffer, n, error))
        return FALSE;
      done += (goffset) n;
    }

  guchar more = 0;
  gssize n = g_input_stream_read (stream, &more, 1, cancellable, error);
  if (n == -1)
    return FALSE;
  if (n > 0)
    return set_size_error (error, self->size, "longer");

  if (small)
    self->bytes =
      g_bytes_new_take (g_steal_pointer (&buffer), (gsize) self->size);

  return TRUE;
}

static gboolean
digest (LoftS3Body *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autoptr (GInputStream) stream = loft_s3_body_open (self, error);
  g_autofree guchar *buffer = g_malloc (BUFFER_SIZE);
  gssize n = 0;

  if (stream == NULL)
    return FALSE;

  while (
    (n =
       g_input_stream_read (stream, buffer, BUFFER_SIZE, cancellable, error)) >
    0)
    g_checksum_update (checksum, buffer, n);

  if (n == -1)
    return FALSE;

  self->sha256 = g_strdup (g_checksum_get_string (checksum));

  return TRUE;
}

/**
 * loft_s3_body_new_stream:
 * @stream: yields the bytes
 * @size: how many they must be
 * @digest_it: whether the digest is wanted
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Reads @stream to its end, before anything is sent. A regular file is not
 * copied.
 *
 * Returns: (transfer full): the body, or %NULL with @error set:
 *   %LOFT_STORAGE_ERROR_FAILED if there are fewer or more bytes, or what
 *   reading @stream failed with
 */
LoftS3Body *
loft_s3_body_new_stream (GInputStream *stream,
                         goffset size,
                         gboolean digest_it,
                         GCancellable *cancellable,
                         GError **error)
{
  g_return_val_if_fail (G_IS_INPUT_STREAM (stream), NULL);
  g_return_val_if_fail (size >= 0, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftS3Body) self = body_new (size);
  int fd = regular_file (stream);

  if (g_cancellable_set_error_if_cancelled (cancellable, error) ||
      !(fd != -1 ? take_file (self, fd, error)
                 : take_stream (self, stream, cancellable, error)) ||
      (digest_it && !digest (self, cancellable, error)))
    return NULL;

  return g_steal_pointer (&self);
}

/**
 * loft_s3_body_open:
 * @self: a body
 * @error: return location for a #GError
 *
 * Returns: (transfer full): a stream that yields the bytes from the first, or
 *   %NULL with @error set
 */
GInputStream *
loft_s3_body_open (LoftS3Body *self, GError **error)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (self->bytes != NULL)
    return g_memory_input_stream_new_from_bytes (self->bytes);

  return loft_s3_file_stream_new (self->fd, self->begin, self->size, error);
}
