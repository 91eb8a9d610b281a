/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "ctl/loft-ctl-import.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/loft-ctl-progress.h"

/* Import from a folder of the original server. Nothing in it is believed: what
 * is no plain file is not opened, and the registry looks into the rest as if it
 * were published. */

#define DOCUMENT_MAX (4 * 1024 * 1024)
#define SUFFIX ".json"
#define BLOCK (64 * 1024)

static int
compare_cb (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const char *const *) a, *(const char *const *) b);
}

static void
list_versions (const char *folder, const char *name, GPtrArray *versions)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GDir) documents = g_file_test (path, G_FILE_TEST_IS_SYMLINK)
                                 ? NULL
                                 : g_dir_open (path, 0, NULL);
  const char *file;

  while (documents != NULL && (file = g_dir_read_name (documents)) != NULL)
    if (g_str_has_suffix (file, SUFFIX) && !g_str_equal (file, "package.json"))
      {
        gsize length = strlen (file) - strlen (SUFFIX);

        g_ptr_array_add (versions,
                         g_strdup_printf ("%s/%.*s", name, (int) length, file));
      }
}

static GPtrArray *
list (const char *path, GError **error)
{
  g_autoptr (GPtrArray) versions = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) folder = g_dir_open (path, 0, error);
  const char *name;

  if (folder == NULL)
    return NULL;
  while ((name = g_dir_read_name (folder)) != NULL)
    if (*name != '.' && *name != '_' && !g_str_equal (name, "docs"))
      list_versions (path, name, versions);
  g_ptr_array_sort (versions, compare_cb);

  return g_steal_pointer (&versions);
}

static int
open_file (const char *folder,
           const char *stem,
           const char *suffix,
           GError **error)
{
  g_autofree char *file = g_strconcat (stem, suffix, NULL);
  g_autofree char *path = g_build_filename (folder, file, NULL);
  struct stat status;
  int fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0);

  if (fd != -1 && fstat (fd, &status) == 0 && S_ISREG (status.st_mode))
    return fd;

  g_set_error (error,
               LOFT_CTL_ERROR,
               LOFT_CTL_ERROR_FAILED,
               "%s: %s",
               file,
               fd == -1 ? g_strerror (errno) : _ ("This is no plain file"));
  if (fd != -1)
    close (fd);

  return -1;
}

static char *
read_document (const char *folder, const char *stem, GError **error)
{
  g_autofree char *text = g_malloc0 (DOCUMENT_MAX + 1);
  gsize length = 0;
  ssize_t n = 0;
  int fd = open_file (folder, stem, SUFFIX, error);
  if (fd == -1)
    return NULL;

  while (length < DOCUMENT_MAX &&
         (n = read (fd, text + length, DOCUMENT_MAX - length)) > 0)
    length += (gsize) n;
  close (fd);
  if (n == 0 && g_utf8_validate_len (text, length, NULL))
    return g_steal_pointer (&text);

  g_set_error (error,
               LOFT_CTL_ERROR,
               LOFT_CTL_ERROR_FAILED,
               _ ("%s%s: This is no document"),
               stem,
               SUFFIX);
  return NULL;
}

static char *
compute_sha256 (int fd, GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guchar *block = g_malloc (BLOCK);
  ssize_t n;

  while ((n = read (fd, block, BLOCK)) > 0)
    g_checksum_update (checksum, block, n);
  if (n == 0)
    return g_strdup (g_checksum_get_string (checksum));

  g_set_error_literal (error,
                       LOFT_CTL_ERROR,
                       LOFT_CTL_ERROR_FAILED,
                       g_strerror (errno));
  return NULL;
}

static gboolean
import_version (const LoftCtlImport *self,
                const char *folder,
                const char *stem,
                const char *version,
                GError **error)
{
  g_autofree char *document = read_document (folder, stem, error);
  if (document == NULL)
    return FALSE;
  int fd = open_file (folder, stem, ".tar.gz", error);
  if (fd == -1)
    return FALSE;

  if (!self->dry_run)
    {
      gboolean given =
        loft_ctl_intake_give (self->intake, version, fd, document, error);

      close (fd);
      return given;
    }

  g_autofree char *sha256 = compute_sha256 (fd, error);
  close (fd);
  if (sha256 == NULL)
    return FALSE;
  loft_ctl_intake_note (self->intake,
                        version,
                        sha256,
                        loft_ctl_intake_find (self->intake, version, sha256));

  return TRUE;
}

/* Versions of a package follow one another. */
static gboolean
import_stem (const LoftCtlImport *self,
             const char *folder,
             const char *stem,
             char **name,
             GError **error)
{
  g_auto (GStrv) parts = g_strsplit (stem, "/", 2);
  g_autoptr (GError) local_error = NULL;

  if (!g_utf8_validate (stem, -1, NULL))
    g_set_error_literal (&local_error,
                         LOFT_CTL_ERROR,
                         LOFT_CTL_ERROR_FAILED,
                         _ ("The name is not in UTF-8"));
  else if (g_strcmp0 (*name, parts[0]) != 0)
    {
      g_free (*name);
      *name = g_strdup (parts[0]);
      loft_ctl_intake_begin (self->intake, parts[0], &local_error);
    }
  if (local_error == NULL)
    import_version (self, folder, stem, parts[1], &local_error);
  if (local_error == NULL ||
      loft_ctl_intake_refuse (self->intake, parts[0], parts[1], &local_error))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

/**
 * loft_ctl_import_folder:
 * @ctl: what the command was told
 * @self: what is to be done
 * @path: a folder
 * @error: return location for a #GError
 *
 * Takes in what is in a folder. What is wrong with some of it is told, and
 * keeps nothing else out.
 *
 * Returns: %TRUE, or %FALSE with @error set if there was no use in going on
 */
gboolean
loft_ctl_import_folder (const LoftCtl *ctl,
                        const LoftCtlImport *self,
                        const char *path,
                        GError **error)
{
  g_autofree char *name = NULL;
  g_autoptr (GPtrArray) versions = list (path, error);
  if (versions == NULL)
    return FALSE;

  g_autoptr (LoftCtlProgress) progress = loft_ctl_progress_new (ctl);
  for (guint i = 0; i < versions->len; i++)
    {
      loft_ctl_progress_show (progress, i, versions->len, "versions");
      if (!import_stem (self, path, versions->pdata[i], &name, error))
        return FALSE;
    }

  return TRUE;
}
