/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-members.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <string.h>

#include "registry/loft-path.h"
#include "registry/loft-tarball.h"

/*
 * Reading a tarball, which passes by piece by piece and is never in memory.
 * What was published here has passed an inspection; what the original server
 * has left may be anything, so that all is bounded.
 */

/* A piece inflates to a thousand times as much at most, and bounds are looked
 * at once a piece. */
#define PIECE_SIZE 16384

/* Of holes there may be more than was inflated. */
#define UNPACKED_MAX (G_GUINT64_CONSTANT (1024) * 1024 * 1024)
#define MEMBERS_MAX 100000

typedef struct archive ArchiveReader;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArchiveReader, archive_read_free)

struct _LoftMembers
{
  const LoftDownload *download;
  goffset offset;
  gint64 end;                /* by the monotonic clock */
  GBytes *piece;             /* owned, nullable */
  GMainContext *context;     /* owned */
  GCancellable *cancellable; /* unowned, nullable */
  GError *error;             /* owned, nullable */
  ArchiveReader *reader;     /* owned */
  char *path;                /* owned, nullable */
  guint64 n_read;
  guint n_members;
  locale_t utf8;
  locale_t before;
};

static void
set_too_long (GError **error)
{
  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_TOO_LARGE,
                       "It takes too long to find that in the tarball");
}

static void
result_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **out_result = user_data;

  *out_result = g_object_ref (result);
}

/* A copy may be on its way yet, and is read once it is known to be right. */
static GBytes *
wait_for_piece (LoftMembers *self)
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
  LoftMembers *self = user_data;
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
      set_too_long (&self->error);
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
set_unreadable (LoftMembers *self, GError **error)
{
  const char *message = archive_error_string (self->reader);

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

/**
 * loft_members_open:
 * @download: a tarball, which must outlive this
 * @end: when to give up, by the monotonic clock
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Begins to read a tarball. All that follows blocks, and belongs to one thread,
 * whose locale it sets until it is freed: paths are read as UTF-8.
 *
 * Returns: (transfer full): the tarball's members, or %NULL with @error set to
 * a #LoftRegistryError
 */
LoftMembers *
loft_members_open (const LoftDownload *download,
                   gint64 end,
                   GCancellable *cancellable,
                   GError **error)
{
  g_return_val_if_fail (download != NULL, NULL);
  g_return_val_if_fail (download->bytes != NULL || download->tarball != NULL,
                        NULL);

  g_autoptr (LoftMembers) self = g_new0 (LoftMembers, 1);
  self->download = download;
  self->end = end;
  self->context = g_main_context_new ();
  self->cancellable = cancellable;
  self->utf8 = newlocale (LC_CTYPE_MASK, "C.UTF-8", (locale_t) 0);
  if (self->utf8 != (locale_t) 0)
    self->before = uselocale (self->utf8);
  self->reader = archive_read_new ();
  if (archive_read_support_filter_gzip (self->reader) != ARCHIVE_OK ||
      archive_read_support_format_tar (self->reader) != ARCHIVE_OK ||
      archive_read_open (self->reader, self, NULL, read_cb, NULL) != ARCHIVE_OK)
    {
      set_unreadable (self, error);
      return NULL;
    }

  return g_steal_pointer (&self);
}

/**
 * loft_members_free:
 * @self: (transfer full): members
 *
 * Frees @self.
 */
void
loft_members_free (LoftMembers *self)
{
  g_return_if_fail (self != NULL);

  archive_read_free (self->reader);
  g_clear_pointer (&self->piece, g_bytes_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_error (&self->error);
  g_free (self->path);
  if (self->utf8 != (locale_t) 0)
    {
      uselocale (self->before);
      freelocale (self->utf8);
    }
  g_free (self);
}

/* Whether it has a content of its own, which a hard link has not. */
static gboolean
take_member (LoftMembers *self,
             struct archive_entry *entry,
             LoftMember *out_member)
{
  const char *path = archive_entry_pathname (entry);
  __LA_MODE_T type = archive_entry_filetype (entry);
  gboolean is_link = type == AE_IFLNK;

  if (path == NULL || archive_entry_hardlink (entry) != NULL ||
      (type != AE_IFREG && !is_link))
    return FALSE;

  g_free (self->path);
  self->path = loft_path_normalise (path, FALSE);
  out_member->path = self->path;
  out_member->target = is_link ? archive_entry_symlink (entry) : NULL;
  out_member->size =
    is_link ? 0 : (guint64) MAX (archive_entry_size (entry), 0);

  return !is_link || out_member->target != NULL;
}

/**
 * loft_members_next:
 * @self: members
 * @out_member: (out): the next one, until there is another one
 * @error: return location for a #GError
 *
 * Goes on to the next file or symbolic link.
 *
 * Returns: whether there is one; %FALSE with @error set to a #LoftRegistryError
 *   if that can't be told
 */
gboolean
loft_members_next (LoftMembers *self, LoftMember *out_member, GError **error)
{
  g_return_val_if_fail (self != NULL && out_member != NULL, FALSE);

  while (self->n_members++ < MEMBERS_MAX)
    {
      struct archive_entry *entry = NULL;
      int status = archive_read_next_header (self->reader, &entry);

      if (status == ARCHIVE_EOF)
        return FALSE;
      if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
        return set_unreadable (self, error);
      if (take_member (self, entry, out_member))
        return TRUE;
    }

  return FALSE;
}

/**
 * loft_members_read:
 * @self: members
 * @buffer: (out): where bytes go
 * @length: how many fit there
 * @error: return location for a #GError
 *
 * Reads on in the file that loft_members_next() has come to.
 *
 * Returns: how many bytes came, 0 at the end of the file, or -1 with @error set
 *   to a #LoftRegistryError
 */
gssize
loft_members_read (LoftMembers *self,
                   void *buffer,
                   gsize length,
                   GError **error)
{
  g_return_val_if_fail (self != NULL && buffer != NULL, -1);

  if (self->n_read > UNPACKED_MAX || g_get_monotonic_time () > self->end)
    {
      set_too_long (error);
      return -1;
    }

  la_ssize_t count = archive_read_data (self->reader, buffer, length);
  if (count < 0)
    {
      set_unreadable (self, error);
      return -1;
    }
  self->n_read += (guint64) count;

  return (gssize) count;
}
