/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "storage/loft-object.h"

#include "storage/loft-shared-fd.h"
#include "storage/loft-storage.h"

#define PIECE_SIZE (64 * 1024)

/**
 * LoftObject:
 *
 * What reading a key gave: all of an object or a range of it, as bytes, as a
 * stream, or as a file that becomes either on demand.
 *
 * An object may be handed from thread to thread. Its content never changes:
 * one that was read before a replacement keeps the bytes it had.
 */
struct _LoftObject
{
  GObject parent_instance;

  GMutex lock;          /* guards bytes, stream and etag */
  GBytes *bytes;        /* owned, nullable */
  GInputStream *stream; /* owned, nullable */
  LoftSharedFd *file;   /* owned, nullable */
  char *etag;           /* owned, nullable */
  goffset offset;
  goffset length;
  goffset size;
  gint64 modified;
};

G_DEFINE_FINAL_TYPE (LoftObject, loft_object, G_TYPE_OBJECT)

static void
loft_object_finalize (GObject *object)
{
  LoftObject *self = LOFT_OBJECT (object);

  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_object (&self->stream);
  g_clear_pointer (&self->file, loft_shared_fd_unref);
  g_free (self->etag);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (loft_object_parent_class)->finalize (object);
}

static void
loft_object_class_init (LoftObjectClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = loft_object_finalize;
}

static void
loft_object_init (LoftObject *self)
{
  g_mutex_init (&self->lock);
}

static LoftObject *
object_new (goffset offset,
            goffset length,
            goffset size,
            const char *etag,
            gint64 modified)
{
  LoftObject *self = g_object_new (LOFT_TYPE_OBJECT, NULL);

  self->offset = offset;
  self->length = length;
  self->size = size;
  self->etag = g_strdup (etag);
  self->modified = modified;

  return self;
}

static gboolean
range_is_valid (goffset offset, goffset length, goffset size)
{
  return offset >= 0 && length >= 0 && offset <= size &&
         length <= size - offset;
}

/**
 * loft_object_new_bytes:
 * @bytes: the bytes that are carried
 * @offset: where in the object they begin
 * @size: how many bytes the whole object has
 * @etag: (nullable): the object's etag, or %NULL to have it computed
 * @modified: when it was written, in µs since the epoch, or 0
 *
 * Returns: (transfer full): an object whose content is in memory
 */
LoftObject *
loft_object_new_bytes (GBytes *bytes,
                       goffset offset,
                       goffset size,
                       const char *etag,
                       gint64 modified)
{
  g_return_val_if_fail (bytes != NULL, NULL);

  goffset length = (goffset) g_bytes_get_size (bytes);
  g_return_val_if_fail (range_is_valid (offset, length, size), NULL);

  LoftObject *self = object_new (offset, length, size, etag, modified);
  self->bytes = g_bytes_ref (bytes);

  return self;
}

/**
 * loft_object_new_stream:
 * @stream: yields the bytes that are carried
 * @offset: where in the object they begin
 * @length: how many they are
 * @size: how many bytes the whole object has
 * @etag: (nullable): the object's etag
 * @modified: when it was written, in µs since the epoch, or 0
 *
 * Returns: (transfer full): an object whose content can be read once
 */
LoftObject *
loft_object_new_stream (GInputStream *stream,
                        goffset offset,
                        goffset length,
                        goffset size,
                        const char *etag,
                        gint64 modified)
{
  g_return_val_if_fail (G_IS_INPUT_STREAM (stream), NULL);
  g_return_val_if_fail (range_is_valid (offset, length, size), NULL);

  LoftObject *self = object_new (offset, length, size, etag, modified);
  self->stream = g_object_ref (stream);

  return self;
}

/**
 * loft_object_new_fd:
 * @fd: (transfer full): a descriptor of a regular file, open for reading,
 *   whose content nobody changes
 * @offset: where in the file to begin
 * @length: how many bytes are carried
 * @size: how many bytes the file has
 * @etag: (nullable): the object's etag, or %NULL to have it computed
 * @modified: when it was written, in µs since the epoch, or 0
 *
 * Returns: (transfer full): an object that is mapped only when its bytes are
 *   asked for
 */
LoftObject *
loft_object_new_fd (int fd,
                    goffset offset,
                    goffset length,
                    goffset size,
                    const char *etag,
                    gint64 modified)
{
  g_return_val_if_fail (fd >= 0, NULL);
  g_return_val_if_fail (range_is_valid (offset, length, size), NULL);

  LoftObject *self = object_new (offset, length, size, etag, modified);
  self->file = loft_shared_fd_new (fd);

  return self;
}

/**
 * loft_object_get_size:
 * @self: an object
 *
 * Returns: how many bytes the whole object has
 */
goffset
loft_object_get_size (LoftObject *self)
{
  g_return_val_if_fail (LOFT_IS_OBJECT (self), 0);

  return self->size;
}

/**
 * loft_object_get_offset:
 * @self: an object
 *
 * Returns: where in the whole object the carried bytes begin
 */
goffset
loft_object_get_offset (LoftObject *self)
{
  g_return_val_if_fail (LOFT_IS_OBJECT (self), 0);

  return self->offset;
}

/**
 * loft_object_get_length:
 * @self: an object
 *
 * Returns: how many bytes are carried
 */
goffset
loft_object_get_length (LoftObject *self)
{
  g_return_val_if_fail (LOFT_IS_OBJECT (self), 0);

  return self->length;
}

/**
 * loft_object_get_modified:
 * @self: an object
 *
 * Returns: when the object was written, in µs since the epoch by the storage's
 *   clock; 0 where that is unknown
 */
gint64
loft_object_get_modified (LoftObject *self)
{
  g_return_val_if_fail (LOFT_IS_OBJECT (self), 0);

  return self->modified;
}

static char *
digest_file (LoftSharedFd *file, goffset size)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guchar *piece = g_malloc (PIECE_SIZE);

  for (goffset offset = 0; offset < size;)
    {
      gsize wanted = (gsize) MIN (size - offset, PIECE_SIZE);
      gsize n = 0;

      if (!loft_shared_fd_read (file, offset, piece, wanted, &n, NULL) ||
          n < wanted)
        return NULL;

      g_checksum_update (checksum, piece, (gssize) n);
      offset += (goffset) n;
    }

  return g_strdup (g_checksum_get_string (checksum));
}

/**
 * loft_object_get_etag:
 * @self: an object
 *
 * The etag that loft_storage_replace() asks for. Where the storage tells none,
 * it is the SHA-256 of the content in lower-case hexadecimal digits, computed
 * at the first call, which may block; that is only done for a whole object of
 * up to %LOFT_STORAGE_DOCUMENT_MAX bytes that is not a mere stream.
 *
 * Returns: (transfer none) (nullable): the etag, valid as long as @self
 */
const char *
loft_object_get_etag (LoftObject *self)
{
  g_return_val_if_fail (LOFT_IS_OBJECT (self), NULL);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->etag != NULL || self->length != self->size ||
      self->size > LOFT_STORAGE_DOCUMENT_MAX)
    return self->etag;

  /* A file is not hashed from its mapping: see LoftRangeStream. */
  if (self->file != NULL)
    self->etag = digest_file (self->file, self->size);
  else if (self->bytes != NULL)
    self->etag = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, self->bytes);

  return self->etag;
}

/**
 * loft_object_get_bytes:
 * @self: an object
 *
 * The carried bytes, if they are in memory or can be mapped. The first call
 * may wait for a disk, so call it in a worker thread. Bytes of more than 64 KiB
 * may be a mapping of a file: hand them to the kernel, but to look at them use
 * loft_object_get_stream() or loft_object_load(), which survive a file that
 * somebody cuts short.
 *
 * Returns: (transfer none) (nullable): the bytes, or %NULL if there is only a
 *   stream
 */
GBytes *
loft_object_get_bytes (LoftObject *self)
{
  g_return_val_if_fail (LOFT_IS_OBJECT (self), NULL);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->bytes == NULL && self->file != NULL &&
      (guint64) self->length <= G_MAXSIZE)
    self->bytes =
      loft_shared_fd_map (self->file, self->offset, (gsize) self->length);

  return self->bytes;
}

/**
 * loft_object_get_stream:
 * @self: an object
 *
 * The carried bytes as a stream, which every object has. There is one, and it
 * is read once. Over a file it reads by position and never maps. Reading it
 * may block, and fails with %LOFT_STORAGE_ERROR_CORRUPT where a file became
 * shorter meanwhile.
 *
 * Returns: (transfer none): the stream
 */
GInputStream *
loft_object_get_stream (LoftObject *self)
{
  g_return_val_if_fail (LOFT_IS_OBJECT (self), NULL);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->stream == NULL && self->file != NULL)
    self->stream =
      loft_range_stream_new (self->file, self->offset, self->length);
  else if (self->stream == NULL)
    self->stream = g_memory_input_stream_new_from_bytes (self->bytes);

  return self->stream;
}

static GBytes *
load_stream (GInputStream *stream,
             gsize length,
             GCancellable *cancellable,
             GError **error)
{
  g_autofree guchar *content = g_try_malloc (MAX (length, 1));
  gsize n = 0;

  if (content == NULL)
    {
      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_UNAVAILABLE,
                   "There is no memory for %" G_GSIZE_FORMAT " bytes",
                   length);
      return NULL;
    }

  if (!g_input_stream_read_all (stream,
                                content,
                                length,
                                &n,
                                cancellable,
                                error))
    return NULL;

  if (n < length)
    {
      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_CORRUPT,
                   "The object ended after %" G_GSIZE_FORMAT
                   " of %" G_GSIZE_FORMAT " bytes",
                   n,
                   length);
      return NULL;
    }

  return g_bytes_new_take (g_steal_pointer (&content), length);
}

/**
 * loft_object_load:
 * @self: an object
 * @limit: how many bytes are acceptable
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Gets the carried bytes into memory that nobody else can change. May block.
 * Of an object made of a stream, that is the one reading.
 *
 * Returns: (transfer full): the bytes, or %NULL with @error set;
 *   %LOFT_STORAGE_ERROR_CORRUPT if there are more than @limit or fewer than
 *   was announced, %LOFT_STORAGE_ERROR_UNAVAILABLE if there is no memory for
 *   them, or what reading failed with
 */
GBytes *
loft_object_load (LoftObject *self,
                  gsize limit,
                  GCancellable *cancellable,
                  GError **error)
{
  g_return_val_if_fail (LOFT_IS_OBJECT (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if ((guint64) self->length > limit)
    {
      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_CORRUPT,
                   "The object has %" G_GOFFSET_FORMAT
                   " bytes, more than the %" G_GSIZE_FORMAT " that it may have",
                   self->length,
                   limit);
      return NULL;
    }

  if (self->file != NULL)
    {
      g_autoptr (GInputStream) stream =
        loft_range_stream_new (self->file, self->offset, self->length);
      return load_stream (stream, (gsize) self->length, cancellable, error);
    }

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->bytes == NULL)
    self->bytes =
      load_stream (self->stream, (gsize) self->length, cancellable, error);

  return self->bytes != NULL ? g_bytes_ref (self->bytes) : NULL;
}
