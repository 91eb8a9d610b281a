/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>

#include "registry/loft-catalog-private.h"
#include "registry/loft-registry-error.h"

/*
 * Who reads and writes the catalog, and when.
 *
 * One connection writes. Whoever wants it takes `writer_lock` and keeps it for
 * one transaction, which is one call from outside; the order in which events
 * are applied is the order in which the lock was taken, and the check of the
 * sequence inside the transaction refuses any other. BEGIN IMMEDIATE comes
 * first, so that a transaction fails before it has done any work, never in the
 * middle of it for want of a lock.
 *
 * Up to LOFT_CATALOG_READERS_MAX connections read. A call takes one out of the
 * pool, and gives it back before it returns; no two threads ever share one, and
 * none waits for the writer: in WAL mode a reader sees the state of the last
 * commit before its transaction began. No read transaction outlives its call,
 * or the log of SQLite could never be emptied. Where a call needs several
 * statements they run in one transaction, so that they see one state.
 *
 * What others may remember of the catalog is told apart by the numbers in the
 * page. They move after the commit and before the write returns, so whoever
 * reads them and then the catalog never takes the old for the new.
 *
 * What the catalog says of itself is read from it each time, since another
 * process may have written last. `lock` guards the pool. It is never taken
 * while waiting for SQLite, nor `writer_lock` while it is held.
 *
 * A commit is not forced to the disk (synchronous=NORMAL): after a power cut
 * the catalog may be some events behind, never between two of them. The log
 * has them, and applies them again. For the same reason only a checkpoint
 * writes to the database itself, and it is a call of its own, so that nobody
 * waits for it who publishes.
 *
 * Starting over is a new file, a generation. Readers that are in the middle of
 * a call finish it in the old one; the connections to it close as they come
 * back, and the last one to close deletes it. A file is never replaced by
 * another of its name, and never deleted while anybody has it open.
 *
 * Of the processes of one daemon one owns the catalog: it builds generations,
 * says in the page which one counts, and looks after it. The others join: they
 * read, and apply events as it does.
 *
 * Other daemons on the host are kept away by a lock on a file of its own, whose
 * descriptor is used for nothing else: closing any descriptor of a file drops
 * the POSIX locks that SQLite has on it, so the databases are opened by SQLite
 * alone.
 */

#define WAL_SIZE_MAX (64 * 1024 * 1024)
#define PAGE_SIZE 4096

G_DEFINE_FINAL_TYPE (LoftCatalog, loft_catalog, G_TYPE_OBJECT)

static void
loft_catalog_finalize (GObject *object)
{
  LoftCatalog *self = LOFT_CATALOG (object);

  g_clear_pointer (&self->idle, g_ptr_array_unref);
  g_clear_pointer (&self->writer, loft_catalog_connection_free);
  g_clear_pointer (&self->file, loft_catalog_file_unref);
  if (self->lock_fd != -1)
    g_close (self->lock_fd, NULL);
  g_clear_pointer (&self->page, loft_page_unref);
  g_free (self->directory);
  g_free (self->stem);
  g_mutex_clear (&self->writer_lock);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->returned);

  G_OBJECT_CLASS (loft_catalog_parent_class)->finalize (object);
}

static void
loft_catalog_class_init (LoftCatalogClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = loft_catalog_finalize;
}

static void
loft_catalog_init (LoftCatalog *self)
{
  self->lock_fd = -1;
  self->idle = g_ptr_array_new_with_free_func (
    (GDestroyNotify) loft_catalog_connection_free);
  g_mutex_init (&self->writer_lock);
  g_mutex_init (&self->lock);
  g_cond_init (&self->returned);
}

static gboolean
is_store_name (const char *store)
{
  if (*store == '\0')
    return FALSE;

  for (; *store != '\0'; store++)
    if (!g_ascii_islower (*store) && !g_ascii_isdigit (*store))
      return FALSE;

  return TRUE;
}

static LoftCatalog *
make (const char *directory, LoftPage *page)
{
  LoftCatalog *self = g_object_new (LOFT_TYPE_CATALOG, NULL);

  self->directory = g_strdup (directory);
  self->page = loft_page_ref (page);

  return self;
}

static void
announce (LoftCatalog *self)
{
  loft_page_set_fact (self->page, LOFT_PAGE_GENERATION, self->file->generation);
}

/**
 * loft_catalog_open:
 * @directory: where the catalog is to be; made if it is missing
 * @store: which storage it is of, in lower-case letters and digits
 * @page: (nullable): the memory where it tells of its changes; %NULL for some
 *   of its own
 * @error: return location for a #GError
 *
 * Opens the catalog of a store, or begins an empty one: where there is none,
 * where it is damaged or of another release. Blocks.
 *
 * Returns: (transfer full): the catalog, or %NULL with @error set:
 *   %LOFT_REGISTRY_ERROR_NO_SPACE, or %LOFT_REGISTRY_ERROR_FAILED if the
 *   directory can't be used
 */
LoftCatalog *
loft_catalog_open (const char *directory,
                   const char *store,
                   LoftPage *page,
                   GError **error)
{
  g_return_val_if_fail (directory != NULL, NULL);
  g_return_val_if_fail (store != NULL && is_store_name (store), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (g_mkdir_with_parents (directory, 0700) == -1)
    {
      int saved_errno = errno;

      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   saved_errno == ENOSPC ? LOFT_REGISTRY_ERROR_NO_SPACE
                                         : LOFT_REGISTRY_ERROR_FAILED,
                   "The catalog's directory “%s” can't be made: %s",
                   directory,
                   g_strerror (saved_errno));
      return NULL;
    }

  g_autoptr (LoftPage) own = page == NULL ? loft_page_new (1, error) : NULL;
  if (page == NULL && own == NULL)
    return NULL;

  g_autoptr (LoftCatalog) self = make (directory, page != NULL ? page : own);
  guint number = 0;
  self->lock_fd = loft_catalog_lock (directory, store, &number, error);
  if (self->lock_fd == -1)
    return NULL;

  self->stem = loft_catalog_make_stem (store, number);
  self->writer = loft_catalog_open_newest (directory, self->stem, error);
  if (self->writer == NULL)
    return NULL;

  self->file = loft_catalog_file_ref (self->writer->file);
  loft_page_set_fact (self->page, LOFT_PAGE_STEM, number);
  loft_catalog_set_followed (self, 0);
  announce (self);
  loft_page_start_over (self->page);
  if (!loft_catalog_tell_sequence (self, error))
    return NULL;

  return g_steal_pointer (&self);
}

/**
 * loft_catalog_join:
 * @directory: where the catalog is
 * @store: which storage it is of
 * @page: what it was opened with by the process that owns it
 * @slot: which slot of that is this process's; not 0
 * @error: return location for a #GError
 *
 * Opens the catalog that another process of the same daemon has opened, to
 * read and to apply events. Building it, and looking after it, is left to the
 * owner. Blocks.
 *
 * Returns: (transfer full): the catalog, or %NULL with @error set
 */
LoftCatalog *
loft_catalog_join (const char *directory,
                   const char *store,
                   LoftPage *page,
                   guint slot,
                   GError **error)
{
  g_return_val_if_fail (directory != NULL && page != NULL, NULL);
  g_return_val_if_fail (store != NULL && is_store_name (store), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftCatalog) self = make (directory, page);
  self->slot = slot;
  loft_page_forget_writes (page, slot);
  self->stem =
    loft_catalog_make_stem (store, loft_page_get_fact (page, LOFT_PAGE_STEM));
  self->file =
    loft_catalog_file_new (directory,
                           self->stem,
                           loft_page_get_fact (page, LOFT_PAGE_GENERATION));
  if (!loft_catalog_tell_sequence (self, error))
    return NULL;

  return g_steal_pointer (&self);
}

/**
 * loft_catalog_get_page:
 * @self: a catalog
 * @out_slot: (out) (optional): which slot of it is this process's
 *
 * Returns: (transfer none): where it tells of its changes
 */
LoftPage *
loft_catalog_get_page (LoftCatalog *self, guint *out_slot)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);

  if (out_slot != NULL)
    *out_slot = self->slot;

  return self->page;
}

/**
 * loft_catalog_keep_lock:
 * @self: a catalog of which this process is the owner, and whose writer_lock
 *   the caller has
 * @error: return location for a #GError
 *
 * Makes sure that a new generation is nobody else's.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_catalog_keep_lock (LoftCatalog *self, GError **error)
{
  int lock_fd =
    loft_catalog_lock_again (self->directory, self->stem, self->lock_fd, error);
  if (lock_fd == -1)
    return FALSE;
  if (lock_fd != self->lock_fd)
    g_close (self->lock_fd, NULL);
  self->lock_fd = lock_fd;

  return TRUE;
}

/**
 * loft_catalog_change_writer:
 * @self: as with loft_catalog_keep_lock()
 * @writer: (transfer full): of another generation
 *
 * Has that generation read and written from now on, by all processes. Calls
 * that are reading see the old one to their end.
 */
void
loft_catalog_change_writer (LoftCatalog *self, LoftCatalogConnection *writer)
{
  /* Other processes may have it open, so it stays until the next start. */
  if (loft_page_get_n_slots (self->page) == 1)
    g_atomic_int_set (&self->writer->file->superseded, TRUE);
  loft_catalog_change_file (self, writer->file);
  announce (self);
  loft_page_start_over (self->page);

  loft_catalog_connection_free (self->writer);
  self->writer = writer;
}

/**
 * loft_catalog_reset:
 * @self: a catalog
 * @error: return location for a #GError
 *
 * Starts over with an empty, incomplete catalog, in a file of its own. Calls
 * that are reading see the old one to their end.
 *
 * Returns: %TRUE on success; %FALSE with @error set, and nothing has changed
 */
gboolean
loft_catalog_reset (LoftCatalog *self, GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (loft_catalog_is_owner (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->writer_lock);
  if (!loft_catalog_keep_lock (self, error))
    return FALSE;

  LoftCatalogConnection *writer =
    loft_catalog_open_new (self->directory,
                           self->stem,
                           self->writer->file->generation + 1,
                           error);
  if (writer == NULL)
    return FALSE;

  loft_catalog_change_writer (self, writer);

  return TRUE;
}

static LoftCatalogFile *
ref_file (LoftCatalog *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return loft_catalog_file_ref (self->file);
}

/**
 * loft_catalog_get_size:
 * @self: a catalog
 *
 * Tells how much of the disk the catalog takes.
 *
 * Returns: bytes
 */
guint64
loft_catalog_get_size (LoftCatalog *self)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), 0);

  g_autoptr (LoftCatalogFile) file = ref_file (self);
  g_autofree char *log = g_strconcat (file->path, "-wal", NULL);
  const char *const paths[] = { file->path, log };
  guint64 size = 0;

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      GStatBuf status;

      if (g_stat (paths[i], &status) == 0)
        size += (guint64) status.st_size;
    }

  return size;
}

/**
 * loft_catalog_check_file:
 * @self: a catalog
 * @error: return location for a #GError
 *
 * Sees whether the catalog's file is still there, and was not found to be
 * damaged by whatever process. Does not look into it.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_REGISTRY_ERROR_CORRUPT if
 *   the catalog has to be reset
 */
gboolean
loft_catalog_check_file (LoftCatalog *self, GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (LoftCatalogFile) file = ref_file (self);
  g_autofree char *mark = g_strconcat (file->path, "-corrupt", NULL);
  gboolean is_there = g_file_test (file->path, G_FILE_TEST_EXISTS);
  if (is_there && !g_file_test (mark, G_FILE_TEST_EXISTS))
    return TRUE;

  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_CORRUPT,
               is_there ? "“%s” is damaged" : "“%s” was deleted",
               file->path);

  return FALSE;
}

/**
 * loft_catalog_checkpoint:
 * @self: a catalog
 * @error: return location for a #GError
 *
 * Brings what was committed from SQLite's log to the database and to the disk.
 * Blocks, but neither readers nor writers wait for it; to be called now and
 * then by a thread that has the time. A log that has grown large is cut down if
 * nobody is reading.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_checkpoint (LoftCatalog *self, GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (LoftCatalogFile) file = ref_file (self);
  g_autoptr (LoftCatalogConnection) connection =
    loft_catalog_connection_open (file, SQLITE_OPEN_READWRITE, error);
  if (connection == NULL)
    return FALSE;

  int n_pages = 0;
  int code = sqlite3_wal_checkpoint_v2 (connection->db,
                                        NULL,
                                        SQLITE_CHECKPOINT_PASSIVE,
                                        &n_pages,
                                        NULL);
  if (code == SQLITE_OK && (gint64) n_pages * PAGE_SIZE > WAL_SIZE_MAX)
    {
      sqlite3_busy_timeout (connection->db, 0);
      code = sqlite3_wal_checkpoint_v2 (connection->db,
                                        NULL,
                                        SQLITE_CHECKPOINT_TRUNCATE,
                                        NULL,
                                        NULL);
    }
  if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY)
    return TRUE;

  loft_catalog_set_error (connection, code, error);

  return FALSE;
}
