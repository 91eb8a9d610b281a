/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-gio-store.h"

#include <string.h>

#include "loft-gio-error.h"
#include "loft-gio-file.h"
#include "storage/loft-storage.h"

#define HIDDEN_PREFIX ".loft-"
#define FRESH "new"

/**
 * loft_gio_doubt_new: (skip)
 * @key: a key
 *
 * Returns: (transfer full): a doubt about @key
 */
LoftGioDoubt *
loft_gio_doubt_new (const char *key)
{
  LoftGioDoubt *self = g_new0 (LoftGioDoubt, 1);

  self->key = g_strdup (key);

  return self;
}

static void
end_fresh (LoftGioStore *self, const char *path)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->fresh_lock);

  g_hash_table_remove (self->fresh, path);
}

/**
 * loft_gio_doubt_free: (skip)
 * @self: (transfer full): a doubt
 *
 * Frees @self.
 */
void
loft_gio_doubt_free (LoftGioDoubt *self)
{
  if (self->store != NULL)
    end_fresh (self->store, self->fresh);
  g_free (self->key);
  g_free (self->fresh);
  g_free (self->aside);
  g_free (self->intent);
  g_free (self);
}

/**
 * loft_gio_store_new: (skip)
 * @engine: does what is decided
 *
 * Returns: (transfer full): a store that nothing is known of yet
 */
LoftGioStore *
loft_gio_store_new (LoftGioEngine *engine)
{
  LoftGioStore *self = g_new0 (LoftGioStore, 1);

  self->engine = loft_gio_engine_ref (engine);
  self->run = g_strdup_printf ("%08x%08x%08x",
                               g_random_int (),
                               g_random_int (),
                               g_random_int ());
  self->busy = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->doubts = g_hash_table_new_full (g_str_hash,
                                        g_str_equal,
                                        NULL,
                                        (GDestroyNotify) loft_gio_doubt_free);
  self->folders = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->fresh = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_mutex_init (&self->fresh_lock);
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  g_rw_lock_init (&self->list_lock);

  return self;
}

/**
 * loft_gio_store_free: (skip)
 * @self: (transfer full): a store that nobody uses any more
 *
 * Frees @self.
 */
void
loft_gio_store_free (LoftGioStore *self)
{
  loft_gio_engine_unref (self->engine);
  g_free (self->run);
  g_hash_table_unref (self->busy);
  g_hash_table_unref (self->doubts);
  g_hash_table_unref (self->folders);
  g_hash_table_unref (self->fresh);
  g_mutex_clear (&self->fresh_lock);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_rw_lock_clear (&self->list_lock);
  g_free (self);
}

/**
 * loft_gio_store_is_hidden: (skip)
 * @name: the name of a file or folder
 *
 * Returns: whether it belongs to the backend alone
 */
gboolean
loft_gio_store_is_hidden (const char *name)
{
  return g_str_has_prefix (name, HIDDEN_PREFIX);
}

/**
 * loft_gio_store_check_key: (skip)
 * @key: a key
 * @error: return location for a #GError
 *
 * Keeps objects out of what is the backend's own.
 *
 * Returns: whether @key is free to have; else %LOFT_STORAGE_ERROR_INVALID_KEY
 */
gboolean
loft_gio_store_check_key (const char *key, GError **error)
{
  if (!g_str_has_prefix (key, HIDDEN_PREFIX) &&
      strstr (key, "/" HIDDEN_PREFIX) == NULL &&
      !g_str_has_prefix (key, LOFT_GIO_FOLDER "/") &&
      !g_str_equal (key, LOFT_GIO_FOLDER))
    return TRUE;

  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_INVALID_KEY,
               "“%s” is kept for the backend itself",
               key);

  return FALSE;
}

/**
 * loft_gio_store_name: (skip)
 * @self: a store
 * @key: a key
 * @purpose: a word
 *
 * Returns: (transfer full): a path beside that of @key, which nothing else has
 *   or will ever have
 */
char *
loft_gio_store_name (LoftGioStore *self, const char *key, const char *purpose)
{
  const char *slash = strrchr (key, '/');
  int length = slash != NULL ? (int) (slash - key) + 1 : 0;

  g_mutex_lock (&self->lock);
  guint64 n = self->n_names++;
  g_mutex_unlock (&self->lock);

  return g_strdup_printf ("%.*s" HIDDEN_PREFIX "%s-%s-%" G_GUINT64_FORMAT,
                          length,
                          key,
                          purpose,
                          self->run,
                          n);
}

/**
 * loft_gio_store_begin_fresh: (skip)
 * @self: a store
 * @doubt: (inout): about a key that is about to be written
 *
 * Gives new content a place, which is in use for as long as there is @doubt.
 */
void
loft_gio_store_begin_fresh (LoftGioStore *self, LoftGioDoubt *doubt)
{
  doubt->store = self;
  doubt->fresh = loft_gio_store_name (self, doubt->key, FRESH);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->fresh_lock);
  g_hash_table_add (self->fresh, g_strdup (doubt->fresh));
}

/**
 * loft_gio_store_is_leftover: (skip)
 * @self: a store that is ours
 * @path: a path that was found
 *
 * Returns: whether it was on its way to a key, and will never get there
 */
gboolean
loft_gio_store_is_leftover (LoftGioStore *self, const char *path)
{
  const char *slash = strrchr (path, '/');

  if (!g_str_has_prefix (slash != NULL ? slash + 1 : path,
                         HIDDEN_PREFIX FRESH "-") ||
      g_str_has_suffix (path, "/"))
    return FALSE;

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->fresh_lock);

  return !g_hash_table_contains (self->fresh, path);
}

/**
 * loft_gio_store_lock: (skip)
 * @self: a store
 * @key: a key
 * @error: return location for a #GError
 *
 * Makes the caller the only writer of @key, as soon as others are done.
 *
 * Returns: whether it is; else %LOFT_STORAGE_ERROR_UNAVAILABLE is set
 */
gboolean
loft_gio_store_lock (LoftGioStore *self, const char *key, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  gint64 end =
    g_get_monotonic_time () + 2 * loft_gio_engine_get_timeout (self->engine);

  while (g_hash_table_contains (self->busy, key))
    if (!g_cond_wait_until (&self->changed, &self->lock, end))
      {
        g_set_error (error,
                     LOFT_STORAGE_ERROR,
                     LOFT_STORAGE_ERROR_UNAVAILABLE,
                     "Somebody else is writing “%s”",
                     key);
        return FALSE;
      }
  g_hash_table_add (self->busy, g_strdup (key));

  return TRUE;
}

/**
 * loft_gio_store_unlock: (skip)
 * @self: a store
 * @key: a key that the caller has locked
 *
 * Lets others write @key.
 */
void
loft_gio_store_unlock (LoftGioStore *self, const char *key)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_hash_table_remove (self->busy, key);
  g_cond_broadcast (&self->changed);
}

/**
 * loft_gio_store_is_closed: (skip)
 * @self: a store
 * @key: a key
 *
 * Returns: whether there is a doubt about @key
 */
gboolean
loft_gio_store_is_closed (LoftGioStore *self, const char *key)
{
  return loft_gio_store_get_doubt (self, key) != NULL;
}

/**
 * loft_gio_store_close: (skip)
 * @self: a store
 * @doubt: (transfer full): what is not known
 *
 * Closes a key for writing until the doubt about it is settled.
 */
void
loft_gio_store_close (LoftGioStore *self, LoftGioDoubt *doubt)
{
  doubt->asked =
    loft_gio_mount_get_age (loft_gio_engine_get_mount (self->engine));

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  g_hash_table_replace (self->doubts, doubt->key, doubt);
}

/**
 * loft_gio_store_get_doubt: (skip)
 * @self: a store
 * @key: a key
 *
 * Returns: (transfer none) (nullable): the doubt about @key, which only who
 *   has locked @key may look into
 */
LoftGioDoubt *
loft_gio_store_get_doubt (LoftGioStore *self, const char *key)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return g_hash_table_lookup (self->doubts, key);
}

/**
 * loft_gio_store_get_closed: (skip)
 * @self: a store
 *
 * Returns: (transfer full) (element-type utf8): the keys that are closed
 */
GPtrArray *
loft_gio_store_get_closed (LoftGioStore *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  GPtrArray *keys = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer key = NULL;

  g_hash_table_iter_init (&iter, self->doubts);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_ptr_array_add (keys, g_strdup (key));

  return keys;
}

/**
 * loft_gio_store_reopen: (skip)
 * @self: a store
 * @key: a key
 *
 * Forgets the doubt about @key.
 */
void
loft_gio_store_reopen (LoftGioStore *self, const char *key)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_hash_table_remove (self->doubts, key);
}

static gboolean
knows_folder (LoftGioStore *self, const char *path)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return g_hash_table_contains (self->folders, path);
}

static gboolean
make_folder (LoftGioStore *self, const char *path, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  LoftGioInfo info;

  /* Servers say in many ways that a folder is there already. */
  if (!loft_gio_file_make_folder (self->engine, path, &local_error) &&
      (!loft_gio_file_query (self->engine, path, &info, NULL) || info.is_file))
    {
      if (loft_gio_error_is (local_error, LOFT_STORAGE_ERROR_UNKNOWN))
        local_error->code = LOFT_STORAGE_ERROR_UNAVAILABLE;
      else if (loft_gio_error_is (local_error, LOFT_STORAGE_ERROR_EXISTS))
        local_error->code = LOFT_STORAGE_ERROR_FAILED;
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  g_hash_table_add (self->folders, g_strdup (path));

  return TRUE;
}

/**
 * loft_gio_store_make_parent: (skip)
 * @self: a store
 * @key: a key
 * @error: return location for a #GError
 *
 * Makes the folder that holds @key, and those above it.
 *
 * Returns: whether it is there; else @error is set
 */
gboolean
loft_gio_store_make_parent (LoftGioStore *self, const char *key, GError **error)
{
  const char *last = strrchr (key, '/');
  g_autofree char *parent =
    last != NULL ? g_strndup (key, (gsize) (last - key)) : NULL;

  if (parent == NULL || knows_folder (self, parent))
    return TRUE;

  for (const char *slash = strchr (key, '/'); slash != NULL;
       slash = strchr (slash + 1, '/'))
    {
      g_autofree char *path = g_strndup (key, (gsize) (slash - key));

      if (!knows_folder (self, path) && !make_folder (self, path, error))
        return FALSE;
    }

  return TRUE;
}

/**
 * loft_gio_store_forget_folders: (skip)
 * @self: a store
 *
 * Has folders looked for again, in case somebody has removed one.
 */
void
loft_gio_store_forget_folders (LoftGioStore *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_hash_table_remove_all (self->folders);
}

/**
 * loft_gio_store_begin_swap: (skip)
 * @self: a store
 *
 * Announces that a key will be without a file for a moment.
 */
void
loft_gio_store_begin_swap (LoftGioStore *self)
{
  g_rw_lock_writer_lock (&self->list_lock);
  g_mutex_lock (&self->lock);
  self->n_swaps++;
  g_mutex_unlock (&self->lock);
}

/**
 * loft_gio_store_end_swap: (skip)
 * @self: a store
 *
 * Says that the moment is over.
 */
void
loft_gio_store_end_swap (LoftGioStore *self)
{
  g_mutex_lock (&self->lock);
  self->n_swaps++;
  g_mutex_unlock (&self->lock);
  g_rw_lock_writer_unlock (&self->list_lock);
}

/**
 * loft_gio_store_get_swaps: (skip)
 * @self: a store
 *
 * Returns: a number that is odd while a key may be without its file, and that
 *   is another one if one was meanwhile
 */
guint64
loft_gio_store_get_swaps (LoftGioStore *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->n_swaps;
}
