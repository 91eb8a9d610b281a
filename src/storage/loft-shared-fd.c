/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "storage/loft-shared-fd.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/loft-storage.h"

/* From Linux 5.14 on; older headers do not know it. */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

/* What is larger is only announced to the kernel, or one download of a huge
 * file would push everything else out of memory before its first byte. */
#define PREFAULT_MAX (64 * 1024 * 1024)

/* Bytes up to which a range is read rather than mapped. */
#define READ_MAX (64 * 1024)

/* A file descriptor that an object and its streams keep open together. It is
 * read by position only, so that they do not share a file offset as well. */
struct _LoftSharedFd
{
  int fd; /* owned */
};

/**
 * loft_shared_fd_new:
 * @fd: (transfer full): a descriptor of a regular file, open for reading
 *
 * Returns: (transfer full): a holder of @fd with one reference
 */
LoftSharedFd *
loft_shared_fd_new (int fd)
{
  LoftSharedFd *self = g_atomic_rc_box_new (LoftSharedFd);

  self->fd = fd;

  return self;
}

/**
 * loft_shared_fd_ref:
 * @self: a holder
 *
 * Returns: (transfer full): @self, with one reference more
 */
LoftSharedFd *
loft_shared_fd_ref (LoftSharedFd *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
shared_fd_clear (gpointer data)
{
  LoftSharedFd *self = data;

  close (self->fd);
}

/**
 * loft_shared_fd_unref:
 * @self: (transfer full): a holder
 *
 * Drops one reference; with the last one the descriptor is closed.
 */
void
loft_shared_fd_unref (LoftSharedFd *self)
{
  g_atomic_rc_box_release_full (self, shared_fd_clear);
}

/**
 * loft_shared_fd_read:
 * @self: a holder
 * @offset: where to begin, in bytes from the start of the file
 * @buffer: (out caller-allocates): room for @count bytes
 * @count: how many bytes to read
 * @out_read: (out): how many there were, fewer than @count only at the end
 * @error: return location for a #GError
 *
 * Reads by position, never from a mapping. May block on a disk.
 *
 * Returns: whether it worked; else a #LoftStorageError is set
 */
gboolean
loft_shared_fd_read (LoftSharedFd *self,
                     goffset offset,
                     void *buffer,
                     gsize count,
                     gsize *out_read,
                     GError **error)
{
  gsize done = 0;

  while (done < count)
    {
      gssize n = pread (self->fd,
                        (char *) buffer + done,
                        count - done,
                        offset + (goffset) done);
      int saved = errno;

      if (n == -1 && saved == EINTR)
        continue;
      if (n == -1)
        {
          g_set_error (error,
                       LOFT_STORAGE_ERROR,
                       loft_storage_error_from_errno (saved),
                       "The object cannot be read: %s",
                       g_strerror (saved));
          return FALSE;
        }
      if (n == 0)
        break;

      done += (gsize) n;
    }

  *out_read = done;

  return TRUE;
}

static GBytes *
read_range (LoftSharedFd *self, goffset offset, gsize length)
{
  g_autofree char *buffer = g_malloc (length);
  gsize done = 0;

  if (!loft_shared_fd_read (self, offset, buffer, length, &done, NULL) ||
      done < length)
    return NULL;

  return g_bytes_new_take (g_steal_pointer (&buffer), length);
}

typedef struct
{
  void *address;
  gsize length;
} Mapping;

static void
mapping_free (gpointer data)
{
  Mapping *mapping = data;

  munmap (mapping->address, mapping->length);
  g_free (mapping);
}

/**
 * loft_shared_fd_map:
 * @self: a holder
 * @offset: where to begin, in bytes from the start of the file
 * @length: how many bytes
 *
 * Maps a range of the file and, unless it is very large, waits until all of it
 * is in memory, so that whoever sends it later does not wait for a disk. A
 * small range is read instead, since that costs less.
 *
 * Returns: (transfer full) (nullable): the range, or %NULL where it cannot be
 *   mapped or the file has become shorter
 */
GBytes *
loft_shared_fd_map (LoftSharedFd *self, goffset offset, gsize length)
{
  struct stat status;

  if (length <= READ_MAX)
    return read_range (self, offset, length);
  if (fstat (self->fd, &status) == -1 ||
      status.st_size < offset + (goffset) length)
    return NULL;

  gsize lead = (gsize) offset % (gsize) sysconf (_SC_PAGESIZE);
  void *address = mmap (NULL,
                        length + lead,
                        PROT_READ,
                        MAP_SHARED,
                        self->fd,
                        (off_t) (offset - (goffset) lead));
  if (address == MAP_FAILED)
    return NULL;

  Mapping *mapping = g_new (Mapping, 1);
  mapping->address = address;
  mapping->length = length + lead;
  g_autoptr (GBytes) bytes =
    g_bytes_new_with_free_func ((const char *) address + lead,
                                length,
                                mapping_free,
                                mapping);

  gboolean populated =
    length <= PREFAULT_MAX &&
    madvise (address, mapping->length, MADV_POPULATE_READ) == 0;

  /* The file was cut short, or the disk failed, since it was measured. */
  if (!populated && (errno == EFAULT || errno == EHWPOISON) &&
      length <= PREFAULT_MAX)
    return NULL;
  if (!populated)
    madvise (address, mapping->length, MADV_WILLNEED);

  return g_steal_pointer (&bytes);
}

/**
 * LoftRangeStream:
 *
 * A stream over a range of a file that reads by position. It never touches a
 * mapping, so a file cut short under it is an error and no signal.
 */
struct _LoftRangeStream
{
  GInputStream parent_instance;

  LoftSharedFd *file; /* owned */
  goffset position;
  goffset left;
};

G_DEFINE_FINAL_TYPE (LoftRangeStream, loft_range_stream, G_TYPE_INPUT_STREAM)

static void
loft_range_stream_finalize (GObject *object)
{
  LoftRangeStream *self = LOFT_RANGE_STREAM (object);

  g_clear_pointer (&self->file, loft_shared_fd_unref);

  G_OBJECT_CLASS (loft_range_stream_parent_class)->finalize (object);
}

static gssize
loft_range_stream_read (GInputStream *stream,
                        void *buffer,
                        gsize count,
                        GCancellable *cancellable,
                        GError **error)
{
  LoftRangeStream *self = LOFT_RANGE_STREAM (stream);
  gsize wanted = (gsize) MIN ((goffset) MIN (count, G_MAXSSIZE), self->left);
  gsize n = 0;

  if (g_cancellable_set_error_if_cancelled (cancellable, error) ||
      !loft_shared_fd_read (self->file,
                            self->position,
                            buffer,
                            wanted,
                            &n,
                            error))
    return -1;

  if (n < wanted)
    {
      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_CORRUPT,
                   "The object became shorter while it was read");
      return -1;
    }

  self->position += (goffset) n;
  self->left -= (goffset) n;

  return (gssize) n;
}

static gssize
loft_range_stream_skip (GInputStream *stream,
                        gsize count,
                        GCancellable *cancellable,
                        GError **error)
{
  LoftRangeStream *self = LOFT_RANGE_STREAM (stream);
  goffset n = MIN ((goffset) MIN (count, G_MAXSSIZE), self->left);

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return -1;

  self->position += n;
  self->left -= n;

  return (gssize) n;
}

static void
loft_range_stream_class_init (LoftRangeStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = loft_range_stream_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = loft_range_stream_read;
  G_INPUT_STREAM_CLASS (klass)->skip = loft_range_stream_skip;
}

static void
loft_range_stream_init (LoftRangeStream *self)
{
}

/**
 * loft_range_stream_new:
 * @file: the file
 * @offset: where to begin, in bytes from the start of the file
 * @length: how many bytes to yield
 *
 * Returns: (transfer full): a stream over that range
 */
GInputStream *
loft_range_stream_new (LoftSharedFd *file, goffset offset, goffset length)
{
  LoftRangeStream *self = g_object_new (LOFT_TYPE_RANGE_STREAM, NULL);

  self->file = loft_shared_fd_ref (file);
  self->position = offset;
  self->left = length;

  return G_INPUT_STREAM (self);
}
