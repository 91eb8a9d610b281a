/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

/* The connections: those that are read with, and the one that is written with.
 */

/**
 * loft_catalog_is_owner:
 * @self: a catalog
 *
 * Returns: whether this process builds it, and has not only joined
 */
gboolean
loft_catalog_is_owner (LoftCatalog *self)
{
  return self->lock_fd != -1;
}

/**
 * loft_catalog_change_file:
 * @self: a catalog
 * @file: another generation
 *
 * Has everybody read that from now on. Calls that are reading see the old one
 * to their end.
 */
void
loft_catalog_change_file (LoftCatalog *self, LoftCatalogFile *file)
{
  g_autoptr (GPtrArray) idle = NULL;
  g_autoptr (LoftCatalogFile) old = NULL;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  old = g_steal_pointer (&self->file);
  self->file = loft_catalog_file_ref (file);
  idle = g_steal_pointer (&self->idle);
  self->n_readers -= idle->len;
  self->idle = g_ptr_array_new_with_free_func (
    (GDestroyNotify) loft_catalog_connection_free);
  g_cond_broadcast (&self->returned);
}

/* Whoever has joined reads what the owner says that counts. */
static void
follow_owner (LoftCatalog *self)
{
  if (loft_catalog_is_owner (self))
    return;

  guint generation = loft_page_get_fact (self->page, LOFT_PAGE_GENERATION);
  {
    g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

    if (self->file->generation == generation)
      return;
  }

  g_autoptr (LoftCatalogFile) file =
    loft_catalog_file_new (self->directory, self->stem, generation);
  loft_catalog_change_file (self, file);
}

/**
 * loft_catalog_get_writer:
 * @self: a catalog whose writer_lock the caller has
 * @error: return location for a #GError
 *
 * Gives the connection for writing.
 *
 * Returns: (transfer none): the connection, or %NULL with @error set
 */
LoftCatalogConnection *
loft_catalog_get_writer (LoftCatalog *self, GError **error)
{
  g_autoptr (LoftCatalogFile) file = NULL;

  follow_owner (self);
  {
    g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

    file = loft_catalog_file_ref (self->file);
  }

  if (self->writer != NULL &&
      self->writer->file->generation == file->generation)
    return self->writer;

  g_clear_pointer (&self->writer, loft_catalog_connection_free);
  self->writer =
    loft_catalog_connection_open (file, SQLITE_OPEN_READWRITE, error);

  return self->writer;
}

/**
 * loft_catalog_take_reader:
 * @self: a catalog
 * @error: return location for a #GError
 *
 * Takes a connection for reading, waiting for one if all are in use.
 *
 * Returns: (transfer full): the connection, or %NULL with @error set
 */
LoftCatalogReader *
loft_catalog_take_reader (LoftCatalog *self, GError **error)
{
  g_autoptr (LoftCatalogFile) file = NULL;

  follow_owner (self);
  {
    g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

    while (self->idle->len == 0 && self->n_readers >= LOFT_CATALOG_READERS_MAX)
      {
        self->n_waiting++;
        g_cond_wait (&self->returned, &self->lock);
        self->n_waiting--;
      }
    if (self->idle->len > 0)
      return g_ptr_array_steal_index (self->idle, self->idle->len - 1);

    self->n_readers++;
    file = loft_catalog_file_ref (self->file);
  }

  LoftCatalogReader *reader =
    loft_catalog_connection_open (file, SQLITE_OPEN_READONLY, error);
  if (reader != NULL)
    {
      reader->catalog = self;
      return reader;
    }

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  self->n_readers--;
  g_cond_signal (&self->returned);

  return NULL;
}

/**
 * loft_catalog_give_reader:
 * @self: (transfer full): what loft_catalog_take_reader() gave
 *
 * Ends the read transaction, if there is one, and gives the connection back.
 */
void
loft_catalog_give_reader (LoftCatalogReader *self)
{
  LoftCatalog *catalog = self->catalog;
  g_autoptr (LoftCatalogConnection) surplus = NULL;

  loft_catalog_rollback (self);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&catalog->lock);
  if (self->file == catalog->file &&
      catalog->idle->len < LOFT_CATALOG_READERS_IDLE)
    {
      g_ptr_array_add (catalog->idle, self);
    }
  else
    {
      catalog->n_readers--;
      surplus = self;
    }
  if (catalog->n_waiting > 0)
    g_cond_signal (&catalog->returned);
}
