/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-tar-writer.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <gio/gunixinputstream.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <limits.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "registry/loft-hex.h"

/* What is written may be a pipe whose reader is slow, or gone. So it is waited
 * for with an end to the wait, and no more is written at once than fits where
 * there is room at all. The list of what was written grows in a spool, not in
 * memory. */

#define CHUNK (256 * 1024)
#define SHA256_LENGTH 32

typedef struct archive ArchiveWriter;
typedef struct archive_entry ArchiveEntry;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArchiveWriter, archive_write_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArchiveEntry, archive_entry_free)

struct _LoftTarWriter
{
  int fd;
  gboolean is_file;
  GCancellable *cancellable; /* owned, nullable */
  ArchiveWriter *archive;    /* owned */
  LoftSpool *list;           /* owned */
  locale_t locale;
  GError *error; /* owned, nullable: why nothing can be written any more */
  gboolean left; /* whether nobody wants the rest */
};

static gboolean
wait_for_room (LoftTarWriter *self)
{
  GPollFD fds[2] = { { .fd = self->fd, .events = G_IO_OUT } };
  guint n_fds = 1;

  if (self->is_file)
    return !g_cancellable_set_error_if_cancelled (self->cancellable,
                                                  &self->error);

  if (g_cancellable_make_pollfd (self->cancellable, &fds[1]))
    n_fds++;
  while (g_poll (fds, n_fds, -1) == -1 && errno == EINTR)
    continue;
  if (n_fds > 1)
    g_cancellable_release_fd (self->cancellable);

  return !g_cancellable_set_error_if_cancelled (self->cancellable,
                                                &self->error);
}

static void
send_out (LoftTarWriter *self, const char *next, gsize rest)
{
  while (rest > 0)
    {
      if (!wait_for_room (self))
        return;

      gssize written =
        write (self->fd, next, self->is_file ? rest : MIN (rest, PIPE_BUF));
      if (written == -1 && (errno == EINTR || errno == EAGAIN))
        continue;
      if (written <= 0)
        {
          int code = written == 0 ? ENOSPC : errno;

          g_set_error (&self->error,
                       LOFT_REGISTRY_ERROR,
                       code == ENOSPC || code == EDQUOT || code == EFBIG
                         ? LOFT_REGISTRY_ERROR_NO_SPACE
                         : LOFT_REGISTRY_ERROR_FAILED,
                       "The export can't be written: %s",
                       g_strerror (code));
          return;
        }
      next += written;
      rest -= (gsize) written;
    }
}

/* libarchive frees its buffers only at the end of an archive that never failed.
 * So it is not told of an error, and what it writes after one is dropped. */
static la_ssize_t
write_cb (struct archive *archive,
          void *user_data,
          const void *buffer,
          size_t length)
{
  LoftTarWriter *self = user_data;

  if (self->error == NULL && !self->left)
    send_out (self, buffer, length);

  return (la_ssize_t) length;
}

static gboolean
fail (LoftTarWriter *self, GError **error)
{
  if (self->error == NULL)
    g_set_error (&self->error,
                 LOFT_REGISTRY_ERROR,
                 LOFT_REGISTRY_ERROR_FAILED,
                 "The export can't be written: %s",
                 archive_error_string (self->archive) != NULL
                   ? archive_error_string (self->archive)
                   : "");
  if (error != NULL)
    *error = g_error_copy (self->error);

  return FALSE;
}

/**
 * loft_tar_writer_new:
 * @fd: where to write; stays the caller's, and must stay open
 * @directory: where there is room for a list of what was written
 * @cancellable: (nullable): ends all waiting
 * @error: return location for a #GError
 *
 * Begins an archive.
 *
 * Returns: (transfer full): the writer, or %NULL with @error set to a
 *   #LoftRegistryError
 */
LoftTarWriter *
loft_tar_writer_new (int fd,
                     const char *directory,
                     GCancellable *cancellable,
                     GError **error)
{
  g_return_val_if_fail (fd >= 0 && directory != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftTarWriter) self = g_new0 (LoftTarWriter, 1);
  struct stat status;

  self->fd = fd;
  self->is_file = fstat (fd, &status) == 0 && S_ISREG (status.st_mode);
  self->cancellable = cancellable != NULL ? g_object_ref (cancellable) : NULL;
  self->archive = archive_write_new ();
  self->locale = newlocale (LC_CTYPE_MASK, "C.UTF-8", (locale_t) 0);
  self->list = loft_spool_new (directory, -1, error);
  if (self->list == NULL)
    return NULL;
  if (self->locale == (locale_t) 0)
    {
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_FAILED,
                           "This system has no locale C.UTF-8");
      return NULL;
    }
  if (archive_write_set_format_pax (self->archive) != ARCHIVE_OK ||
      archive_write_open (self->archive, self, NULL, write_cb, NULL) !=
        ARCHIVE_OK)
    {
      fail (self, error);
      return NULL;
    }

  return g_steal_pointer (&self);
}

/**
 * loft_tar_writer_free:
 * @self: (transfer full): a writer
 *
 * Frees @self. Without loft_tar_writer_finish() the archive is none.
 */
void
loft_tar_writer_free (LoftTarWriter *self)
{
  g_return_if_fail (self != NULL);

  /* Freeing would write the end, as if all was well. */
  self->left = TRUE;
  archive_write_free (self->archive);
  g_clear_pointer (&self->list, loft_spool_unref);
  g_clear_object (&self->cancellable);
  g_clear_error (&self->error);
  if (self->locale != (locale_t) 0)
    freelocale (self->locale);
  g_free (self);
}

static gboolean
write_header (LoftTarWriter *self,
              const char *path,
              goffset size,
              gint64 modified,
              GError **error)
{
  g_autoptr (ArchiveEntry) entry = archive_entry_new ();

  /* libarchive converts names by the locale of the thread. */
  locale_t before = uselocale (self->locale);
  archive_entry_set_pathname (entry, path);
  archive_entry_set_filetype (entry, AE_IFREG);
  archive_entry_set_perm (entry, 0644);
  archive_entry_set_size (entry, size);
  archive_entry_set_mtime (entry,
                           modified / G_USEC_PER_SEC,
                           (long) (modified % G_USEC_PER_SEC) * 1000);
  int code = archive_write_header (self->archive, entry);
  uselocale (before);

  return (code == ARCHIVE_OK && self->error == NULL) || fail (self, error);
}

/**
 * loft_tar_append_line:
 * @text: where to append
 * @sha256: a digest, in hex
 * @path: what it is of
 * @modified: since when it is so, in microseconds since 1970
 *
 * Appends a line as sha256sum writes and reads them, after one with the time,
 * which sha256sum takes for a comment.
 */
void
loft_tar_append_line (GString *text,
                      const char *sha256,
                      const char *path,
                      gint64 modified)
{
  g_return_if_fail (text != NULL && sha256 != NULL && path != NULL);

  g_string_append_printf (text, "# %" G_GINT64_FORMAT "\n", modified);

  if (strpbrk (path, "\\\n\r") != NULL)
    g_string_append_c (text, '\\');
  g_string_append (text, sha256);
  g_string_append (text, "  ");
  for (const char *next = path; *next != '\0'; next++)
    switch (*next)
      {
      case '\\':
        g_string_append (text, "\\\\");
        break;
      case '\n':
        g_string_append (text, "\\n");
        break;
      case '\r':
        g_string_append (text, "\\r");
        break;
      default:
        g_string_append_c (text, *next);
      }
  g_string_append_c (text, '\n');
}

static gboolean
list (LoftTarWriter *self,
      const char *path,
      const char *sha256,
      gint64 modified,
      GError **error)
{
  g_autoptr (GString) line = g_string_new (NULL);

  loft_tar_append_line (line, sha256, path, modified);

  return loft_spool_write (self->list, line->str, line->len, error);
}

/* Copies what @stream yields. It must be what the header said. */
static gboolean
copy (LoftTarWriter *self,
      GInputStream *stream,
      goffset size,
      gnutls_hash_hd_t hash,
      GError **error)
{
  g_autofree char *chunk = g_malloc (CHUNK);
  goffset rest = size;
  gssize got;

  while (
    (got =
       g_input_stream_read (stream, chunk, CHUNK, self->cancellable, error)) >
    0)
    {
      if (got > rest)
        break;
      gnutls_hash (hash, chunk, (gsize) got);
      rest -= got;
      if (archive_write_data (self->archive, chunk, (gsize) got) != got ||
          self->error != NULL)
        return fail (self, error);
    }
  if (got < 0)
    return FALSE;
  if (got == 0 && rest == 0)
    return TRUE;

  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_CORRUPT,
                       "An object is not as large as the storage says");

  return FALSE;
}

static char *
add_stream (LoftTarWriter *self,
            const char *path,
            GInputStream *stream,
            goffset size,
            gint64 modified,
            GError **error)
{
  guint8 digest[SHA256_LENGTH];
  gnutls_hash_hd_t hash;

  if (!write_header (self, path, size, modified, error))
    return NULL;
  if (gnutls_hash_init (&hash, GNUTLS_DIG_SHA256) < 0)
    {
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_FAILED,
                           "GnuTLS offers no SHA-256");
      return NULL;
    }

  gboolean copied = copy (self, stream, size, hash, error);
  gnutls_hash_deinit (hash, digest);

  return copied ? loft_hex_encode (digest, sizeof digest) : NULL;
}

/**
 * loft_tar_writer_add_object:
 * @self: a writer
 * @path: where it is to be in the archive
 * @object: an object, read from its beginning
 * @out_sha256: (out) (optional) (transfer full): what it turned out to be
 * @error: return location for a #GError
 *
 * Adds an object, with its time. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set; then there is no more use in the
 *   archive
 */
gboolean
loft_tar_writer_add_object (LoftTarWriter *self,
                            const char *path,
                            LoftObject *object,
                            char **out_sha256,
                            GError **error)
{
  g_return_val_if_fail (self != NULL && path != NULL, FALSE);
  g_return_val_if_fail (LOFT_IS_OBJECT (object), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autofree char *sha256 = add_stream (self,
                                        path,
                                        loft_object_get_stream (object),
                                        loft_object_get_size (object),
                                        loft_object_get_modified (object),
                                        error);
  if (sha256 == NULL ||
      !list (self, path, sha256, loft_object_get_modified (object), error))
    return FALSE;
  if (out_sha256 != NULL)
    *out_sha256 = g_steal_pointer (&sha256);

  return TRUE;
}

/**
 * loft_tar_writer_add_bytes:
 * @self: a writer
 * @path: where they are to be in the archive
 * @bytes: bytes
 * @modified: their time, in microseconds since 1970
 * @error: return location for a #GError
 *
 * Adds what is in memory. Blocks.
 *
 * Returns: as loft_tar_writer_add_object()
 */
gboolean
loft_tar_writer_add_bytes (LoftTarWriter *self,
                           const char *path,
                           GBytes *bytes,
                           gint64 modified,
                           GError **error)
{
  g_return_val_if_fail (self != NULL && path != NULL && bytes != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (GInputStream) stream =
    g_memory_input_stream_new_from_bytes (bytes);
  g_autofree char *sha256 = add_stream (self,
                                        path,
                                        stream,
                                        (goffset) g_bytes_get_size (bytes),
                                        modified,
                                        error);

  return sha256 != NULL && list (self, path, sha256, modified, error);
}

/**
 * loft_tar_writer_finish:
 * @self: a writer
 * @path: where the list is to be in the archive
 * @error: return location for a #GError
 *
 * Adds the list of all that was added, with digests, and ends the archive.
 * A regular file is on the disk by then. Blocks.
 *
 * Returns: as loft_tar_writer_add_object()
 */
gboolean
loft_tar_writer_finish (LoftTarWriter *self, const char *path, GError **error)
{
  g_return_val_if_fail (self != NULL && path != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!loft_spool_finish (self->list, error))
    return FALSE;

  /* What the list does not tell of, a header without extensions protects. */
  gint64 now = g_get_real_time () / G_USEC_PER_SEC * G_USEC_PER_SEC;
  int fd = loft_spool_get_fd (self->list);
  g_autoptr (GInputStream) stream = g_unix_input_stream_new (fd, FALSE);

  if (lseek (fd, 0, SEEK_SET) != 0)
    return fail (self, error);

  g_autofree char *sha256 = add_stream (self,
                                        path,
                                        stream,
                                        loft_spool_get_size (self->list),
                                        now,
                                        error);
  if (sha256 == NULL)
    return FALSE;
  if (archive_write_close (self->archive) != ARCHIVE_OK || self->error != NULL)
    return fail (self, error);

  if (self->is_file && fdatasync (self->fd) == -1 && errno != EINVAL)
    {
      int code = errno;

      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_FAILED,
                   "The export can't be brought to the disk: %s",
                   g_strerror (code));
      return FALSE;
    }

  return TRUE;
}
