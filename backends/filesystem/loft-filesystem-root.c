/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-filesystem-root.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <string.h>

#include "loft-filesystem-owner.h"
#include "loft-filesystem-probe.h"
#include "loft-filesystem-walk.h"
#include "storage/loft-storage.h"

/* The first byte of the file whose bytes are locked: whether some process of
 * ours could not flush a folder. It need not reach the disk to be seen. */
#define MARK_SOUND "0"
#define MARK_BROKEN "1"

/**
 * loft_filesystem_flush: (skip)
 * @folder: a folder
 *
 * Returns: 0 once the names in @folder are on the disk, or an errno value
 */
int
loft_filesystem_flush (int folder)
{
  int result = 0;

  do
    result = fsync (folder);
  while (result == -1 && errno == EINTR);

  return result == 0 ? 0 : errno;
}

/**
 * loft_filesystem_root_flush: (skip)
 * @self: the root
 * @folder: a folder
 * @error: return location for a #GError
 *
 * Makes the names in @folder durable. If that fails, nobody can know what is
 * on the disk, and a second try may succeed without having written anything;
 * so nothing is written to the store any more, nor confirmed.
 *
 * Returns: whether it worked; else @error is set
 */
gboolean
loft_filesystem_root_flush (LoftFilesystemRoot *self,
                            int folder,
                            GError **error)
{
  int code = loft_filesystem_flush (folder);

  if (code != 0)
    {
      if (g_atomic_int_compare_and_exchange (&self->broken, 0, code))
        {
          g_warning ("A folder of “%s” could not be flushed to the disk (%s); "
                     "nothing is stored any more until the disk has been "
                     "looked at and the server started again",
                     self->path,
                     g_strerror (code));
          if (pwrite (self->stripe_fd, MARK_BROKEN, 1, 0) != 1)
            g_debug ("Other processes are not told of it");
        }

      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_FAILED,
                   "A folder could not be flushed to the disk: %s",
                   g_strerror (code));
      return FALSE;
    }

  /* The flush of another thread or process may have failed and swallowed our
   * error. */
  return loft_filesystem_root_check_writable (self, error);
}

/* Whether a flush has failed here, or in another process of the daemon. */
static int
get_broken (LoftFilesystemRoot *self)
{
  char mark = MARK_SOUND[0];

  if (g_atomic_int_get (&self->broken) == 0 &&
      pread (self->stripe_fd, &mark, 1, 0) == 1 && mark == MARK_BROKEN[0])
    g_atomic_int_compare_and_exchange (&self->broken, 0, EIO);

  return g_atomic_int_get (&self->broken);
}

/**
 * loft_filesystem_root_check_writable: (skip)
 * @self: the root
 * @error: return location for a #GError
 *
 * Returns: whether the store may be written; else @error says why not
 */
gboolean
loft_filesystem_root_check_writable (LoftFilesystemRoot *self, GError **error)
{
  int broken = self->read_only == NULL ? get_broken (self) : 0;

  if (self->read_only != NULL)
    g_set_error (error,
                 LOFT_STORAGE_ERROR,
                 LOFT_STORAGE_ERROR_DENIED,
                 "“%s” can only be read: %s",
                 self->path,
                 self->read_only);
  else if (broken != 0)
    g_set_error (error,
                 LOFT_STORAGE_ERROR,
                 LOFT_STORAGE_ERROR_FAILED,
                 "“%s” is not written any more, since a folder could not be "
                 "flushed to the disk: %s",
                 self->path,
                 g_strerror (broken));
  else
    return TRUE;

  return FALSE;
}

/* Makes @path like `mkdir -p`, but durably. One that is there already may be
 * in a folder that we cannot open; that is no reason to refuse it. */
static gboolean
make_root (const char *path, GError **error)
{
  gboolean exists = g_file_test (path, G_FILE_TEST_IS_DIR);
  g_autofree char *above = g_path_get_dirname (path);

  if (!exists && strcmp (above, path) != 0 && !make_root (above, error))
    return FALSE;

  if (!exists && mkdir (path, 0755) == -1 && errno != EEXIST)
    return loft_filesystem_set_error (error,
                                      errno,
                                      _ ("The folder “%s” cannot be made"),
                                      path);

  g_auto (LoftFd) fd = open (above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int code = fd == -1 ? errno : loft_filesystem_flush (fd);

  if (code != 0 && !exists)
    return loft_filesystem_set_error (
      error,
      code,
      _ ("The folder “%s” cannot be flushed to the disk"),
      above);

  return TRUE;
}

static int
make_folder (int parent, const char *name, mode_t mode, LoftFd *out_fd)
{
  if (mkdirat (parent, name, mode) == -1 && errno != EEXIST)
    return errno;

  *out_fd = loft_filesystem_open_folder (parent, name, O_RDONLY);

  return *out_fd == -1 ? errno : 0;
}

/* Makes the store ours, or joins its owner. What only prevents writing goes
 * into @out_code. */
static gboolean
prepare_writing (LoftFilesystemRoot *self,
                 gboolean own,
                 int *out_code,
                 GError **error)
{
  g_auto (LoftFd) folder = -1;
  int code = make_folder (self->fd, "_registry", 0755, &folder);

  if (code == 0)
    {
      if (!(own ? loft_filesystem_own (self, folder, &code, error)
                : loft_filesystem_join (self, folder, &code, error)))
        return FALSE;
      if (code == 0)
        code = make_folder (folder, "tmp", 0700, &self->tmp_fd);
      if (code == 0)
        code =
          loft_filesystem_open_lock (folder, "replace.lock", &self->stripe_fd);
    }

  *out_code = code;
  if (loft_filesystem_means_read_only (code))
    return TRUE;
  if (code != 0)
    return loft_filesystem_set_error (error,
                                      code,
                                      _ ("“%s/_registry” cannot be used"),
                                      self->path);

  if (own)
    {
      if (pwrite (self->stripe_fd, MARK_SOUND, 1, 0) != 1)
        g_debug ("“%s/_registry/replace.lock” is not written", self->path);
      loft_filesystem_remove_leftovers (self);
    }

  return loft_filesystem_probe (self, out_code, error);
}

static LoftFilesystemRoot *
open_folder (const char *path, GError **error)
{
  g_autoptr (LoftFilesystemRoot) self = g_new0 (LoftFilesystemRoot, 1);

  self->path = g_strdup (path);
  self->tmp_fd = -1;
  self->lock_fd = -1;
  self->stripe_fd = -1;
  self->durable = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_mutex_init (&self->durable_lock);
  for (guint i = 0; i < LOFT_FILESYSTEM_STRIPES; i++)
    g_mutex_init (&self->stripes[i]);

  self->fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (self->fd == -1)
    {
      loft_filesystem_set_error (error,
                                 errno,
                                 _ ("The folder “%s” cannot be opened"),
                                 path);
      return NULL;
    }

  return g_steal_pointer (&self);
}

static LoftFilesystemRoot *
open_root (const char *path, gboolean own, GError **error)
{
  g_autoptr (LoftFilesystemRoot) self = open_folder (path, error);
  if (self == NULL)
    return NULL;

  int code = 0;
  if (!prepare_writing (self, own, &code, error))
    return NULL;

  if (code != 0)
    {
      self->read_only = g_strdup (g_strerror (code));
      if (own)
        g_message ("“%s” can only be read: %s", path, self->read_only);
    }

  return g_steal_pointer (&self);
}

/**
 * loft_filesystem_root_open: (skip)
 * @path: an absolute path
 * @error: return location for a #GError
 *
 * Opens the folder at @path as a store, and makes it if it is missing. The
 * lock that says who owns the store is held until the root is freed. Where
 * nothing can be written there is no lock, and the store can only be read.
 *
 * Returns: (transfer full): the root, or %NULL with @error set
 */
LoftFilesystemRoot *
loft_filesystem_root_open (const char *path, GError **error)
{
  return make_root (path, error) ? open_root (path, TRUE, error) : NULL;
}

/**
 * loft_filesystem_root_join: (skip)
 * @path: an absolute path
 * @error: return location for a #GError
 *
 * Opens the folder at @path that the parent process owns as a store.
 *
 * Returns: (transfer full): the root, or %NULL with @error set
 */
LoftFilesystemRoot *
loft_filesystem_root_join (const char *path, GError **error)
{
  return open_root (path, FALSE, error);
}

/**
 * loft_filesystem_root_observe: (skip)
 * @path: an absolute path
 * @error: return location for a #GError
 *
 * Opens the folder at @path as a store that is only read, and leaves it as it
 * is: a rename replaces a document, so a reader needs no lock.
 *
 * Returns: (transfer full): the root, or %NULL with @error set
 */
LoftFilesystemRoot *
loft_filesystem_root_observe (const char *path, GError **error)
{
  LoftFilesystemRoot *self = open_folder (path, error);

  if (self != NULL)
    self->read_only = g_strdup ("it was opened only to be read");

  return self;
}

/**
 * loft_filesystem_root_free: (skip)
 * @self: (transfer full): a root
 *
 * Gives the store up.
 */
void
loft_filesystem_root_free (LoftFilesystemRoot *self)
{
  const LoftFd fds[] = { self->fd,
                         self->tmp_fd,
                         self->stripe_fd,
                         self->lock_fd };

  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    if (fds[i] != -1)
      close (fds[i]);

  for (guint i = 0; i < LOFT_FILESYSTEM_STRIPES; i++)
    g_mutex_clear (&self->stripes[i]);
  g_mutex_clear (&self->durable_lock);
  g_hash_table_unref (self->durable);
  g_free (self->read_only);
  g_free (self->path);
  g_free (self);
}
