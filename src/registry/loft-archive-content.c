/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-archive-content.h"

#include <archive.h>

#include "registry/loft-readme.h"

/* What is kept of an archive: the list of its files, the manifest, the text of
 * the best readme. */

#define MANIFEST_MAX (1024 * 1024)

static void
file_free (gpointer data)
{
  LoftArchiveFile *file = data;

  g_free (file->path);
  g_free (file);
}

/**
 * loft_archive_content_new:
 *
 * Makes what will be found, with nothing in it yet.
 *
 * Returns: (transfer full): an archive without files
 */
LoftArchive *
loft_archive_content_new (void)
{
  LoftArchive *self = g_new0 (LoftArchive, 1);

  self->files = g_ptr_array_new_with_free_func (file_free);

  return self;
}

/**
 * loft_archive_free:
 * @self: (transfer full): what an inspection found
 *
 * Frees it.
 */
void
loft_archive_free (LoftArchive *self)
{
  g_return_if_fail (self != NULL);

  g_ptr_array_unref (self->files);
  g_clear_pointer (&self->manifest, loft_manifest_free);
  g_free (self->readme_path);
  g_free (self->readme);
  g_free (self);
}

/* Reads a member, or its first bytes; NULL if that failed. */
static GByteArray *
read_member (struct archive *reader, gsize most)
{
  g_autoptr (GByteArray) content = g_byte_array_sized_new (most);

  while (content->len < most)
    {
      guint8 buffer[8192];
      la_ssize_t count =
        archive_read_data (reader,
                           buffer,
                           MIN (sizeof buffer, most - content->len));

      if (count < 0)
        return NULL;
      if (count == 0)
        break;
      g_byte_array_append (content, buffer, count);
    }

  return g_steal_pointer (&content);
}

static gboolean
take_manifest (LoftArchive *self,
               struct archive *reader,
               guint64 size,
               LoftFindings *findings)
{
  if (size > MANIFEST_MAX)
    {
      loft_findings_add (findings,
                         "manifest-size",
                         LOFT_ARCHIVE_MANIFEST,
                         "manifest.json is larger than 1 MiB");
      return TRUE;
    }

  g_autoptr (GByteArray) content = read_member (reader, size);
  if (content == NULL)
    return FALSE;

  self->manifest = loft_manifest_parse ((const char *) content->data,
                                        content->len,
                                        LOFT_ARCHIVE_MANIFEST,
                                        findings);

  return TRUE;
}

static gboolean
take_readme (LoftArchive *self, struct archive *reader, const char *path)
{
  g_autoptr (GByteArray) content = read_member (reader, LOFT_README_MAX + 1);
  if (content == NULL)
    return FALSE;

  g_free (self->readme_path);
  self->readme_path = g_strdup (path);
  g_free (self->readme);
  self->readme = loft_readme_text ((const char *) content->data, content->len);

  return TRUE;
}

/**
 * loft_archive_content_take:
 * @self: what was found so far
 * @reader: (type gpointer): libarchive, before the content of a file
 * @path: the file's path
 * @size: how many bytes it has
 * @findings: where to add what is wrong with a manifest
 *
 * Notes a file, and reads it if it is of interest.
 *
 * Returns: %FALSE if libarchive could not read it
 */
gboolean
loft_archive_content_take (LoftArchive *self,
                           struct archive *reader,
                           const char *path,
                           guint64 size,
                           LoftFindings *findings)
{
  g_return_val_if_fail (self != NULL && reader != NULL, FALSE);
  g_return_val_if_fail (path != NULL && findings != NULL, FALSE);

  LoftArchiveFile *file = g_new0 (LoftArchiveFile, 1);
  guint best =
    self->readme_path != NULL ? loft_readme_rank (self->readme_path) : 0;

  file->path = g_strdup (path);
  file->size = size;
  g_ptr_array_add (self->files, file);
  self->unpacked += size;

  if (g_str_equal (path, LOFT_ARCHIVE_MANIFEST))
    return take_manifest (self, reader, size, findings);
  if (loft_readme_rank (path) > best)
    return take_readme (self, reader, path);

  return TRUE;
}
