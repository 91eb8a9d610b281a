/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-s3-file-stream.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

/**
 * LoftS3FileStream:
 *
 * A part of a file, read by position. To libsoup it is a stream that is always
 * ready: what GIO has would start a thread for every few kilobytes, out of the
 * pool in which those may be waiting that the file is sent for.
 */
struct _LoftS3FileStream
{
  GInputStream parent_instance;

  int fd; /* owned */
  goffset offset;
  goffset left;
};

static void
loft_s3_file_stream_pollable_init (GPollableInputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (
  LoftS3FileStream,
  loft_s3_file_stream,
  G_TYPE_INPUT_STREAM,
  G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM,
                         loft_s3_file_stream_pollable_init))

static void
loft_s3_file_stream_finalize (GObject *object)
{
  LoftS3FileStream *self = LOFT_S3_FILE_STREAM (object);

  if (self->fd != -1)
    close (self->fd);

  G_OBJECT_CLASS (loft_s3_file_stream_parent_class)->finalize (object);
}

static gssize
loft_s3_file_stream_read (GInputStream *stream,
                          void *buffer,
                          gsize count,
                          GCancellable *cancellable,
                          GError **error)
{
  LoftS3FileStream *self = LOFT_S3_FILE_STREAM (stream);
  gsize wanted = (gsize) MIN ((goffset) count, self->left);
  gssize n = -1;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return -1;
  if (wanted == 0)
    return 0;

  do
    n = pread (self->fd, buffer, wanted, self->offset);
  while (n == -1 && errno == EINTR);

  if (n <= 0)
    {
      int code = n == 0 ? EIO : errno;

      g_set_error (error,
                   G_IO_ERROR,
                   (int) g_io_error_from_errno (code),
                   "What is to be stored can't be read: %s",
                   n == 0 ? "it has become shorter" : g_strerror (code));
      return -1;
    }

  self->offset += n;
  self->left -= n;

  return n;
}

static gboolean
loft_s3_file_stream_is_readable (GPollableInputStream *stream)
{
  return TRUE;
}

static GSource *
loft_s3_file_stream_create_source (GPollableInputStream *stream,
                                   GCancellable *cancellable)
{
  g_autoptr (GSource) ready = g_timeout_source_new (0);

  g_source_set_dummy_callback (ready);

  return g_pollable_source_new_full (stream, ready, cancellable);
}

static void
loft_s3_file_stream_pollable_init (GPollableInputStreamInterface *iface)
{
  iface->is_readable = loft_s3_file_stream_is_readable;
  iface->create_source = loft_s3_file_stream_create_source;
}

static void
loft_s3_file_stream_class_init (LoftS3FileStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = loft_s3_file_stream_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = loft_s3_file_stream_read;
}

static void
loft_s3_file_stream_init (LoftS3FileStream *self)
{
  self->fd = -1;
}

/**
 * loft_s3_file_stream_new:
 * @fd: a descriptor of a regular file, which is duplicated
 * @begin: where to begin
 * @size: how many bytes there must be
 * @error: return location for a #GError
 *
 * Returns: (transfer full): the stream, or %NULL if there is no descriptor left
 */
GInputStream *
loft_s3_file_stream_new (int fd, goffset begin, goffset size, GError **error)
{
  g_return_val_if_fail (fd >= 0, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftS3FileStream) self =
    g_object_new (LOFT_TYPE_S3_FILE_STREAM, NULL);

  self->fd = fcntl (fd, F_DUPFD_CLOEXEC, 0);
  self->offset = begin;
  self->left = size;
  if (self->fd == -1)
    {
      int code = errno;

      g_set_error (error,
                   G_IO_ERROR,
                   (int) g_io_error_from_errno (code),
                   "What is to be stored can't be read: %s",
                   g_strerror (code));
      return NULL;
    }

  return G_INPUT_STREAM (g_steal_pointer (&self));
}
