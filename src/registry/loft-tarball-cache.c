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

/* Copies that are compared with their digests at the same time. */
#define VERIFIERS_MAX 2

/* Memory for sums of what was compared; then it is compared again. */
#define SUMS_MAX (16 * 1024 * 1024)

/* What a digest takes beside them, about. */
#define SUMS_EXTRA 256

/* So many are remembered to have been told of. */
#define TOLD_MAX 1000

/* How a tarball gets at the cache, which it may outlive. */
typedef struct
{
  GMutex lock;             /* guards what follows */
  LoftTarballCache *cache; /* not owned, nullable */
} Link;

/* What a tarball was opened with. */
typedef struct
{
  Link *link;   /* owned, a reference */
  char *key;    /* owned */
  char *sha256; /* owned */
  goffset size;
} Origin;

struct _LoftTarballCache
{
  LoftStorage *storage;        /* owned */
  LoftTarballFigures *figures; /* not owned */
  LoftTarballFolder *folder;   /* owned */
  GCancellable *stopping;      /* owned */
  GThreadPool *fillers;        /* owned */
  GThreadPool *verifiers;      /* owned */
  Link *link;                  /* owned, a reference */

  GMutex lock;         /* guards what follows */
  GHashTable *growing; /* owned: digest to owned LoftTarball */
  GHashTable *told;    /* owned: digests of those that were found corrupt */
  GHashTable *sums;    /* owned: digest to owned LoftTarballSums */
  gsize sums_size;
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

/* To be called with the lock held. */
static void
remember (LoftTarballCache *self, const char *sha256, LoftTarball *tarball)
{
  LoftTarballSums *sums = loft_tarball_dup_sums (tarball);
  gsize size = loft_tarball_sums_measure (sums) + SUMS_EXTRA;

  if (self->sums_size + size > SUMS_MAX)
    {
      g_hash_table_remove_all (self->sums);
      self->sums_size = 0;
    }
  if (g_hash_table_insert (self->sums, g_strdup (sha256), sums))
    self->sums_size += size;
}

static void
finish (LoftTarballCache *self, LoftTarballFill *fill, gboolean done)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (done)
    {
      remember (self, fill->sha256, fill->tarball);
      g_hash_table_remove (self->told, fill->sha256);
    }
  g_hash_table_remove (self->growing, fill->sha256);
  loft_tarball_fill_free (fill);
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

  LoftTarballFill *fill = data;
  g_autoptr (GError) local_error = NULL;
  gboolean done = loft_tarball_fill_run (fill, &local_error);

  if (g_error_matches (local_error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_CORRUPT))
    tell_corrupt (self, fill, local_error);
  finish (self, fill, done);
}

/* What has changed since it was written is fetched instead. */
static void
verify_cb (gpointer data, gpointer user_data)
{
  LoftTarballCache *self = user_data;
  LoftTarballFill *fill = data;

  if (loft_tarball_fill_from_copy (fill))
    finish (self, fill, TRUE);
  else
    g_thread_pool_push (self->fillers, fill, NULL);
}

static void
link_clear (gpointer data)
{
  Link *link = data;

  g_mutex_clear (&link->lock);
}

static Link *
link_new (LoftTarballCache *cache)
{
  Link *link = g_atomic_rc_box_new0 (Link);

  g_mutex_init (&link->lock);
  link->cache = cache;

  return link;
}

static void
link_unref (Link *link)
{
  g_atomic_rc_box_release_full (link, link_clear);
}

/* Waits for those who are about to use the cache. */
static void
link_cut (Link *link)
{
  g_mutex_lock (&link->lock);
  link->cache = NULL;
  g_mutex_unlock (&link->lock);
}

static void
origin_free (gpointer data)
{
  Origin *origin = data;

  link_unref (origin->link);
  g_free (origin->key);
  g_free (origin->sha256);
  g_free (origin);
}

/* The copy of a tarball that is being sent has changed. */
static LoftTarball *
renew_cb (int fd, gpointer data)
{
  const Origin *origin = data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&origin->link->lock);
  LoftTarballCache *cache = origin->link->cache;

  if (cache == NULL)
    return NULL;

  loft_tarball_folder_drop (cache->folder, origin->sha256, fd);

  return loft_tarball_cache_open (cache,
                                  origin->key,
                                  origin->sha256,
                                  origin->size);
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
  self->verifiers =
    g_thread_pool_new (verify_cb, self, VERIFIERS_MAX, FALSE, NULL);
  self->link = link_new (self);
  g_mutex_init (&self->lock);
  self->growing =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  self->told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->sums = g_hash_table_new_full (g_str_hash,
                                      g_str_equal,
                                      g_free,
                                      (GDestroyNotify) loft_tarball_sums_unref);

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

  link_cut (self->link);
  link_unref (self->link);
  g_cancellable_cancel (self->stopping);
  g_thread_pool_free (self->verifiers, FALSE, TRUE);
  g_thread_pool_free (self->fillers, FALSE, TRUE);
  g_hash_table_unref (self->growing);
  g_hash_table_unref (self->told);
  g_hash_table_unref (self->sums);
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
make_tarball (LoftTarballCache *self,
              const char *key,
              const char *sha256,
              goffset size)
{
  LoftTarball *tarball = loft_tarball_new (size);
  Origin *origin = g_new0 (Origin, 1);

  origin->link = g_atomic_rc_box_acquire (self->link);
  origin->key = g_strdup (key);
  origin->sha256 = g_strdup (sha256);
  origin->size = size;
  loft_tarball_set_renewal (tarball, renew_cb, origin, origin_free);

  return tarball;
}

/* Has it fetched, or first a copy compared with the digest. */
static void
begin_fill (LoftTarballCache *self,
            LoftTarball *tarball,
            const char *key,
            const char *sha256,
            int copy)
{
  LoftTarballFill *fill = g_new0 (LoftTarballFill, 1);

  fill->storage = g_object_ref (self->storage);
  fill->folder = self->folder;
  fill->figures = self->figures;
  fill->stopping = g_object_ref (self->stopping);
  fill->tarball = g_object_ref (tarball);
  fill->key = g_strdup (key);
  fill->sha256 = g_strdup (sha256);
  fill->copy = copy;
  g_hash_table_insert (self->growing,
                       g_strdup (sha256),
                       g_object_ref (tarball));
  g_thread_pool_push (copy != -1 ? self->verifiers : self->fillers, fill, NULL);
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

  tarball = make_tarball (self, key, sha256, size);
  int copy = loft_tarball_folder_open (self->folder, sha256, size);
  LoftTarballSums *sums = g_hash_table_lookup (self->sums, sha256);

  loft_counter_add (copy != -1 ? &self->figures->hits : &self->figures->misses,
                    1);
  if (copy != -1 && sums != NULL)
    {
      loft_tarball_begin (tarball, copy);
      loft_tarball_complete (tarball, sums);
    }
  else
    begin_fill (self, tarball, key, sha256, copy);

  return tarball;
}
