/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "registry/loft-download-keeper-private.h"
#include "registry/loft-json.h"
#include "registry/loft-registry-error.h"

/* What all nodes have counted, into the catalog of this one.
 *
 * First the parts are listed, and then it is read which packs there are. So a
 * part that is not listed, and not covered, is gone: an older state of the
 * storage has come back. */

#define PAGE 1000

typedef struct
{
  LoftDownloadKeeper *keeper; /* not owned */
  gint64 now;
  gint64 horizon;
  gboolean maintains;
  GCancellable *cancellable; /* not owned, nullable */
  GPtrArray *keys;           /* owned, of owned keys of parts, in order */
  GHashTable *listed;        /* owned, set of them */
  GHashTable *states;        /* owned: what the catalog knows */
} Merge;

static void
merge_clear (Merge *self)
{
  g_clear_pointer (&self->keys, g_ptr_array_unref);
  g_clear_pointer (&self->listed, g_hash_table_unref);
  g_clear_pointer (&self->states, g_hash_table_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Merge, merge_clear)

static gboolean
is_missing (const GError *error)
{
  return g_error_matches (error,
                          LOFT_STORAGE_ERROR,
                          LOFT_STORAGE_ERROR_NOT_FOUND);
}

static gboolean
list_parts (Merge *self, GError **error)
{
  const char *after = NULL;

  self->keys = g_ptr_array_new_with_free_func (g_free);
  self->listed = g_hash_table_new (g_str_hash, g_str_equal);
  for (;;)
    {
      g_autofree GStrv page = loft_storage_list (self->keeper->storage,
                                                 LOFT_DOWNLOADS_PARTS,
                                                 after,
                                                 PAGE,
                                                 self->cancellable,
                                                 error);
      if (page == NULL)
        return FALSE;
      if (page[0] == NULL)
        return TRUE;

      for (gsize i = 0; page[i] != NULL; i++)
        {
          g_ptr_array_add (self->keys, page[i]);
          g_hash_table_add (self->listed, page[i]);
          after = page[i];
        }
    }
}

/**
 * loft_download_keeper_read_index: (skip)
 * @self: a keeper
 * @out_packs: (out): the keys of the packs that count
 * @out_etag: (out) (optional): etag of what names them, or %NULL
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Reads which packs there are. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_download_keeper_read_index (LoftDownloadKeeper *self,
                                 GStrv *out_packs,
                                 char **out_etag,
                                 GCancellable *cancellable,
                                 GError **error)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GBytes) text = loft_download_keeper_read (self,
                                                       LOFT_DOWNLOADS_INDEX,
                                                       out_etag,
                                                       cancellable,
                                                       &local_error);

  if (text == NULL && !is_missing (local_error))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (text != NULL)
    {
      gsize length = 0;
      const char *data = g_bytes_get_data (text, &length);
      g_autoptr (JsonNode) node = loft_json_parse (data, length, error);
      JsonArray *packs =
        node != NULL && JSON_NODE_HOLDS_OBJECT (node)
          ? loft_json_get_array (json_node_get_object (node), "packs")
          : NULL;

      if (node == NULL)
        return FALSE;
      for (guint i = 0; packs != NULL && i < json_array_get_length (packs); i++)
        {
          JsonNode *pack = json_array_get_element (packs, i);

          if (JSON_NODE_HOLDS_VALUE (pack) &&
              json_node_get_value_type (pack) == G_TYPE_STRING)
            g_strv_builder_add (builder, json_node_get_string (pack));
        }
    }
  *out_packs = g_strv_builder_end (builder);

  return TRUE;
}

static LoftDownloadPart
find_state (Merge *self, const char *key)
{
  return (LoftDownloadPart) GPOINTER_TO_INT (
    g_hash_table_lookup (self->states, key));
}

static gboolean
read_states (Merge *self, GError **error)
{
  g_clear_pointer (&self->states, g_hash_table_unref);
  self->states =
    loft_catalog_list_download_parts (self->keeper->catalog, error);

  return self->states != NULL;
}

/* What can't be read is passed over: the numbers are too small then, and that
 * is no reason to do without the others. */
static gboolean
take_pack (Merge *self, const char *key, GError **error)
{
  g_auto (GStrv) covers = NULL;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GBytes) text = loft_download_keeper_read (self->keeper,
                                                       key,
                                                       NULL,
                                                       self->cancellable,
                                                       &local_error);
  g_autoptr (GPtrArray) counts =
    text != NULL ? loft_download_counts_parse (text, &covers) : NULL;

  if (counts != NULL)
    return loft_catalog_store_download_pack (self->keeper->catalog,
                                             key,
                                             (const char *const *) covers,
                                             counts,
                                             self->horizon,
                                             error);
  if (text != NULL || is_missing (local_error))
    {
      g_info ("“%s” holds no numbers of downloads", key);
      return TRUE;
    }
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

/* Without a pack that was counted nobody knows what to take back: then all is
 * read again. */
static gboolean
take_packs (Merge *self, GError **error)
{
  g_auto (GStrv) packs = NULL;
  GHashTableIter iter;
  gpointer key, state;

  if (!loft_download_keeper_read_index (self->keeper,
                                        &packs,
                                        NULL,
                                        self->cancellable,
                                        error))
    return FALSE;

  g_hash_table_iter_init (&iter, self->states);
  while (g_hash_table_iter_next (&iter, &key, &state))
    if (GPOINTER_TO_INT (state) == LOFT_DOWNLOAD_PART_PACK &&
        !g_strv_contains ((const char *const *) packs, key))
      {
        if (!loft_catalog_forget_downloads (self->keeper->catalog, error) ||
            !read_states (self, error))
          return FALSE;
        break;
      }

  for (gsize i = 0; packs[i] != NULL; i++)
    if (find_state (self, packs[i]) != LOFT_DOWNLOAD_PART_PACK &&
        !take_pack (self, packs[i], error))
      return FALSE;

  return read_states (self, error);
}

static gboolean
store_part (Merge *self,
            const char *key,
            LoftDownloadPart state,
            GBytes *text,
            GError **error)
{
  g_autoptr (GPtrArray) counts = loft_download_counts_parse (text, NULL);
  g_autoptr (GPtrArray) known =
    loft_catalog_read_download_parts (self->keeper->catalog, key, key, error);
  if (known == NULL)
    return FALSE;

  if (counts == NULL)
    {
      g_info ("“%s” holds no numbers of downloads", key);
      return TRUE;
    }

  g_autoptr (GBytes) before = loft_download_counts_to_bytes (known, NULL);
  if (g_bytes_equal (before, text) && find_state (self, key) == state)
    return TRUE;

  return loft_catalog_store_download_part (self->keeper->catalog,
                                           key,
                                           state,
                                           counts,
                                           self->horizon,
                                           error);
}

static gboolean
take_part (Merge *self, const char *key, LoftDownloadPart state, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GBytes) text = loft_download_keeper_read (self->keeper,
                                                       key,
                                                       NULL,
                                                       self->cancellable,
                                                       &local_error);

  if (text != NULL)
    return store_part (self, key, state, text, error);

  /* It has just been packed. */
  if (is_missing (local_error))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

/* Whether a part is followed by another of the same run, so that it is full. */
static gboolean
is_followed (const char *key, const char *next)
{
  const char *end = strrchr (key, '-');

  return next != NULL && strncmp (key, next, (gsize) (end - key) + 1) == 0;
}

static gboolean
look_at_part (Merge *self, const char *key, const char *next, GError **error)
{
  LoftDownloadKeeper *keeper = self->keeper;
  LoftDownloadPart state = find_state (self, key);
  g_autofree char *own = g_strdup_printf ("-%s-", keeper->node);
  gint64 day;

  if (!loft_download_part_parse (key, &day))
    return TRUE;
  if (state == LOFT_DOWNLOAD_PART_COVERED && self->maintains)
    return loft_download_keeper_remove (keeper, key, self->cancellable, error);
  if (state != LOFT_DOWNLOAD_PART_NONE && state != LOFT_DOWNLOAD_PART_OPEN)
    return TRUE;

  gboolean settled = loft_download_part_is_settled (day, self->now);
  LoftDownloadPart wanted = settled || is_followed (key, next)
                              ? LOFT_DOWNLOAD_PART_CLOSED
                              : LOFT_DOWNLOAD_PART_OPEN;

  if (state == LOFT_DOWNLOAD_PART_OPEN && strstr (key, own) != NULL)
    return wanted == state || loft_catalog_mark_download_part (keeper->catalog,
                                                               key,
                                                               wanted,
                                                               error);

  return take_part (self, key, wanted, error);
}

static gboolean
forget_lost (Merge *self, GError **error)
{
  GHashTableIter iter;
  gpointer key, state;

  g_hash_table_iter_init (&iter, self->states);
  while (g_hash_table_iter_next (&iter, &key, &state))
    if (GPOINTER_TO_INT (state) != LOFT_DOWNLOAD_PART_PACK &&
        GPOINTER_TO_INT (state) != LOFT_DOWNLOAD_PART_UNWRITTEN &&
        !g_hash_table_contains (self->listed, key) &&
        !loft_catalog_forget_download_part (self->keeper->catalog,
                                            key,
                                            self->horizon,
                                            error))
      return FALSE;

  return TRUE;
}

/**
 * loft_download_keeper_merge:
 * @self: a keeper
 * @now: microseconds since 1970
 * @maintains: whether this node looks after the storage
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Reads what is new in the storage. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_download_keeper_merge (LoftDownloadKeeper *self,
                            gint64 now,
                            gboolean maintains,
                            GCancellable *cancellable,
                            GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_auto (Merge) merge = { .keeper = self,
                           .now = now,
                           .horizon = loft_download_keeper_get_horizon (now),
                           .maintains = maintains,
                           .cancellable = cancellable };

  if (!list_parts (&merge, error) || !read_states (&merge, error) ||
      !take_packs (&merge, error))
    return FALSE;
  for (guint i = 0; i < merge.keys->len; i++)
    {
      const char *next =
        i + 1 < merge.keys->len ? merge.keys->pdata[i + 1] : NULL;

      if (!look_at_part (&merge, merge.keys->pdata[i], next, error))
        return FALSE;
    }

  return forget_lost (&merge, error) &&
         loft_catalog_drop_old_downloads (self->catalog, merge.horizon, error);
}
