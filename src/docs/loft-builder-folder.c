/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "docs/loft-builder-folder.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

#include "registry/loft-archive.h"
#include "registry/loft-path.h"

/*
 * The sources of a package, in a folder of the builder's own. What a registry
 * publishes has passed an inspection; here it passes it again, since who asks
 * may have let through anything, and the files are written outside the sandbox.
 */

#define UNPACKED_MAX (G_GUINT64_CONSTANT (1) * 1024 * 1024 * 1024)
#define ENTRIES_MAX 100000
#define PATH_LENGTH_MAX 1024
#define BLOCK (64 * 1024)
#define DESCRIPTORS 32

typedef struct archive ArchiveReader;
typedef struct archive ArchiveWriter;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArchiveReader, archive_read_free)

static void
writer_free (ArchiveWriter *writer)
{
  archive_write_free (writer);
}

/**
 * loft_builder_folder_new:
 * @error: return location for a #GError
 *
 * Makes an empty folder for temporary files.
 *
 * Returns: (transfer full): its path, or %NULL with @error set
 */
char *
loft_builder_folder_new (GError **error)
{
  return g_dir_make_tmp ("loft-docs-XXXXXX", error);
}

static int
remove_cb (const char *path,
           const struct stat *status,
           int kind,
           struct FTW *at)
{
  return remove (path);
}

/**
 * loft_builder_folder_remove:
 * @folder: (transfer full): a folder
 *
 * Removes a folder with all that is in it.
 */
void
loft_builder_folder_remove (char *folder)
{
  g_return_if_fail (folder != NULL);

  if (nftw (folder, remove_cb, DESCRIPTORS, FTW_DEPTH | FTW_MOUNT | FTW_PHYS) ==
      -1)
    g_warning ("%s can't be removed: %s", folder, g_strerror (errno));
  g_free (folder);
}

static gboolean
inspect (int tarball, GError **error)
{
  const LoftArchiveLimits limits = {
    .unpacked = UNPACKED_MAX,
    .ratio = 1,
    .ratio_from = G_MAXUINT64,
    .entries = ENTRIES_MAX,
    .path = PATH_LENGTH_MAX,
  };
  g_autoptr (LoftFindings) findings = loft_findings_new ();
  g_autoptr (LoftArchive) archive =
    loft_archive_inspect (tarball, &limits, findings, NULL, error);

  if (archive == NULL)
    return FALSE;
  if (loft_findings_get_length (findings) == 0)
    return TRUE;

  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_RULES,
               "The tarball can't be unpacked: %s",
               loft_findings_get (findings, 0)->detail);

  return FALSE;
}

static gboolean
fail (ArchiveReader *archive, GError **error)
{
  const char *message = archive_error_string (archive);

  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               archive_errno (archive) == ENOSPC ? LOFT_REGISTRY_ERROR_NO_SPACE
                                                 : LOFT_REGISTRY_ERROR_FAILED,
               "The tarball can't be unpacked: %s",
               message != NULL ? message : "it can't be read");

  return FALSE;
}

static gboolean
copy_content (ArchiveReader *reader, ArchiveWriter *writer, GError **error)
{
  const void *block;
  size_t length;
  la_int64_t offset;
  int status;

  while (
    (status = archive_read_data_block (reader, &block, &length, &offset)) ==
    ARCHIVE_OK)
    if (archive_write_data_block (writer, block, length, offset) < 0)
      return fail (writer, error);

  return status == ARCHIVE_EOF || fail (reader, error);
}

/* Below @folder; owned by nobody else, and without any bit that means more. */
static gboolean
write_member (ArchiveReader *reader,
              ArchiveWriter *writer,
              struct archive_entry *entry,
              const char *folder,
              GError **error)
{
  gboolean is_folder = archive_entry_filetype (entry) == AE_IFDIR;
  g_autofree char *path =
    loft_path_normalise (archive_entry_pathname (entry), is_folder);
  g_autofree char *full = g_build_filename (folder, path, NULL);
  gboolean can_run = is_folder || (archive_entry_perm (entry) & 0100) != 0;

  if (is_folder && g_str_equal (path, "."))
    return TRUE;
  archive_entry_set_pathname (entry, full);
  archive_entry_set_perm (entry, can_run ? 0755 : 0644);
  if (archive_write_header (writer, entry) != ARCHIVE_OK)
    return fail (writer, error);
  if (!is_folder && !copy_content (reader, writer, error))
    return FALSE;

  return archive_write_finish_entry (writer) == ARCHIVE_OK ||
         fail (writer, error);
}

/**
 * loft_builder_folder_unpack:
 * @folder: an empty folder
 * @tarball: an open tarball
 * @error: return location for a #GError
 *
 * Unpacks a package. The process must be in a locale of UTF-8.
 *
 * Returns: %TRUE, or %FALSE with @error set: %LOFT_REGISTRY_ERROR_RULES if it
 *   is the tarball's fault
 */
gboolean
loft_builder_folder_unpack (const char *folder, int tarball, GError **error)
{
  g_return_val_if_fail (folder != NULL && tarball >= 0, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!inspect (tarball, error))
    return FALSE;

  g_autoptr (ArchiveReader) reader = archive_read_new ();
  ArchiveWriter *writer = archive_write_disk_new ();
  struct archive_entry *entry = NULL;
  gboolean is_good = TRUE;
  int status = ARCHIVE_OK;

  archive_write_disk_set_options (writer,
                                  ARCHIVE_EXTRACT_SECURE_NODOTDOT |
                                    ARCHIVE_EXTRACT_NO_OVERWRITE);
  if (lseek (tarball, 0, SEEK_SET) == -1 ||
      archive_read_support_filter_gzip (reader) != ARCHIVE_OK ||
      archive_read_support_format_tar (reader) != ARCHIVE_OK ||
      archive_read_open_fd (reader, tarball, BLOCK) != ARCHIVE_OK)
    is_good = fail (reader, error);
  while (is_good &&
         (status = archive_read_next_header (reader, &entry)) == ARCHIVE_OK)
    is_good = write_member (reader, writer, entry, folder, error);
  if (is_good && status != ARCHIVE_EOF)
    is_good = fail (reader, error);
  writer_free (writer);

  return is_good;
}
