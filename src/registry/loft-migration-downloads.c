/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-download-count.h"
#include "registry/loft-download-keeper.h"
#include "registry/loft-json.h"
#include "registry/loft-migration-private.h"

/* Numbers of downloads: of two objects under one key the one that has counted
 * more is the later one. The target may be the one that has, if a server was
 * started on it, or if the source is a backup of it. No number is ever taken
 * back for that, and nothing that counts is removed. */

#define PACK_SIZE_MAX (64 * 1024 * 1024)

static char *
make_row (const LoftDownloadCount *count)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT "/%s/%s",
                          count->day,
                          count->name,
                          count->version);
}

/**
 * loft_migration_counts_reach: (skip)
 * @counts: numbers of downloads
 * @other: others under the same key
 *
 * Returns: whether no number in @other is missing in @counts, or less there
 */
gboolean
loft_migration_counts_reach (GBytes *counts, GBytes *other)
{
  g_autoptr (GPtrArray) ours = loft_download_counts_parse (counts, NULL);
  g_autoptr (GPtrArray) theirs = loft_download_counts_parse (other, NULL);
  g_autoptr (GHashTable) rows =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  if (ours == NULL || theirs == NULL)
    return ours != NULL;

  for (guint i = 0; i < ours->len; i++)
    {
      LoftDownloadCount *count = ours->pdata[i];

      g_hash_table_insert (rows, make_row (count), count);
    }
  for (guint i = 0; i < theirs->len; i++)
    {
      const LoftDownloadCount *count = theirs->pdata[i];
      g_autofree char *row = make_row (count);
      const LoftDownloadCount *found = g_hash_table_lookup (rows, row);

      if ((found != NULL ? found->n : 0) < count->n)
        return FALSE;
    }

  return TRUE;
}

/**
 * loft_migration_list_packs: (skip)
 * @index: what names the packs that count
 *
 * Returns: (transfer full) (nullable): their keys; %NULL if it is something
 *   else
 */
GStrv
loft_migration_list_packs (GBytes *index)
{
  gsize length = 0;
  const char *text = g_bytes_get_data (index, &length);
  g_autoptr (JsonNode) node =
    text != NULL ? loft_json_parse (text, length, NULL) : NULL;
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  JsonArray *packs =
    node != NULL && JSON_NODE_HOLDS_OBJECT (node)
      ? loft_json_get_array (json_node_get_object (node), "packs")
      : NULL;

  if (packs == NULL)
    return NULL;
  for (guint i = 0; i < json_array_get_length (packs); i++)
    {
      JsonNode *pack = json_array_get_element (packs, i);

      if (JSON_NODE_HOLDS_VALUE (pack) &&
          json_node_get_value_type (pack) == G_TYPE_STRING &&
          g_str_has_prefix (json_node_get_string (pack), LOFT_DOWNLOADS_PACKS))
        g_strv_builder_add (builder, json_node_get_string (pack));
    }

  return g_strv_builder_end (builder);
}

/**
 * loft_migration_packs_reach: (skip)
 * @index: what names packs
 * @other: another one
 *
 * Returns: whether each pack that @other names is named by @index
 */
gboolean
loft_migration_packs_reach (GBytes *index, GBytes *other)
{
  g_auto (GStrv) ours = loft_migration_list_packs (index);
  g_auto (GStrv) theirs = loft_migration_list_packs (other);

  if (ours == NULL || theirs == NULL)
    return ours != NULL;
  for (gsize i = 0; theirs[i] != NULL; i++)
    if (!g_strv_contains ((const char *const *) ours, theirs[i]))
      return FALSE;

  return TRUE;
}

typedef struct
{
  const char *key;
  gsize limit;
  GBytes *content; /* owned, nullable */
} Reading;

static gboolean
read_target (LoftMigration *self, gpointer data, GError **error)
{
  Reading *reading = data;
  g_autoptr (GError) local_error = NULL;

  reading->content = loft_migration_load (self,
                                          self->target,
                                          reading->key,
                                          reading->limit,
                                          &local_error);
  if (reading->content != NULL || loft_migration_is_missing (local_error))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

static gboolean
add_covered (LoftMigration *self, const char *pack, GError **error)
{
  Reading reading = { .key = pack, .limit = PACK_SIZE_MAX };
  g_auto (GStrv) covers = NULL;

  if (!loft_migration_insist (self, read_target, &reading, error))
    return FALSE;

  g_autoptr (GBytes) text = reading.content;
  g_autoptr (GPtrArray) counts =
    text != NULL ? loft_download_counts_parse (text, &covers) : NULL;
  for (gsize i = 0; covers != NULL && covers[i] != NULL; i++)
    g_hash_table_add (self->covered, g_strdup (covers[i]));

  return TRUE;
}

/* In whose place the packs stand that count in the target by now. */
static gboolean
read_covered (LoftMigration *self, GError **error)
{
  Reading reading = { .key = LOFT_DOWNLOADS_INDEX,
                      .limit = LOFT_STORAGE_DOCUMENT_MAX };

  if (self->covered != NULL)
    return TRUE;
  if (!loft_migration_insist (self, read_target, &reading, error))
    return FALSE;

  g_autoptr (GBytes) index = reading.content;
  g_auto (GStrv) packs =
    index != NULL ? loft_migration_list_packs (index) : NULL;

  self->covered = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (gsize i = 0; packs != NULL && packs[i] != NULL; i++)
    if (!add_covered (self, packs[i], error))
      return FALSE;

  return TRUE;
}

static gboolean
remove_part (LoftMigration *self, gpointer data, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (loft_storage_remove (self->target,
                           data,
                           self->cancellable,
                           &local_error) ||
      loft_migration_is_missing (local_error))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

/**
 * loft_migration_drop_downloads: (skip)
 * @self: a migration that has copied all packs
 * @key: a storage key of the target that the source did not list
 * @error: return location for a #GError
 *
 * Removes numbers of downloads that were put together with others, if those are
 * there. What else only the target has stays, and is reported. Only one thread
 * may do so. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_migration_drop_downloads (LoftMigration *self,
                               const char *key,
                               GError **error)
{
  /* What would be covered is not known before it was copied. */
  if (self->options.dry_run)
    return TRUE;
  if (!read_covered (self, error))
    return FALSE;
  if (g_hash_table_contains (self->covered, key))
    return loft_migration_insist (self, remove_part, (gpointer) key, error);

  loft_migration_find (self,
                       "target-differs",
                       key,
                       "Only the target has these numbers of downloads, which "
                       "stay");

  return TRUE;
}
