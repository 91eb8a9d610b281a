/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-tarball-cache.h"

#include "registry/loft-message-id.h"
#include "registry/loft-registry-error.h"
#include "registry/loft-tarball-fill.h"

/* Tarballs that are fetched at the same time; more wait. */
#define FILLERS_MAX 8

/* So many are remembered to have been told of. */
#define TOLD_MAX 1000

struct _LoftTarballCache
{
  LoftStorage *storage;        /* owned */
  LoftTarballFigures *figures; /* not owned */
  LoftTarballFolder *folder;   /* owned */
  GCancellable *stopping;      /* owned */
  GThreadPool *fillers;        /* owned */

  GMutex lock;         /* guards what follows */
  GHashTable *growing; /* owned: digest to owned LoftTarball */
  GHashTable *told;    /* owned: digests of those that were found corrupt */
};

static void
tell_corrupt (LoftTarballCache *self,
              const LoftTarballFill *fill,
              const GError *error)
{
  g_mutex_lock (&self->lock);
  if (g_hash_table_size (self->told) >= TOLD_MAX)
    g_hash_table_remove_all (self->told);
  gboolean fresh = g_hash_table_add (self->told, g_strdup (fill->sha256));
  g_mutex_unlock (&self->lock);

  if (fresh)
    g_log_structured (G_LOG_DOMAIN,
                      G_LOG_LEVEL_WARNING,
                      "MESSAGE_ID",
                      LOFT_MESSAGE_TARBALL_CORRUPT,
                      "MESSAGE",
                      "What the storage gives is damaged, and was not handed "
                      "out: %s",
                      error->message);
}

/* Fetches a tarball; where it gets the cache itself, it is to be tidied. */
static void
fill_cb (gpointer data, gpointer user_data)
{
  LoftTarballCache *self = user_data;

  if (data == self)
    {
      loft_tarball_folder_tidy (self->folder);
      return;
    }

  g_autoptr (LoftTarballFill) fill = data;
  g_autoptr (GError) local_error = NULL;
  gboolean done = loft_tarball_fill_run (fill, &local_error);

  if (g_error_matches (local_error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_CORRUPT))
    tell_corrupt (self, fill, local_error);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  if (done)
    g_hash_table_remove (self->told, fill->sha256);
  g_hash_table_remove (self->growing, fill->sha256);
}

/**
 * loft_tarball_cache_new:
 * @storage: where the tarballs are
 * @cache_directory: a directory on this machine
 * @figures: what is counted
 *
 * Makes the cache of a process. Those of all processes share the copies.
 *
 * Returns: (transfer full): the cache
 */
LoftTarballCache *
loft_tarball_cache_new (LoftStorage *storage,
                        const char *cache_directory,
                        LoftTarballFigures *figures)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (storage), NULL);
  g_return_val_if_fail (cache_directory != NULL && figures != NULL, NULL);

  LoftTarballCache *self = g_new0 (LoftTarballCache, 1);

  self->storage = g_object_ref (storage);
  self->figures = figures;
  self->folder = loft_tarball_folder_new (cache_directory, figures);
  self->stopping = g_cancellable_new ();
  self->fillers = g_thread_pool_new (fill_cb, self, FILLERS_MAX, FALSE, NULL);
  g_mutex_init (&self->lock);
  self->growing =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  self->told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  return self;
}

/**
 * loft_tarball_cache_free:
 * @self: (transfer full): a cache
 *
 * Gives up what is being fetched, waits for that, and frees @self. Tarballs
 * that are whole can be read on.
 */
void
loft_tarball_cache_free (LoftTarballCache *self)
{
  g_return_if_fail (self != NULL);

  g_cancellable_cancel (self->stopping);
  g_thread_pool_free (self->fillers, FALSE, TRUE);
  g_hash_table_unref (self->growing);
  g_hash_table_unref (self->told);
  loft_tarball_folder_free (self->folder);
  g_object_unref (self->stopping);
  g_object_unref (self->storage);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/**
 * loft_tarball_cache_set_size:
 * @self: a cache
 * @size_max: bytes that all copies may take; 0 to keep none
 *
 * Says how much may be kept, which holds from the next tarball on.
 */
void
loft_tarball_cache_set_size (LoftTarballCache *self, guint64 size_max)
{
  g_return_if_fail (self != NULL);

  loft_tarball_folder_set_size (self->folder, size_max);
}

/**
 * loft_tarball_cache_get_size:
 * @self: a cache
 *
 * Returns: bytes that all copies take
 */
guint64
loft_tarball_cache_get_size (LoftTarballCache *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return loft_tarball_folder_get_size (self->folder);
}

/**
 * loft_tarball_cache_tidy:
 * @self: a cache
 *
 * Begins to remove what processes have left that died, and copies that are too
 * many.
 */
void
loft_tarball_cache_tidy (LoftTarballCache *self)
{
  g_return_if_fail (self != NULL);

  g_thread_pool_push (self->fillers, self, NULL);
}

static LoftTarball *
begin_fill (LoftTarballCache *self,
            const char *key,
            const char *sha256,
            goffset size)
{
  LoftTarballFill *fill = g_new0 (LoftTarballFill, 1);
  LoftTarball *tarball = loft_tarball_new (size);

  fill->storage = g_object_ref (self->storage);
  fill->folder = self->folder;
  fill->figures = self->figures;
  fill->stopping = g_object_ref (self->stopping);
  fill->tarball = g_object_ref (tarball);
  fill->key = g_strdup (key);
  fill->sha256 = g_strdup (sha256);
  g_hash_table_insert (self->growing,
                       g_strdup (sha256),
                       g_object_ref (tarball));
  g_thread_pool_push (self->fillers, fill, NULL);

  return tarball;
}

static LoftTarball *
open_copy (LoftTarballCache *self, const char *sha256, goffset size)
{
  int fd = loft_tarball_folder_open (self->folder, sha256, size);

  if (fd == -1)
    return NULL;

  LoftTarball *tarball = loft_tarball_new (size);

  loft_tarball_begin (tarball, fd);
  loft_tarball_complete (tarball);

  return tarball;
}

/**
 * loft_tarball_cache_open:
 * @self: a cache
 * @key: the tarball's key in the storage
 * @sha256: its digest in hex
 * @size: how many bytes it has; not 0
 *
 * Gets a tarball: a copy, or what is on its way already, or else it has it
 * fetched. Whether that works, reading tells. Blocks, but never for the
 * storage.
 *
 * Returns: (transfer full): the tarball
 */
LoftTarball *
loft_tarball_cache_open (LoftTarballCache *self,
                         const char *key,
                         const char *sha256,
                         goffset size)
{
  g_return_val_if_fail (self != NULL && key != NULL, NULL);
  g_return_val_if_fail (sha256 != NULL && size > 0, NULL);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  LoftTarball *tarball = g_hash_table_lookup (self->growing, sha256);

  if (tarball != NULL)
    {
      loft_counter_add (&self->figures->joined, 1);
      return g_object_ref (tarball);
    }

  tarball = open_copy (self, sha256, size);
  if (tarball != NULL)
    {
      loft_counter_add (&self->figures->hits, 1);
      return tarball;
    }
  loft_counter_add (&self->figures->misses, 1);

  return begin_fill (self, key, sha256, size);
}
