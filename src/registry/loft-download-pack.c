/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "registry/loft-download-keeper-private.h"
#include "registry/loft-json.h"

/* Parts of days gone by, put together: without that there would be another one
 * for each day, each node and each of its starts, for ever. */

/* So many parts get into one pack, and so many packs are made at a time. */
#define COVERS_MAX 60
#define PACKS_MAX 20

static int
compare_cb (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* The parts that will not change any more, in order; and whether all packs that
 * there are were counted. */
static GPtrArray *
find_settled (LoftDownloadKeeper *self,
              gint64 now,
              const char *const *packs,
              gboolean *out_whole,
              GError **error)
{
  g_autoptr (GHashTable) states =
    loft_catalog_list_download_parts (self->catalog, error);
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer key, state;
  gint64 day;

  if (states == NULL)
    return NULL;

  *out_whole = TRUE;
  for (gsize i = 0; packs[i] != NULL; i++)
    if (GPOINTER_TO_INT (g_hash_table_lookup (states, packs[i])) !=
        LOFT_DOWNLOAD_PART_PACK)
      *out_whole = FALSE;

  g_hash_table_iter_init (&iter, states);
  while (g_hash_table_iter_next (&iter, &key, &state))
    if (GPOINTER_TO_INT (state) == LOFT_DOWNLOAD_PART_CLOSED &&
        loft_download_part_parse (key, &day) &&
        loft_download_part_is_settled (day, now))
      g_ptr_array_add (keys, g_strdup (key));
  g_ptr_array_sort (keys, compare_cb);

  return g_steal_pointer (&keys);
}

static char *
store_pack (LoftDownloadKeeper *self,
            const char *const *covers,
            GPtrArray *counts,
            GCancellable *cancellable,
            GError **error)
{
  g_autofree char *id = g_uuid_string_random ();
  g_autofree char *key =
    g_strdup_printf (LOFT_DOWNLOADS_PACKS "%.*s-%.8s",
                     LOFT_DOWNLOAD_DAY_LENGTH,
                     covers[0] + strlen (LOFT_DOWNLOADS_PARTS),
                     id);
  g_autoptr (GBytes) text = loft_download_counts_to_bytes (counts, covers);
  g_autoptr (GInputStream) stream = g_memory_input_stream_new_from_bytes (text);

  if (!loft_storage_create (self->storage,
                            key,
                            stream,
                            (goffset) g_bytes_get_size (text),
                            cancellable,
                            error))
    return NULL;

  return g_steal_pointer (&key);
}

static GBytes *
make_index (const char *const *packs, const char *pack)
{
  g_autoptr (GString) text = g_string_new ("{\"packs\":[");

  for (gsize i = 0; packs[i] != NULL; i++)
    {
      loft_json_append_string (text, packs[i]);
      g_string_append_c (text, ',');
    }
  loft_json_append_string (text, pack);
  g_string_append (text, "]}\n");

  return g_string_free_to_bytes (g_steal_pointer (&text));
}

/* Has a pack counted by all. Where somebody else was first, the parts may be in
 * his. */
static gboolean
name_pack (LoftDownloadKeeper *self,
           const char *const *packs,
           const char *pack,
           const char *etag,
           GCancellable *cancellable,
           GError **error)
{
  g_autoptr (GBytes) text = make_index (packs, pack);
  g_autoptr (GError) local_error = NULL;
  g_autofree char *written = loft_storage_replace (self->storage,
                                                   LOFT_DOWNLOADS_INDEX,
                                                   text,
                                                   etag,
                                                   cancellable,
                                                   &local_error);

  if (written != NULL)
    return TRUE;
  if (g_error_matches (local_error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_CHANGED))
    loft_download_keeper_remove (self, pack, cancellable, NULL);
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

static gboolean
pack_parts (LoftDownloadKeeper *self,
            const char *const *covers,
            gint64 now,
            const char *const *packs,
            const char *etag,
            GCancellable *cancellable,
            GError **error)
{
  const char *last = covers[g_strv_length ((GStrv) covers) - 1];
  g_autoptr (GPtrArray) counts =
    loft_catalog_read_download_parts (self->catalog, covers[0], last, error);
  g_autofree char *pack =
    counts != NULL ? store_pack (self, covers, counts, cancellable, error)
                   : NULL;

  if (pack == NULL || !name_pack (self, packs, pack, etag, cancellable, error))
    return FALSE;
  if (!loft_catalog_store_download_pack (self->catalog,
                                         pack,
                                         covers,
                                         counts,
                                         loft_download_keeper_get_horizon (now),
                                         error))
    return FALSE;
  for (gsize i = 0; covers[i] != NULL; i++)
    if (!loft_download_keeper_remove (self, covers[i], cancellable, error))
      return FALSE;

  return TRUE;
}

/* Makes one pack; FALSE in @out_more if there is none to be made. */
static gboolean
pack_once (LoftDownloadKeeper *self,
           gint64 now,
           gboolean *out_more,
           GCancellable *cancellable,
           GError **error)
{
  g_auto (GStrv) packs = NULL;
  g_autofree char *etag = NULL;
  gboolean whole;

  *out_more = FALSE;
  if (!loft_download_keeper_read_index (self,
                                        &packs,
                                        &etag,
                                        cancellable,
                                        error))
    return FALSE;

  g_autoptr (GPtrArray) keys =
    find_settled (self, now, (const char *const *) packs, &whole, error);
  if (keys == NULL)
    return FALSE;
  if (!whole || keys->len < LOFT_DOWNLOADS_PARTS_KEPT)
    return TRUE;

  if (keys->len > COVERS_MAX)
    g_ptr_array_remove_range (keys, COVERS_MAX, keys->len - COVERS_MAX);
  g_ptr_array_add (keys, NULL);
  *out_more = TRUE;

  return pack_parts (self,
                     (const char *const *) keys->pdata,
                     now,
                     (const char *const *) packs,
                     etag,
                     cancellable,
                     error);
}

/**
 * loft_download_keeper_pack:
 * @self: a keeper that has just merged
 * @now: microseconds since 1970
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Puts parts together that nobody writes any more, if there are many. Several
 * nodes may do so at once. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set, such as
 *   %LOFT_STORAGE_ERROR_CHANGED if another node did so meanwhile
 */
gboolean
loft_download_keeper_pack (LoftDownloadKeeper *self,
                           gint64 now,
                           GCancellable *cancellable,
                           GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  gboolean more = TRUE;

  for (guint i = 0; more && i < PACKS_MAX; i++)
    if (!pack_once (self, now, &more, cancellable, error))
      return FALSE;

  return TRUE;
}
