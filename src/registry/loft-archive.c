/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>

#include "registry/loft-archive-content.h"
#include "registry/loft-archive-tree.h"
#include "registry/loft-gunzip.h"
#include "registry/loft-path.h"
#include "registry/loft-quote.h"
#include "registry/loft-tar-check.h"

/*
 * How an archive is looked at, once and in bounded memory: the file is inflated
 * piece by piece (LoftGunzip); each piece first passes the check of the raw
 * headers (LoftTarCheck), which hands on every member, whose path then has to
 * fit in with the others (LoftArchiveTree); and only then libarchive gets it,
 * which reads the few files that are of interest. What libarchive makes of the
 * headers must be what the check made of them.
 *
 * Findings about a path do not end the inspection, so that a publisher is told
 * of all of them. Those about the form of the archive do: whatever came after
 * them would be guesswork, or a bomb.
 */

#define PIECE_SIZE 65536

typedef struct archive ArchiveReader;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArchiveReader, archive_read_free)

/* A member whose header has passed, and which libarchive has not read yet. */
typedef struct
{
  LoftTarMember *member; /* owned */
  char *path;            /* owned, normalised; NULL if it was refused */
} Expected;

typedef struct
{
  LoftFindings *findings;    /* unowned */
  GCancellable *cancellable; /* unowned, nullable */
  GError *error;             /* owned, nullable: why we failed */
  gboolean is_stopped;       /* a finding ended the inspection */

  LoftGunzip *gunzip;    /* owned */
  LoftTarCheck *check;   /* owned */
  LoftArchiveTree *tree; /* owned */
  GQueue expected;       /* owned, of owned Expected */
  gboolean has_manifest;

  LoftArchive *archive; /* owned */
  guint8 *piece;        /* owned */
} Inspection;

static void
expected_free (gpointer data)
{
  Expected *expected = data;

  loft_tar_member_free (expected->member);
  g_free (expected->path);
  g_free (expected);
}

static void
inspection_free (Inspection *self)
{
  g_clear_error (&self->error);
  g_clear_pointer (&self->gunzip, loft_gunzip_free);
  g_clear_pointer (&self->check, loft_tar_check_free);
  g_clear_pointer (&self->tree, loft_archive_tree_free);
  g_queue_clear_full (&self->expected, expected_free);
  g_clear_pointer (&self->archive, loft_archive_free);
  g_free (self->piece);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Inspection, inspection_free)

/* The folder that everything is unpacked in may be a member too. */
static gboolean
is_root (const LoftTarMember *member)
{
  return member->type == '5' &&
         (g_str_equal (member->path, ".") || g_str_equal (member->path, "./"));
}

/* Whether the member may be where it wants to be. */
static gboolean
place_member (Inspection *self, const LoftTarMember *member, const char *path)
{
  LoftArchiveKind kind = member->type == '5'   ? LOFT_ARCHIVE_FOLDER
                         : member->type == '2' ? LOFT_ARCHIVE_LINK
                                               : LOFT_ARCHIVE_FILE;

  if (g_str_equal (path, LOFT_ARCHIVE_MANIFEST) && self->has_manifest)
    {
      loft_findings_add (self->findings,
                         "manifest-duplicate",
                         LOFT_ARCHIVE_MANIFEST,
                         "The archive has two files manifest.json");
      return FALSE;
    }

  if (!loft_archive_tree_add (self->tree, path, kind, member->target))
    return FALSE;

  if (g_str_equal (path, LOFT_ARCHIVE_MANIFEST) && kind == LOFT_ARCHIVE_FILE)
    self->has_manifest = TRUE;

  return TRUE;
}

static gboolean
take_member_cb (LoftTarMember *member, gpointer user_data)
{
  Inspection *self = user_data;
  Expected *expected = g_new0 (Expected, 1);

  expected->member = member;
  g_queue_push_tail (&self->expected, expected);
  if (is_root (member))
    return TRUE;

  g_autofree char *path =
    loft_path_normalise (member->path, member->type == '5');
  if (place_member (self, member, path))
    expected->path = g_steal_pointer (&path);

  return !loft_archive_tree_is_full (self->tree);
}

/* Inflates the next piece and checks it. Returns how many bytes it has, 0 at
 * the end, or -1 if the inspection is over. */
static gssize
next_piece (Inspection *self)
{
  if (g_cancellable_set_error_if_cancelled (self->cancellable, &self->error))
    return -1;

  gssize count =
    loft_gunzip_read (self->gunzip, self->piece, PIECE_SIZE, &self->error);
  if (count == -1)
    return -1;

  gboolean is_good = count > 0
                       ? loft_tar_check_feed (self->check, self->piece, count)
                       : !loft_gunzip_is_broken (self->gunzip) &&
                           loft_tar_check_finish (self->check);
  if (!is_good)
    {
      self->is_stopped = TRUE;
      return -1;
    }

  return count;
}

static la_ssize_t
read_cb (ArchiveReader *reader, void *user_data, const void **out_buffer)
{
  Inspection *self = user_data;
  gboolean is_over = self->is_stopped || self->error != NULL;
  gssize count = is_over ? -1 : next_piece (self);

  *out_buffer = self->piece;
  if (count == -1)
    archive_set_error (reader, EINVAL, "The inspection is over");

  return count;
}

/* Says that libarchive cannot read what we could, if it is that. */
static void
add_unreadable (Inspection *self, ArchiveReader *reader)
{
  if (self->is_stopped || self->error != NULL)
    return;

  const char *message = archive_error_string (reader);
  g_autofree char *quoted = loft_quote (message != NULL ? message : "");
  self->is_stopped = TRUE;
  loft_findings_add (self->findings,
                     "tar-unreadable",
                     NULL,
                     "The archive cannot be read: %s",
                     quoted);
}

/* An empty string is the same as none, which libarchive makes of it. */
static gboolean
is_same (const char *one, const char *other)
{
  return g_str_equal (one != NULL ? one : "", other != NULL ? other : "");
}

/* Whether libarchive reads the same in the headers as the check did. */
static gboolean
agrees (const LoftTarMember *member, struct archive_entry *entry)
{
  gboolean is_folder = member->type == '5';
  gboolean is_link = member->type == '2';
  unsigned int type = is_folder ? AE_IFDIR : is_link ? AE_IFLNK : AE_IFREG;

  return archive_entry_filetype (entry) == type &&
         is_same (archive_entry_pathname (entry), member->path) &&
         archive_entry_hardlink (entry) == NULL &&
         is_same (archive_entry_symlink (entry), member->target) &&
         (is_folder || is_link ||
          (archive_entry_size_is_set (entry) &&
           (guint64) archive_entry_size (entry) == member->size));
}

static void
add_disagreement (Inspection *self, const char *path)
{
  self->is_stopped = TRUE;
  loft_findings_add (self->findings,
                     "tar-disagree",
                     path,
                     "The archive can be read in more than one way");
}

static void
take_entry (Inspection *self,
            ArchiveReader *reader,
            struct archive_entry *entry)
{
  Expected *expected = g_queue_pop_head (&self->expected);

  if (expected == NULL)
    {
      add_disagreement (self, NULL);
      return;
    }

  const LoftTarMember *member = expected->member;
  if (expected->path != NULL && !agrees (member, entry))
    add_disagreement (self, expected->path);
  else if (expected->path != NULL && member->type != '5' && member->type != '2')
    {
      if (!loft_archive_content_take (self->archive,
                                      reader,
                                      expected->path,
                                      member->size,
                                      self->findings))
        add_unreadable (self, reader);
    }

  expected_free (expected);
}

static void
read_members (Inspection *self, ArchiveReader *reader)
{
  while (!self->is_stopped && self->error == NULL)
    {
      struct archive_entry *entry = NULL;
      int status = archive_read_next_header (reader, &entry);

      if (status == ARCHIVE_EOF)
        break;
      if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
        add_unreadable (self, reader);
      else
        take_entry (self, reader, entry);
    }
}

static gboolean
open_reader (Inspection *self, ArchiveReader *reader)
{
  if (archive_read_support_format_tar (reader) == ARCHIVE_OK &&
      archive_read_open (reader, self, NULL, read_cb, NULL) == ARCHIVE_OK)
    return TRUE;

  add_unreadable (self, reader);

  return FALSE;
}

/* What can only be said at the end of a whole archive. */
static void
check_whole (Inspection *self)
{
  if (!g_queue_is_empty (&self->expected))
    {
      add_disagreement (self, NULL);
      return;
    }

  loft_archive_tree_check_links (self->tree);
  if (!self->has_manifest)
    loft_findings_add (self->findings,
                       "manifest-missing",
                       LOFT_ARCHIVE_MANIFEST,
                       "The archive has no file manifest.json at its root");
}

static int
compare_files (gconstpointer a, gconstpointer b)
{
  const LoftArchiveFile *const *one = a;
  const LoftArchiveFile *const *other = b;

  return strcmp ((*one)->path, (*other)->path);
}

static void
inspect (Inspection *self)
{
  g_autoptr (ArchiveReader) reader = archive_read_new ();

  if (open_reader (self, reader))
    read_members (self, reader);

  /* libarchive stops at the end of the archive; what is after it counts. */
  gssize count = 1;
  while (!self->is_stopped && self->error == NULL && count > 0)
    count = next_piece (self);

  if (!self->is_stopped && self->error == NULL)
    check_whole (self);

  g_ptr_array_sort (self->archive->files, compare_files);
}

/* libarchive converts names by the locale of the thread. */
static gboolean
inspect_in_utf8 (Inspection *self)
{
  locale_t utf8 = newlocale (LC_CTYPE_MASK, "C.UTF-8", (locale_t) 0);
  if (utf8 == (locale_t) 0)
    {
      g_set_error_literal (&self->error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_FAILED,
                           "This system has no locale C.UTF-8");
      return FALSE;
    }

  locale_t before = uselocale (utf8);
  inspect (self);
  uselocale (before);
  freelocale (utf8);

  return self->error == NULL;
}

/**
 * loft_archive_inspect:
 * @fd: a regular file, which must stay open; its position is not used
 * @limits: what the archive may hold
 * @findings: where to add what is wrong
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Looks at the archive of a package: one intact gzip member that holds a plain
 * tar archive of files, folders and symbolic links, which every client unpacks
 * to the same files below the folder that it unpacks to. It takes memory for
 * the list of members, not for their content, and may take as long as it takes
 * to inflate the file: not for the main loop.
 *
 * What is wrong with the archive is a finding, by the rules named at
 * loft_gunzip_new(), loft_tar_check_new(), loft_archive_tree_new()
 * and loft_manifest_parse(), and `tar-unreadable`,
 * `tar-disagree`, `manifest-missing`, `manifest-duplicate` and `manifest-size`.
 * Where there are findings, what is returned may be
 * incomplete.
 *
 * Returns: (transfer full): what was found, whether or not there are findings;
 *   or %NULL with @error set: %LOFT_REGISTRY_ERROR_FAILED if the file cannot be
 *   read, %G_IO_ERROR_CANCELLED
 */
LoftArchive *
loft_archive_inspect (int fd,
                      const LoftArchiveLimits *limits,
                      LoftFindings *findings,
                      GCancellable *cancellable,
                      GError **error)
{
  g_return_val_if_fail (fd >= 0, NULL);
  g_return_val_if_fail (limits != NULL && findings != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  struct stat status;
  if (fstat (fd, &status) == -1)
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_FAILED,
                   "Cannot look at the archive: %s",
                   g_strerror (errno));
      return NULL;
    }

  g_autoptr (Inspection) self = g_new0 (Inspection, 1);
  self->findings = findings;
  self->cancellable = cancellable;
  self->piece = g_malloc (PIECE_SIZE);
  self->gunzip = loft_gunzip_new (fd, findings);
  self->check =
    loft_tar_check_new (limits, status.st_size, findings, take_member_cb, self);
  self->tree = loft_archive_tree_new (MIN (limits->entries, G_MAXUINT / 4) * 2,
                                      limits->path,
                                      findings);
  self->archive = loft_archive_content_new ();

  if (!inspect_in_utf8 (self))
    {
      g_propagate_error (error, g_steal_pointer (&self->error));
      return NULL;
    }

  return g_steal_pointer (&self->archive);
}
