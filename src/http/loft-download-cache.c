/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-download-cache.h"

/*
 * Many clients want the same tarball. To map it costs as much as to send it, so
 * those who ask for it within a short time share one mapping. A tarball never
 * changes; but nothing is kept for long, so that a file which an administrator
 * removes takes no room on the disk for longer than that.
 */

typedef struct
{
  LoftDownload *download; /* owned */
  char *key;              /* owned */
  guint64 epoch;
  gsize size;
  gint64 stored;
  GList link; /* in the order in which they were stored */
} Entry;

struct _LoftDownloadCache
{
  GHashTable *entries; /* owned, of owned Entry by its key */
  GQueue order;        /* of Entry, the latest first */
  GSource *timer;      /* owned, NULL while there is nothing */
  gsize size;
  gsize size_max;
  gint64 age_max; /* microseconds */
};

static void
entry_free (gpointer data)
{
  Entry *self = data;

  loft_download_free (self->download);
  g_free (self->key);
  g_free (self);
}

/**
 * loft_download_cache_new:
 * @size_max: bytes of all tarballs at most
 * @seconds: for how long one is kept
 *
 * Makes an empty cache on the main context of this thread.
 *
 * Returns: (transfer full): the cache
 */
LoftDownloadCache *
loft_download_cache_new (gsize size_max, guint seconds)
{
  LoftDownloadCache *self = g_new0 (LoftDownloadCache, 1);

  self->entries =
    g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
  self->size_max = size_max;
  self->age_max = seconds * G_USEC_PER_SEC;

  return self;
}

static void
clear_timer (LoftDownloadCache *self)
{
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

/**
 * loft_download_cache_free:
 * @self: (transfer full): a cache
 *
 * Frees @self.
 */
void
loft_download_cache_free (LoftDownloadCache *self)
{
  clear_timer (self);
  g_hash_table_unref (self->entries);
  g_free (self);
}

static void
remove_entry (LoftDownloadCache *self, Entry *entry)
{
  self->size -= entry->size;
  g_queue_unlink (&self->order, &entry->link);
  g_hash_table_remove (self->entries, entry->key);
}

static gboolean
sweep_cb (gpointer user_data)
{
  LoftDownloadCache *self = user_data;
  gint64 oldest = g_get_monotonic_time () - self->age_max;

  for (Entry *entry = g_queue_peek_tail (&self->order);
       entry != NULL && entry->stored <= oldest;
       entry = g_queue_peek_tail (&self->order))
    remove_entry (self, entry);

  if (!g_queue_is_empty (&self->order))
    return G_SOURCE_CONTINUE;
  clear_timer (self);

  return G_SOURCE_REMOVE;
}

static char *
make_key (const char *name, const char *version)
{
  return g_strconcat (name, "/", version, NULL);
}

/**
 * loft_download_cache_lookup:
 * @self: a cache
 * @name: a package's name
 * @version: a version as it was asked for
 * @epoch: of the registry's mark
 *
 * Finds a tarball that was asked for lately.
 *
 * Returns: (transfer none) (nullable): the tarball, good until the main loop
 *   goes on
 */
const LoftDownload *
loft_download_cache_lookup (LoftDownloadCache *self,
                            const char *name,
                            const char *version,
                            guint64 epoch)
{
  g_autofree char *key = make_key (name, version);
  Entry *entry = g_hash_table_lookup (self->entries, key);

  return entry != NULL && entry->epoch == epoch ? entry->download : NULL;
}

/**
 * loft_download_cache_remove:
 * @self: a cache
 * @name: a package's name
 * @version: a version as it was asked for
 *
 * Forgets a tarball, if it is there.
 */
void
loft_download_cache_remove (LoftDownloadCache *self,
                            const char *name,
                            const char *version)
{
  g_autofree char *key = make_key (name, version);
  Entry *entry = g_hash_table_lookup (self->entries, key);

  if (entry != NULL)
    remove_entry (self, entry);
}

/**
 * loft_download_cache_store:
 * @self: a cache
 * @name: a package's name
 * @version: a version as it was asked for
 * @epoch: of the registry's mark, before the tarball was looked up
 * @download: (transfer full): the tarball
 *
 * Keeps a tarball for others, in the place of those that were kept for longest.
 *
 * Returns: (transfer none): @download, good until the main loop goes on
 */
const LoftDownload *
loft_download_cache_store (LoftDownloadCache *self,
                           const char *name,
                           const char *version,
                           guint64 epoch,
                           LoftDownload *download)
{
  g_autofree char *key = make_key (name, version);
  Entry *known = g_hash_table_lookup (self->entries, key);

  if (known != NULL)
    remove_entry (self, known);

  Entry *entry = g_new0 (Entry, 1);
  entry->download = download;
  entry->key = g_steal_pointer (&key);
  entry->epoch = epoch;
  entry->size = g_bytes_get_size (download->bytes);
  entry->stored = g_get_monotonic_time ();
  entry->link.data = entry;
  g_queue_push_head_link (&self->order, &entry->link);
  g_hash_table_insert (self->entries, entry->key, entry);
  self->size += entry->size;

  while (self->size > self->size_max && self->order.length > 1)
    remove_entry (self, g_queue_peek_tail (&self->order));
  if (self->timer == NULL)
    {
      self->timer = g_timeout_source_new_seconds (1);
      g_source_set_callback (self->timer, sweep_cb, self, NULL);
      g_source_attach (self->timer, g_main_context_get_thread_default ());
    }

  return download;
}
