/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-hot-cache.h"

#include <string.h>

/*
 * Answers that are ready, by target.
 *
 * A target has an answer for each representation that was asked for. All of
 * them live and die together: the target that was asked for longest ago goes
 * when there is no room for another. A target that is larger than a quarter of
 * all room is not kept, since it would push out too many others.
 */

typedef struct
{
  LoftSpan target;      /* owned data */
  char *tag;            /* owned, nullable; that of all its answers */
  GPtrArray *responses; /* owned, of owned LoftHotResponse */
  gsize size;
  GList link; /* in the order of use */
} Entry;

struct _LoftHotCache
{
  GHashTable *entries;  /* owned, of owned Entry by its LoftSpan */
  GHashTable *tags;     /* owned, of owned sets of Entry, by their names */
  GHashTable *untagged; /* owned, set of Entry that every change concerns */
  GQueue used;          /* of Entry, the latest first */
  gsize size;
  gsize size_max;
};

static guint
hash_span (gconstpointer key)
{
  const LoftSpan *span = key;
  guint32 hash = 2166136261u;

  for (gsize i = 0; i < span->length; i++)
    hash = (hash ^ (guint8) span->data[i]) * 16777619u;

  return hash;
}

static gboolean
equal_spans (gconstpointer a, gconstpointer b)
{
  const LoftSpan *x = a;
  const LoftSpan *y = b;

  return x->length == y->length && memcmp (x->data, y->data, x->length) == 0;
}

static void
entry_free (gpointer data)
{
  Entry *self = data;

  g_ptr_array_unref (self->responses);
  g_free ((char *) self->target.data);
  g_free (self->tag);
  g_free (self);
}

/**
 * loft_hot_response_new:
 * @representations: which ones it is
 * @kind: what it is to those who count it
 * @tag: (nullable): what it speaks of
 * @etag: its entity tag
 * @body: its body
 *
 * Makes an answer, which lacks its heads.
 *
 * Returns: (transfer full): the answer
 */
LoftHotResponse *
loft_hot_response_new (guint64 representations,
                       guint kind,
                       const char *tag,
                       const char *etag,
                       GBytes *body)
{
  LoftHotResponse *self = g_new0 (LoftHotResponse, 1);

  self->representations = representations;
  self->kind = kind;
  self->tag = g_strdup (tag);
  self->etag = g_strdup (etag);
  self->body = g_bytes_ref (body);

  return self;
}

/**
 * loft_hot_response_free:
 * @self: (transfer full): an answer
 *
 * Frees @self.
 */
void
loft_hot_response_free (LoftHotResponse *self)
{
  g_clear_pointer (&self->subject, g_ref_string_release);
  g_free (self->tag);
  g_free (self->etag);
  g_bytes_unref (self->body);
  g_clear_pointer (&self->head, loft_hot_head_free);
  g_clear_pointer (&self->not_modified, loft_hot_head_free);
  g_free (self);
}

/**
 * loft_hot_cache_new:
 * @size_max: bytes that it may take
 *
 * Makes an empty cache. It belongs to one thread.
 *
 * Returns: (transfer full): the cache
 */
LoftHotCache *
loft_hot_cache_new (gsize size_max)
{
  LoftHotCache *self = g_new0 (LoftHotCache, 1);

  self->size_max = size_max;
  self->entries =
    g_hash_table_new_full (hash_span, equal_spans, NULL, entry_free);
  self->tags = g_hash_table_new_full (g_str_hash,
                                      g_str_equal,
                                      g_free,
                                      (GDestroyNotify) g_hash_table_unref);
  self->untagged = g_hash_table_new (NULL, NULL);

  return self;
}

/**
 * loft_hot_cache_free:
 * @self: (transfer full): a cache
 *
 * Frees @self.
 */
void
loft_hot_cache_free (LoftHotCache *self)
{
  g_hash_table_unref (self->tags);
  g_hash_table_unref (self->untagged);
  g_hash_table_unref (self->entries);
  g_free (self);
}

/**
 * loft_hot_cache_lookup:
 * @self: a cache
 * @target: the target of a request
 * @representation: which one is wanted, below %LOFT_HOT_REPRESENTATIONS
 *
 * Finds an answer.
 *
 * Returns: (transfer none) (nullable): the answer, good until the cache is
 *   changed
 */
const LoftHotResponse *
loft_hot_cache_lookup (LoftHotCache *self,
                       LoftSpan target,
                       guint representation)
{
  Entry *entry = g_hash_table_lookup (self->entries, &target);
  guint64 bit = G_GUINT64_CONSTANT (1) << representation;

  if (entry == NULL)
    return NULL;
  if (self->used.head != &entry->link)
    {
      g_queue_unlink (&self->used, &entry->link);
      g_queue_push_head_link (&self->used, &entry->link);
    }

  for (guint i = 0; i < entry->responses->len; i++)
    {
      const LoftHotResponse *response = entry->responses->pdata[i];

      if ((response->representations & bit) != 0)
        return response;
    }

  return NULL;
}

static gsize
measure (const LoftHotResponse *response)
{
  gsize size = sizeof *response + g_bytes_get_size (response->body);

  if (response->head != NULL)
    size += loft_hot_head_get_size (response->head);
  if (response->not_modified != NULL)
    size += loft_hot_head_get_size (response->not_modified);

  return size;
}

static GHashTable *
find_tagged (LoftHotCache *self, const char *tag)
{
  if (tag == NULL)
    return self->untagged;

  GHashTable *tagged = g_hash_table_lookup (self->tags, tag);
  if (tagged == NULL)
    {
      tagged = g_hash_table_new (NULL, NULL);
      g_hash_table_insert (self->tags, g_strdup (tag), tagged);
    }

  return tagged;
}

static void
remove_entry (LoftHotCache *self, Entry *entry)
{
  GHashTable *tagged = find_tagged (self, entry->tag);

  g_hash_table_remove (tagged, entry);
  if (entry->tag != NULL && g_hash_table_size (tagged) == 0)
    g_hash_table_remove (self->tags, entry->tag);
  self->size -= entry->size;
  g_queue_unlink (&self->used, &entry->link);
  g_hash_table_remove (self->entries, &entry->target);
}

static Entry *
add_entry (LoftHotCache *self, LoftSpan target, const char *tag)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->target.data = g_memdup2 (target.data, target.length);
  entry->target.length = target.length;
  entry->tag = g_strdup (tag);
  entry->responses =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_hot_response_free);
  entry->size = sizeof *entry + target.length;
  entry->link.data = entry;
  g_queue_push_head_link (&self->used, &entry->link);
  g_hash_table_insert (self->entries, &entry->target, entry);
  g_hash_table_add (find_tagged (self, tag), entry);
  self->size += entry->size;

  return entry;
}

/* Takes over the head that one of two answers lacks, where they are the same.
 */
static gboolean
complete (LoftHotResponse *known, LoftHotResponse *other)
{
  if (known->representations != other->representations ||
      strcmp (known->etag, other->etag) != 0)
    return FALSE;

  if (other->head != NULL)
    {
      g_clear_pointer (&known->head, loft_hot_head_free);
      known->head = g_steal_pointer (&other->head);
      g_bytes_unref (known->body);
      known->body = g_bytes_ref (other->body);
    }
  known->until = other->until;
  if (other->not_modified != NULL)
    {
      g_clear_pointer (&known->not_modified, loft_hot_head_free);
      known->not_modified = g_steal_pointer (&other->not_modified);
    }

  return TRUE;
}

/* Puts an answer beside the others of its target, or in the place of those that
 * it supersedes. */
static void
merge (Entry *entry, LoftHotResponse *response)
{
  g_autoptr (LoftHotResponse) owned = response;

  for (guint i = entry->responses->len; i > 0; i--)
    {
      LoftHotResponse *known = entry->responses->pdata[i - 1];
      gsize before = measure (known);

      if ((known->representations & owned->representations) == 0)
        continue;
      if (complete (known, owned))
        {
          entry->size += measure (known) - before;
          return;
        }
      entry->size -= before;
      g_ptr_array_remove_index_fast (entry->responses, i - 1);
    }

  entry->size += measure (owned);
  g_ptr_array_add (entry->responses, g_steal_pointer (&owned));
}

/**
 * loft_hot_cache_store:
 * @self: a cache
 * @target: the target of a request
 * @response: (transfer full): what was answered, with one head at least
 *
 * Keeps an answer. Where the same one is known, it gets the heads that it
 * lacks; where another of its representation is, it is replaced.
 */
void
loft_hot_cache_store (LoftHotCache *self,
                      LoftSpan target,
                      LoftHotResponse *response)
{
  g_autoptr (LoftHotResponse) owned = response;
  Entry *entry = g_hash_table_lookup (self->entries, &target);

  if (entry != NULL && g_strcmp0 (entry->tag, owned->tag) != 0)
    remove_entry (self, g_steal_pointer (&entry));
  if (entry == NULL)
    entry = add_entry (self, target, owned->tag);

  self->size -= entry->size;
  merge (entry, g_steal_pointer (&owned));
  self->size += entry->size;

  if (entry->size > self->size_max / 4)
    remove_entry (self, entry);
  while (self->size > self->size_max)
    remove_entry (self, g_queue_peek_tail (&self->used));
}

static void
forget_tagged (LoftHotCache *self, GHashTable *tagged)
{
  g_autoptr (GList) entries = g_hash_table_get_keys (tagged);

  for (GList *link = entries; link != NULL; link = link->next)
    remove_entry (self, link->data);
}

/**
 * loft_hot_cache_forget:
 * @self: a cache
 * @tag: what has changed
 *
 * Forgets all answers that speak of @tag, and those that change with every
 * change.
 */
void
loft_hot_cache_forget (LoftHotCache *self, const char *tag)
{
  GHashTable *tagged = g_hash_table_lookup (self->tags, tag);

  if (tagged != NULL)
    {
      g_autoptr (GHashTable) held = g_hash_table_ref (tagged);

      forget_tagged (self, held);
    }
  forget_tagged (self, self->untagged);
}

/**
 * loft_hot_cache_clear:
 * @self: a cache
 *
 * Forgets all answers.
 */
void
loft_hot_cache_clear (LoftHotCache *self)
{
  g_hash_table_remove_all (self->tags);
  g_hash_table_remove_all (self->untagged);
  g_queue_init (&self->used);
  g_hash_table_remove_all (self->entries);
  self->size = 0;
}

/**
 * loft_hot_cache_get_size:
 * @self: a cache
 *
 * Returns: bytes that it takes, nearly
 */
gsize
loft_hot_cache_get_size (LoftHotCache *self)
{
  return self->size;
}

/**
 * loft_hot_cache_get_n_targets:
 * @self: a cache
 *
 * Returns: how many targets have an answer
 */
guint
loft_hot_cache_get_n_targets (LoftHotCache *self)
{
  return g_hash_table_size (self->entries);
}
