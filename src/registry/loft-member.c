/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-member.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <string.h>

#include "registry/loft-path.h"
#include "registry/loft-quote.h"
#include "registry/loft-tarball.h"

/*
 * Reading one file of a tarball, which passes by piece by piece and is never in
 * memory. What was published here has passed an inspection; what the original
 * server has left may be anything, so that all is bounded.
 */

/* A piece inflates to a thousand times as much at most, and bounds are looked
 * at once a piece. */
#define PIECE_SIZE 16384

#define UNPACKED_MAX (G_GUINT64_CONSTANT (1024) * 1024 * 1024)
#define MEMBERS_MAX 100000
#define TIME_MAX (10 * G_TIME_SPAN_SECOND)

typedef struct archive ArchiveReader;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArchiveReader, archive_read_free)

typedef struct
{
  const LoftDownload *download;
  goffset offset;
  gint64 end;                /* by the monotonic clock */
  GBytes *piece;             /* owned, nullable */
  GMainContext *context;     /* owned */
  GCancellable *cancellable; /* unowned, nullable */
  GError *error;             /* owned, nullable */
} Source;

static void
source_clear (Source *self)
{
  g_clear_pointer (&self->piece, g_bytes_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_error (&self->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Source, source_clear)

static void
result_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **out_result = user_data;

  *out_result = g_object_ref (result);
}

/* A copy may be on its way yet, and is read once it is known to be right. */
static GBytes *
wait_for_piece (Source *self)
{
  LoftTarball *tarball = self->download->tarball;
  g_autoptr (GAsyncResult) result = NULL;

  g_main_context_push_thread_default (self->context);
  loft_tarball_read_async (tarball,
                           self->offset,
                           PIECE_SIZE,
                           TRUE,
                           self->cancellable,
                           result_cb,
                           &result);
  while (result == NULL)
    g_main_context_iteration (self->context, TRUE);
  g_main_context_pop_thread_default (self->context);

  return loft_tarball_read_finish (tarball, result, &self->error);
}

static la_ssize_t
read_cb (ArchiveReader *reader, void *user_data, const void **out_buffer)
{
  Source *self = user_data;
  const LoftDownload *download = self->download;
  goffset left = download->size - self->offset;
  gsize size = 0;

  g_clear_pointer (&self->piece, g_bytes_unref);
  if (self->error != NULL ||
      g_cancellable_set_error_if_cancelled (self->cancellable, &self->error))
    return ARCHIVE_FATAL;
  if (g_get_monotonic_time () > self->end ||
      (guint64) archive_filter_bytes (reader, 0) > UNPACKED_MAX)
    {
      g_set_error_literal (&self->error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_TOO_LARGE,
                           "It takes too long to find that in the tarball");
      return ARCHIVE_FATAL;
    }
  if (left <= 0)
    return 0;

  self->piece = download->bytes != NULL
                  ? g_bytes_new_from_bytes (download->bytes,
                                            (gsize) self->offset,
                                            MIN ((gsize) left, PIECE_SIZE))
                  : wait_for_piece (self);
  if (self->piece == NULL)
    return ARCHIVE_FATAL;

  *out_buffer = g_bytes_get_data (self->piece, &size);
  self->offset += (goffset) size;

  return (la_ssize_t) size;
}

static gboolean
set_unreadable (Source *self, ArchiveReader *reader, GError **error)
{
  const char *message = archive_error_string (reader);

  if (self->error != NULL)
    g_propagate_error (error, g_steal_pointer (&self->error));
  else
    g_set_error (error,
                 LOFT_REGISTRY_ERROR,
                 LOFT_REGISTRY_ERROR_CORRUPT,
                 "The tarball %s can't be read: %s",
                 self->download->filename,
                 message != NULL ? message : "it is none");

  return FALSE;
}

static gboolean
is_wanted (struct archive_entry *entry, const char *path)
{
  const char *own = archive_entry_pathname (entry);
  g_autofree char *normal =
    own != NULL ? loft_path_normalise (own, FALSE) : NULL;

  return normal != NULL && g_str_equal (normal, path) &&
         archive_entry_filetype (entry) == AE_IFREG &&
         archive_entry_hardlink (entry) == NULL;
}

static gboolean
find (Source *self,
      ArchiveReader *reader,
      const char *path,
      guint64 *out_size,
      GError **error)
{
  for (guint n = 0; n < MEMBERS_MAX; n++)
    {
      struct archive_entry *entry = NULL;
      int status = archive_read_next_header (reader, &entry);

      if (status == ARCHIVE_EOF)
        break;
      if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
        return set_unreadable (self, reader, error);
      if (!is_wanted (entry, path))
        continue;
      *out_size = (guint64) MAX (archive_entry_size (entry), 0);
      return TRUE;
    }

  g_autofree char *quoted = loft_quote (path);
  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_NOT_FOUND,
               "There is no file %s in that version",
               quoted);

  return FALSE;
}

static GBytes *
load (Source *self, ArchiveReader *reader, gsize most, GError **error)
{
  g_autofree char *content = g_malloc (MAX (most, 1));
  gsize done = 0;

  while (done < most)
    {
      la_ssize_t count =
        archive_read_data (reader, content + done, most - done);

      if (count < 0)
        {
          set_unreadable (self, reader, error);
          return NULL;
        }
      if (count == 0)
        break;
      done += (gsize) count;
    }

  return g_bytes_new_take (g_steal_pointer (&content), done);
}

static GBytes *
find_and_load (Source *self,
               const char *path,
               gsize length,
               guint64 *out_size,
               GError **error)
{
  g_autoptr (ArchiveReader) reader = archive_read_new ();

  if (archive_read_support_filter_gzip (reader) != ARCHIVE_OK ||
      archive_read_support_format_tar (reader) != ARCHIVE_OK ||
      archive_read_open (reader, self, NULL, read_cb, NULL) != ARCHIVE_OK)
    {
      set_unreadable (self, reader, error);
      return NULL;
    }
  if (!find (self, reader, path, out_size, error))
    return NULL;

  return load (self, reader, (gsize) MIN (*out_size, length), error);
}

/**
 * loft_member_read:
 * @download: a tarball
 * @path: of a file in it
 * @length: how many bytes of the file are wanted at most
 * @out_size: (out): how many it has
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Reads the first file of that name. Links are no files, and are not followed.
 * Blocks, and may have to inflate all of the tarball.
 *
 * Returns: (transfer full): the file's first bytes, or %NULL with @error set to
 *   a #LoftRegistryError: %LOFT_REGISTRY_ERROR_NOT_FOUND if there is none,
 *   %LOFT_REGISTRY_ERROR_TOO_LARGE if it lies too deep
 */
GBytes *
loft_member_read (const LoftDownload *download,
                  const char *path,
                  gsize length,
                  guint64 *out_size,
                  GCancellable *cancellable,
                  GError **error)
{
  g_return_val_if_fail (download != NULL && path != NULL, NULL);
  g_return_val_if_fail (download->bytes != NULL || download->tarball != NULL,
                        NULL);
  g_return_val_if_fail (out_size != NULL, NULL);

  g_auto (Source) source = {
    .download = download,
    .end = g_get_monotonic_time () + TIME_MAX,
    .context = g_main_context_new (),
    .cancellable = cancellable,
  };
  locale_t utf8 = newlocale (LC_CTYPE_MASK, "C.UTF-8", (locale_t) 0);
  locale_t before = utf8 != (locale_t) 0 ? uselocale (utf8) : (locale_t) 0;
  GBytes *bytes = find_and_load (&source, path, length, out_size, error);

  if (utf8 != (locale_t) 0)
    {
      uselocale (before);
      freelocale (utf8);
    }

  return bytes;
}
