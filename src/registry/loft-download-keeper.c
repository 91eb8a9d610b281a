/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-download-keeper-private.h"

#include <string.h>

#include "registry/loft-registry-error.h"

/* How often tarballs were downloaded is the one thing that no document and no
 * event tells. So it is in the storage too, where each node keeps its own.
 *
 * A node writes parts, each with what it has counted since it began that part:
 * `parts/DAY-NODE-NUMBER`. It writes the last one again and again, on the day
 * in its name and not later, with numbers that grow; when that is full it
 * writes another. A number is never added to one that is there: a part tells
 * how often in all, so whoever reads it twice has counted it once, and a write
 * whose outcome is not known is done again. NODE is drawn at each start, so no
 * part has two writers.
 *
 * Parts of days gone by are put together by whoever looks after the storage,
 * into a pack, which tells what it stands in the place of. It counts once
 * `packs.json` names it, and that is replaced only if nobody else has replaced
 * it since the parts were read: so no part gets into two packs. Then they are
 * removed. One that is written after that, by a clock that is days late, does
 * not count.
 *
 * What was counted and not written is in the catalog of the node. Where that is
 * lost, or a process is killed, what it has counted in the last interval or two
 * is lost with it, and nothing else. */

#define PART_ROWS 2000
#define PARTS_MAX 200
#define OBJECT_MAX (64 * 1024 * 1024)

/* Days of which no page tells any more, and for how long they are kept all the
 * same, since the clocks of nodes differ. */
#define DAYS_KEPT (LOFT_DOWNLOAD_DAYS + 5)

/**
 * loft_download_keeper_new:
 * @storage: where all nodes find the numbers
 * @catalog: of which this process is the owner
 * @node: what no other process is called, in letters and digits
 *
 * Returns: (transfer full): a keeper
 */
LoftDownloadKeeper *
loft_download_keeper_new (LoftStorage *storage,
                          LoftCatalog *catalog,
                          const char *node)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (storage), NULL);
  g_return_val_if_fail (LOFT_IS_CATALOG (catalog), NULL);
  g_return_val_if_fail (node != NULL, NULL);

  LoftDownloadKeeper *self = g_new0 (LoftDownloadKeeper, 1);

  self->storage = g_object_ref (storage);
  self->catalog = g_object_ref (catalog);
  self->node = g_strdup (node);

  return self;
}

/**
 * loft_download_keeper_free:
 * @self: (transfer full): a keeper
 *
 * Frees @self.
 */
void
loft_download_keeper_free (LoftDownloadKeeper *self)
{
  g_return_if_fail (self != NULL);

  g_object_unref (self->storage);
  g_object_unref (self->catalog);
  g_free (self->node);
  g_free (self->part);
  g_free (self->etag);
  g_free (self);
}

/**
 * loft_download_keeper_get_horizon: (skip)
 * @now: microseconds since 1970
 *
 * Returns: the first day that is kept
 */
gint64
loft_download_keeper_get_horizon (gint64 now)
{
  return loft_download_day (now) - DAYS_KEPT;
}

/**
 * loft_download_part_parse: (skip)
 * @key: a storage key
 * @out_day: (out): the day in its name
 *
 * Returns: whether it is that of a part
 */
gboolean
loft_download_part_parse (const char *key, gint64 *out_day)
{
  if (!g_str_has_prefix (key, LOFT_DOWNLOADS_PARTS))
    return FALSE;

  g_autofree char *day =
    g_strndup (key + strlen (LOFT_DOWNLOADS_PARTS), LOFT_DOWNLOAD_DAY_LENGTH);

  return loft_download_day_parse (day, out_day) &&
         key[strlen (LOFT_DOWNLOADS_PARTS) + LOFT_DOWNLOAD_DAY_LENGTH] == '-';
}

/**
 * loft_download_part_is_settled: (skip)
 * @day: the day in a part's name
 * @now: microseconds since 1970
 *
 * Returns: whether nobody writes that part any more, whatever his clock says
 */
gboolean
loft_download_part_is_settled (gint64 day, gint64 now)
{
  return day < loft_download_day (now) - 1;
}

/**
 * loft_download_keeper_read: (skip)
 * @self: a keeper
 * @key: a key
 * @out_etag: (out) (optional): the object's etag
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Reads an object. Blocks.
 *
 * Returns: (transfer full): its content, or %NULL with @error set
 */
GBytes *
loft_download_keeper_read (LoftDownloadKeeper *self,
                           const char *key,
                           char **out_etag,
                           GCancellable *cancellable,
                           GError **error)
{
  g_autoptr (LoftObject) object =
    loft_storage_read (self->storage, key, 0, -1, cancellable, error);

  if (object == NULL)
    return NULL;
  if (out_etag != NULL)
    *out_etag = g_strdup (loft_object_get_etag (object));

  return loft_object_load (object, OBJECT_MAX, cancellable, error);
}

/**
 * loft_download_keeper_remove: (skip)
 * @self: a keeper
 * @key: a key
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Removes an object, if it is there. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_download_keeper_remove (LoftDownloadKeeper *self,
                             const char *key,
                             GCancellable *cancellable,
                             GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (loft_storage_remove (self->storage, key, cancellable, &local_error) ||
      g_error_matches (local_error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

static void
begin_part (LoftDownloadKeeper *self, gint64 day)
{
  g_autofree char *text = loft_download_day_format (day);

  g_free (self->part);
  g_clear_pointer (&self->etag, g_free);
  self->part = g_strdup_printf (LOFT_DOWNLOADS_PARTS "%s-%s-%06u",
                                text,
                                self->node,
                                ++self->number);
  self->day = day;
  self->is_new = TRUE;
}

/* Finds out in whose place a part is to be written. */
static gboolean
find_etag (LoftDownloadKeeper *self,
           const char *key,
           char **out_etag,
           GCancellable *cancellable,
           GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GBytes) content =
    loft_download_keeper_read (self, key, out_etag, cancellable, &local_error);

  if (content != NULL || g_error_matches (local_error,
                                          LOFT_STORAGE_ERROR,
                                          LOFT_STORAGE_ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

/* Writes a part as the catalog has it. Nobody else does, so what is in its
 * place is what this node wrote before. */
static gboolean
write_part (LoftDownloadKeeper *self,
            const char *key,
            GCancellable *cancellable,
            GError **error)
{
  gboolean is_current = g_strcmp0 (key, self->part) == 0;
  g_autofree char *etag = is_current ? g_strdup (self->etag) : NULL;
  g_autoptr (GPtrArray) counts =
    loft_catalog_read_download_parts (self->catalog, key, key, error);
  if (counts == NULL)
    return FALSE;

  g_autoptr (GBytes) text = loft_download_counts_to_bytes (counts, NULL);
  g_autoptr (GError) local_error = NULL;
  g_autofree char *written = loft_storage_replace (self->storage,
                                                   key,
                                                   text,
                                                   etag,
                                                   cancellable,
                                                   &local_error);
  if (g_error_matches (local_error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_CHANGED))
    {
      g_clear_pointer (&etag, g_free);
      if (!find_etag (self, key, &etag, cancellable, error))
        return FALSE;
      g_clear_error (&local_error);
      written = loft_storage_replace (self->storage,
                                      key,
                                      text,
                                      etag,
                                      cancellable,
                                      &local_error);
    }
  if (written == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  if (is_current)
    {
      g_free (self->etag);
      self->etag = g_steal_pointer (&written);
    }

  return loft_catalog_mark_download_part (self->catalog,
                                          key,
                                          LOFT_DOWNLOAD_PART_OPEN,
                                          error);
}

/* What could not be written before, or not before somebody was killed. */
static gboolean
write_unwritten (LoftDownloadKeeper *self,
                 GCancellable *cancellable,
                 GError **error)
{
  g_autoptr (GHashTable) parts =
    loft_catalog_list_download_parts (self->catalog, error);
  GHashTableIter iter;
  gpointer key, state;

  if (parts == NULL)
    return FALSE;
  g_hash_table_iter_init (&iter, parts);
  while (g_hash_table_iter_next (&iter, &key, &state))
    if (GPOINTER_TO_INT (state) == LOFT_DOWNLOAD_PART_UNWRITTEN &&
        !write_part (self, key, cancellable, error))
      return FALSE;

  return TRUE;
}

/* Takes what waits into the part, and writes that; or begins another part. */
static gboolean
flush_once (LoftDownloadKeeper *self,
            gint64 now,
            gboolean *out_more,
            GCancellable *cancellable,
            GError **error)
{
  gint64 day = loft_download_day (now);
  guint taken, rows;

  if (self->part == NULL || self->day != day)
    begin_part (self, day);
  if (!loft_catalog_take_downloads (self->catalog,
                                    self->part,
                                    self->is_new,
                                    loft_download_keeper_get_horizon (now),
                                    PART_ROWS,
                                    &taken,
                                    &rows,
                                    error))
    return FALSE;

  *out_more = TRUE;
  if (taken > 0)
    {
      self->is_new = FALSE;
      return write_part (self, self->part, cancellable, error);
    }

  /* A part that was begun has rows, unless the catalog is another one now. */
  if (!self->is_new && (rows == 0 || rows >= PART_ROWS))
    begin_part (self, day);
  else
    *out_more = FALSE;

  return TRUE;
}

/**
 * loft_download_keeper_flush:
 * @self: a keeper
 * @now: microseconds since 1970
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Writes what this node has counted, if there is anything new. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set, and the rest is written by the
 *   next call
 */
gboolean
loft_download_keeper_flush (LoftDownloadKeeper *self,
                            gint64 now,
                            GCancellable *cancellable,
                            GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  gboolean more = TRUE;

  if (!write_unwritten (self, cancellable, error))
    return FALSE;
  for (guint i = 0; more && i < PARTS_MAX; i++)
    if (!flush_once (self, now, &more, cancellable, error))
      return FALSE;

  return TRUE;
}
