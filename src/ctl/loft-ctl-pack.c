/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "ctl/loft-ctl-pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/loft-ctl-json.h"
#include "ctl/loft-ctl.h"

#define BLOCK (64 * 1024)
#define MANIFEST "manifest.json"
#define MANIFEST_MAX (256 * 1024)
#define DEPTH_MAX 64

/* What a folder holds at most: as much as a registry takes unless it is told
 * otherwise. To pack more only to hear that it is too much takes minutes, and
 * whoever knows of a registry that takes it can pack it himself. */
#define FOLDER_MAX (G_GUINT64_CONSTANT (256) * 1024 * 1024)

/* No registry takes a larger one. */
#define TARBALL_MAX (G_GUINT64_CONSTANT (1) * 1024 * 1024 * 1024)

/* A folder that is being packed. */
typedef struct _Place Place;
struct _Place
{
  const Place *above; /* not owned, NULL for the package itself */
  dev_t device;
  ino_t inode;
};

typedef struct archive Archive;
typedef struct archive_entry ArchiveEntry;

typedef struct
{
  Archive *archive; /* owned by who packs */
  guint64 size;     /* of all files together, as far as they are in it */
} Pack;

static void
reader_free (Archive *archive)
{
  archive_read_free (archive);
}

static void
writer_free (Archive *archive)
{
  archive_write_free (archive);
}

static int
compare_cb (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* In byte order, so that the same folder gives the same archive. */
static GPtrArray *
list (const char *path, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) folder = g_dir_open (path, 0, error);
  const char *name;

  if (folder == NULL)
    return NULL;
  while ((name = g_dir_read_name (folder)) != NULL)
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_cb);

  return g_steal_pointer (&names);
}

static gboolean
count (Pack *pack, const char *path, goffset size, GError **error)
{
  g_autofree char *most =
    g_format_size_full (FOLDER_MAX, G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *reason = g_strdup_printf (
    _ ("With this the package is larger than %s, which most registries refuse; "
       "a tarball that is made by tar may be"),
    most);

  if ((guint64) size > FOLDER_MAX - pack->size)
    return loft_ctl_fail (error, path, reason);
  pack->size += (guint64) size;

  return TRUE;
}

static gboolean
add_content (Pack *pack, const char *path, goffset size, GError **error)
{
  g_autofree char *buffer = g_malloc (BLOCK);
  int fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
  goffset done = 0;
  ssize_t n = 0;

  if (fd == -1)
    return loft_ctl_fail (error, path, g_strerror (errno));
  while (done < size && (n = read (fd, buffer, BLOCK)) > 0)
    {
      if (archive_write_data (pack->archive, buffer, (gsize) n) != n)
        break;
      done += n;
    }
  close (fd);

  return done == size ||
         loft_ctl_fail (error,
                        path,
                        _ ("It can't be read, or changes meanwhile"));
}

static gboolean add_folder (Pack *pack,
                            const Place *above,
                            const char *path,
                            const char *inner,
                            GError **error);

/* What a link stands for is published, as the loft client does it; so a folder
 * may come to hold itself. */
static gboolean
add_member (Pack *pack,
            const Place *above,
            const char *path,
            const char *inner,
            GError **error)
{
  GStatBuf status;
  if (g_stat (path, &status) == -1)
    return loft_ctl_fail (error, path, g_strerror (errno));
  if (!S_ISREG (status.st_mode) && !S_ISDIR (status.st_mode))
    return loft_ctl_fail (error,
                          path,
                          _ ("Only files and folders can be published"));
  if (S_ISREG (status.st_mode) && !count (pack, path, status.st_size, error))
    return FALSE;

  ArchiveEntry *entry = archive_entry_new ();
  archive_entry_copy_pathname (entry, inner);
  archive_entry_set_filetype (entry, status.st_mode & S_IFMT);
  archive_entry_set_perm (entry, status.st_mode & S_IXUSR ? 0755 : 0644);
  archive_entry_set_mtime (entry, status.st_mtime, 0);
  archive_entry_set_size (entry, S_ISREG (status.st_mode) ? status.st_size : 0);
  int result = archive_write_header (pack->archive, entry);
  archive_entry_free (entry);
  if (result < ARCHIVE_WARN)
    return loft_ctl_fail (error, path, archive_error_string (pack->archive));

  return S_ISDIR (status.st_mode)
           ? add_folder (pack, above, path, inner, error)
           : add_content (pack, path, status.st_size, error);
}

static gboolean
enter (Place *place, const char *path, GError **error)
{
  GStatBuf status;

  if (g_stat (path, &status) == -1)
    return loft_ctl_fail (error, path, g_strerror (errno));
  place->device = status.st_dev;
  place->inode = status.st_ino;

  guint depth = 0;
  for (const Place *above = place->above; above != NULL; above = above->above)
    if ((above->device == place->device && above->inode == place->inode) ||
        ++depth > DEPTH_MAX)
      return loft_ctl_fail (error,
                            path,
                            _ ("The folder holds itself, or too many"));

  return TRUE;
}

static gboolean
add_folder (Pack *pack,
            const Place *above,
            const char *path,
            const char *inner,
            GError **error)
{
  Place place = { .above = above };
  g_autoptr (GPtrArray) names =
    enter (&place, path, error) ? list (path, error) : NULL;
  if (names == NULL)
    return FALSE;

  for (guint i = 0; i < names->len; i++)
    {
      g_autofree char *child = g_build_filename (path, names->pdata[i], NULL);
      g_autofree char *child_inner =
        *inner != '\0' ? g_strconcat (inner, "/", names->pdata[i], NULL)
                       : g_strdup (names->pdata[i]);

      if (!add_member (pack, &place, child, child_inner, error))
        return FALSE;
    }

  return TRUE;
}

/* As the loft client does it: GNU tar in gzip, without a folder on top. */
static gboolean
pack (int fd, const char *path, GError **error)
{
  Archive *archive = archive_write_new ();
  Pack content = { .archive = archive };
  gboolean done = FALSE;

  if (archive_write_set_format_gnutar (archive) != ARCHIVE_OK ||
      archive_write_add_filter_gzip (archive) != ARCHIVE_OK ||
      archive_write_set_options (archive, "gzip:!timestamp") < ARCHIVE_WARN ||
      archive_write_open_fd (archive, fd) != ARCHIVE_OK)
    loft_ctl_fail (error, path, archive_error_string (archive));
  else if (add_folder (&content, NULL, path, "", error))
    done = archive_write_close (archive) == ARCHIVE_OK ||
           loft_ctl_fail (error, path, archive_error_string (archive));
  writer_free (archive);

  return done;
}

static gboolean
check_tarball (int fd, const char *path, GError **error)
{
  struct stat status;
  g_autofree char *most =
    g_format_size_full (TARBALL_MAX, G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *reason =
    g_strdup_printf (_ ("No registry takes more than %s"), most);

  if (fstat (fd, &status) == -1)
    return loft_ctl_fail (error, path, g_strerror (errno));
  if (!S_ISREG (status.st_mode))
    return loft_ctl_fail (error,
                          path,
                          _ ("Only files and folders can be published"));

  return (guint64) status.st_size <= TARBALL_MAX ||
         loft_ctl_fail (error, path, reason);
}

/**
 * loft_ctl_pack_open:
 * @path: a folder with a package in it, or a tarball
 * @error: return location for a #GError
 *
 * Opens a tarball, which is made if need be.
 *
 * Returns: a descriptor of a file, at its beginning, or -1 with @error set
 */
int
loft_ctl_pack_open (const char *path, GError **error)
{
  g_autofree char *temporary = NULL;

  if (!g_file_test (path, G_FILE_TEST_IS_DIR))
    {
      int tarball = g_open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);

      if (tarball == -1)
        loft_ctl_fail (error, path, g_strerror (errno));
      else if (!check_tarball (tarball, path, error))
        {
          close (tarball);
          return -1;
        }
      return tarball;
    }

  int fd = g_file_open_tmp ("loft-XXXXXX.tar.gz", &temporary, error);
  if (fd == -1)
    return -1;
  g_unlink (temporary);
  if (pack (fd, path, error) && lseek (fd, 0, SEEK_SET) == 0)
    return fd;

  close (fd);
  if (error != NULL && *error == NULL)
    loft_ctl_fail (error, path, g_strerror (errno));

  return -1;
}

/* What is nested more deeply than any manifest would take too much of the
 * stack. */
static gboolean
is_shallow (const char *text)
{
  gboolean in_string = FALSE;
  guint depth = 0;

  for (const char *c = text; *c != '\0'; c++)
    if (in_string && *c == '\\' && c[1] != '\0')
      c++;
    else if (*c == '"')
      in_string = !in_string;
    else if (!in_string && (*c == '[' || *c == '{') && ++depth > DEPTH_MAX)
      return FALSE;
    else if (!in_string && (*c == ']' || *c == '}') && depth > 0)
      depth--;

  return TRUE;
}

static char *
read_manifest (int fd)
{
  Archive *archive = archive_read_new ();
  ArchiveEntry *entry = NULL;
  char *text = NULL;

  if (archive_read_support_format_tar (archive) == ARCHIVE_OK &&
      archive_read_support_filter_gzip (archive) == ARCHIVE_OK &&
      archive_read_open_fd (archive, fd, BLOCK) == ARCHIVE_OK)
    while (text == NULL &&
           archive_read_next_header (archive, &entry) == ARCHIVE_OK)
      if (g_strcmp0 (archive_entry_pathname (entry), MANIFEST) == 0)
        {
          text = g_malloc0 (MANIFEST_MAX + 1);
          if (archive_read_data (archive, text, MANIFEST_MAX) < 0)
            *text = '\0';
        }
  reader_free (archive);

  return text;
}

/**
 * loft_ctl_pack_identify:
 * @fd: a tarball, at its beginning, where it is afterwards too
 * @out_name: (out) (transfer full): the name of the package
 * @out_version: (out) (transfer full): its version
 * @error: return location for a #GError
 *
 * Finds out which package it is, as its manifest has it.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_ctl_pack_identify (int fd,
                        char **out_name,
                        char **out_version,
                        GError **error)
{
  g_autofree char *text = read_manifest (fd);
  if (text == NULL || lseek (fd, 0, SEEK_SET) != 0)
    return loft_ctl_fail (error,
                          MANIFEST,
                          _ ("There is none at the root of the package"));

  g_autoptr (JsonObject) manifest =
    is_shallow (text) ? loft_ctl_json_parse (text, NULL) : NULL;
  const char *name =
    manifest != NULL ? loft_json_get_string (manifest, "name") : NULL;
  const char *version =
    manifest != NULL ? loft_json_get_string (manifest, "version") : NULL;
  if (name == NULL || version == NULL)
    return loft_ctl_fail (error,
                          MANIFEST,
                          _ ("It has no name and version in JSON"));

  *out_name = g_strdup (name);
  *out_version = g_strdup (version);

  return TRUE;
}
