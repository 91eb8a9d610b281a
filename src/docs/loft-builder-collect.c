/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "docs/loft-builder-collect.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "registry/loft-docs.h"
#include "registry/loft-path.h"
#include "registry/loft-quote.h"
#include "registry/loft-registry-error.h"

/*
 * What a build has made, once all its processes have ended. Only files count:
 * where a link leads, nobody who serves it shall have to think about. What
 * begins with a dot is what tools leave for themselves.
 */

#define BLOCK (64 * 1024)

/* A file. */
typedef struct
{
  char *path; /* owned */
  guint64 size;
} LoftBuilderPage;

/* A walk through the folder. */
typedef struct
{
  LoftBuilderPages *pages; /* unowned */
  guint64 bytes_max;
  guint64 files_max;
} Walk;

static void
page_free (gpointer data)
{
  LoftBuilderPage *page = data;

  g_free (page->path);
  g_free (page);
}

/**
 * loft_builder_pages_free:
 * @self: (transfer full): what was collected
 *
 * Frees it.
 */
void
loft_builder_pages_free (LoftBuilderPages *self)
{
  g_return_if_fail (self != NULL);

  g_ptr_array_unref (self->files);
  g_free (self);
}

static gboolean fail (GError **error, const char *format, ...)
  G_GNUC_PRINTF (2, 3);

static gboolean
fail (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_RULES,
                       message);

  return FALSE;
}

static gboolean
fail_at (const char *path, const char *problem, GError **error)
{
  g_autofree char *quoted = loft_quote (path);

  return fail (error, "%s in the documentation %s", quoted, problem);
}

static gboolean
take_file (Walk *walk, const char *path, guint64 size, GError **error)
{
  LoftBuilderPages *pages = walk->pages;

  if (size > LOFT_DOCS_FILE_MAX)
    return fail_at (path, "is larger than 16 MiB", error);
  if (pages->files->len >= walk->files_max)
    return fail (error,
                 "The documentation has more than %" G_GUINT64_FORMAT " files",
                 walk->files_max);
  if (size > walk->bytes_max - pages->bytes)
    return fail (error,
                 "The documentation has more than %" G_GUINT64_FORMAT " bytes",
                 walk->bytes_max);

  LoftBuilderPage *page = g_new0 (LoftBuilderPage, 1);
  page->path = g_strdup (path);
  page->size = size;
  g_ptr_array_add (pages->files, page);
  pages->bytes += size;

  return TRUE;
}

static gboolean walk_folder (Walk *walk,
                             int parent,
                             const char *name,
                             const char *path,
                             GError **error);

static gboolean
take_entry (Walk *walk,
            int folder,
            const char *name,
            const char *above,
            GError **error)
{
  struct stat status;
  g_autofree char *path =
    *above != '\0' ? g_strconcat (above, "/", name, NULL) : g_strdup (name);
  const char *problem = loft_path_check (path, LOFT_BUILDER_PATH_MAX, NULL);

  if (problem != NULL)
    {
      g_autofree char *quoted = loft_quote (path);

      return fail (error,
                   "The path %s in the documentation can't be served: %s",
                   quoted,
                   problem);
    }
  if (fstatat (folder, name, &status, AT_SYMLINK_NOFOLLOW) == -1)
    return fail_at (path, "can't be read", error);
  if (S_ISDIR (status.st_mode))
    return walk_folder (walk, folder, name, path, error);
  if (S_ISREG (status.st_mode) && faccessat (folder, name, R_OK, 0) == -1)
    return fail_at (path, "can't be read", error);
  if (S_ISREG (status.st_mode))
    return take_file (walk, path, (guint64) status.st_size, error);
  walk->pages->others++;

  return TRUE;
}

static gboolean
walk_folder (Walk *walk,
             int parent,
             const char *name,
             const char *path,
             GError **error)
{
  int fd =
    openat (parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *stream = fd != -1 ? fdopendir (fd) : NULL;
  struct dirent *entry;
  gboolean is_good = TRUE;

  if (stream == NULL)
    {
      if (fd != -1)
        close (fd);
      return fail_at (path, "can't be read", error);
    }
  while (is_good && (entry = readdir (stream)) != NULL)
    if (entry->d_name[0] != '.')
      is_good = take_entry (walk, fd, entry->d_name, path, error);
  closedir (stream);

  return is_good;
}

static int
compare_cb (gconstpointer a, gconstpointer b)
{
  const LoftBuilderPage *const *one = a;
  const LoftBuilderPage *const *other = b;

  return strcmp ((*one)->path, (*other)->path);
}

static gboolean
has_index (LoftBuilderPages *self)
{
  for (guint i = 0; i < self->files->len; i++)
    {
      LoftBuilderPage *page = g_ptr_array_index (self->files, i);

      if (g_str_equal (page->path, LOFT_DOCS_INDEX))
        return TRUE;
    }

  return FALSE;
}

/**
 * loft_builder_pages_collect:
 * @folder: an open folder, in which nothing changes any more
 * @bytes_max: how many bytes its files may have together
 * @files_max: how many there may be
 * @error: return location for a #GError
 *
 * Lists the files of documentation.
 *
 * Returns: (transfer full): what there is, or %NULL with @error set to
 *   %LOFT_REGISTRY_ERROR_RULES
 */
LoftBuilderPages *
loft_builder_pages_collect (int folder,
                            guint64 bytes_max,
                            guint64 files_max,
                            GError **error)
{
  g_return_val_if_fail (folder >= 0, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftBuilderPages) self = g_new0 (LoftBuilderPages, 1);
  Walk walk = { .pages = self, .bytes_max = bytes_max, .files_max = files_max };

  self->files = g_ptr_array_new_with_free_func (page_free);
  if (!walk_folder (&walk, folder, ".", "", error))
    return NULL;
  if (!has_index (self))
    {
      fail (error, "No %s was made", LOFT_DOCS_INDEX);
      return NULL;
    }
  g_ptr_array_sort (self->files, compare_cb);

  return g_steal_pointer (&self);
}

static gboolean
write_content (struct archive *archive, int fd, guint64 size)
{
  g_autofree char *block = g_malloc (BLOCK);
  guint64 done = 0;
  gssize count = 0;

  while (done < size && (count = read (fd, block, BLOCK)) > 0)
    {
      if (archive_write_data (archive, block, (gsize) count) != count)
        return FALSE;
      done += (guint64) count;
    }

  return done == size;
}

static gboolean
write_page (struct archive *archive, int folder, const LoftBuilderPage *page)
{
  int fd =
    openat (folder, page->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd == -1)
    return FALSE;

  struct archive_entry *entry = archive_entry_new ();
  archive_entry_set_pathname (entry, page->path);
  archive_entry_set_filetype (entry, AE_IFREG);
  archive_entry_set_perm (entry, 0644);
  archive_entry_set_mtime (entry, 0, 0);
  archive_entry_set_size (entry, (la_int64_t) page->size);

  gboolean is_good = archive_write_header (archive, entry) == ARCHIVE_OK &&
                     write_content (archive, fd, page->size);
  archive_entry_free (entry);
  close (fd);

  return is_good;
}

/**
 * loft_builder_pages_write:
 * @self: what was collected
 * @folder: the folder that it was collected from
 * @fd: where to write
 *
 * Writes the files as a tar archive. The process must be in a locale of UTF-8.
 *
 * Returns: %FALSE if a file can't be read or written
 */
gboolean
loft_builder_pages_write (LoftBuilderPages *self, int folder, int fd)
{
  g_return_val_if_fail (self != NULL && folder >= 0 && fd >= 0, FALSE);

  struct archive *archive = archive_write_new ();
  gboolean is_good =
    archive_write_set_format_gnutar (archive) == ARCHIVE_OK &&
    archive_write_set_bytes_in_last_block (archive, 1) == ARCHIVE_OK &&
    archive_write_open_fd (archive, fd) == ARCHIVE_OK;

  for (guint i = 0; is_good && i < self->files->len; i++)
    is_good = write_page (archive, folder, g_ptr_array_index (self->files, i));
  if (is_good)
    is_good = archive_write_close (archive) == ARCHIVE_OK;
  else
    archive_write_fail (archive);
  archive_write_free (archive);

  return is_good;
}
