/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>

#include "registry/loft-registry-error.h"

/* A generation as one file that others can begin with: a copy of the catalog as
 * it was at one moment, and the way back. */

static LoftCatalogFile *
ref_file (LoftCatalog *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return loft_catalog_file_ref (self->file);
}

static gboolean
read_meta (const char *path, LoftCatalogMeta *out_meta, GError **error)
{
  g_autoptr (LoftCatalogFile) file = loft_catalog_file_new_at (path);
  g_autoptr (LoftCatalogConnection) copy =
    loft_catalog_connection_open (file, SQLITE_OPEN_READONLY, error);

  return copy != NULL && loft_catalog_read_meta (copy, out_meta, error);
}

/**
 * loft_catalog_make_snapshot_path:
 * @self: a catalog of which this process is the owner
 *
 * Names a file beside the catalog for a copy of it. It is the owner's alone,
 * and taken for no generation.
 *
 * Returns: (transfer full): a path
 */
char *
loft_catalog_make_snapshot_path (LoftCatalog *self)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);

  return g_strdup_printf ("%s/catalog-%s.snapshot",
                          self->directory,
                          self->stem);
}

/**
 * loft_catalog_write_snapshot:
 * @self: a catalog that is complete
 * @path: where nobody reads, on the disk of the catalog; what is there is lost
 * @out_sequence: (out): the last event that is in the copy
 * @error: return location for a #GError
 *
 * Copies the catalog as it is at one moment. Readers and writers go on
 * meanwhile. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set, such as
 *   %LOFT_REGISTRY_ERROR_NOT_READY or %LOFT_REGISTRY_ERROR_NO_SPACE; there is
 *   no file then
 */
gboolean
loft_catalog_write_snapshot (LoftCatalog *self,
                             const char *path,
                             guint64 *out_sequence,
                             GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (path != NULL && out_sequence != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (LoftCatalogFile) file = ref_file (self);
  g_autoptr (LoftCatalogConnection) source =
    loft_catalog_connection_open (file, SQLITE_OPEN_READONLY, error);
  LoftCatalogMeta meta = { 0 };

  g_unlink (path);
  if (source == NULL ||
      !loft_catalog_run (source, error, "VACUUM INTO ?1", "t", path) ||
      !read_meta (path, &meta, error))
    {
      g_unlink (path);
      return FALSE;
    }
  *out_sequence = meta.applied;
  if (meta.complete)
    return TRUE;

  g_unlink (path);
  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_NOT_READY,
                       "The catalog is not complete yet");

  return FALSE;
}

/* What nobody has changed since it was checked is worth nothing after a power
 * cut, unless it is on the disk. */
static gboolean
move_to_disk (const char *path, const char *new_path, GError **error)
{
  int fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);
  gboolean moved =
    fd != -1 && g_fsync (fd) == 0 && g_rename (path, new_path) == 0;
  int code = errno;

  if (fd != -1)
    g_close (fd, NULL);
  if (moved)
    return TRUE;

  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               code == ENOSPC || code == EDQUOT ? LOFT_REGISTRY_ERROR_NO_SPACE
                                                : LOFT_REGISTRY_ERROR_FAILED,
               "The copy “%s” can't be made a catalog: %s",
               path,
               g_strerror (code));

  return FALSE;
}

/**
 * loft_catalog_adopt_snapshot:
 * @self: a catalog of which this process is the owner
 * @path: what loft_catalog_write_snapshot() made, wherever that was; on the
 *   disk of the catalog
 * @error: return location for a #GError
 *
 * Takes a copy for a new generation, which then is the one that counts. To be
 * called only while nobody is answered from the catalog. Blocks.
 *
 * Returns: %TRUE, and the file is the catalog's; or %FALSE with @error set,
 *   such as %LOFT_REGISTRY_ERROR_CORRUPT for what is no catalog, and nothing
 *   has changed
 */
gboolean
loft_catalog_adopt_snapshot (LoftCatalog *self,
                             const char *path,
                             GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (loft_catalog_is_owner (self), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  {
    g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->writer_lock);
    if (!loft_catalog_keep_lock (self, error))
      return FALSE;

    g_autoptr (LoftCatalogFile) file =
      loft_catalog_file_new (self->directory,
                             self->stem,
                             self->writer->file->generation + 1);
    if (!move_to_disk (path, file->path, error))
      return FALSE;

    LoftCatalogConnection *writer = loft_catalog_open_existing (file, error);
    if (writer == NULL || !loft_catalog_disown_downloads (writer, error))
      {
        g_atomic_int_set (&file->superseded, TRUE);
        g_clear_pointer (&writer, loft_catalog_connection_free);
        return FALSE;
      }

    loft_catalog_change_writer (self, writer);
  }

  return loft_catalog_tell_sequence (self, error);
}
