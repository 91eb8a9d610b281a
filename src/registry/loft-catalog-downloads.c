/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-downloads.h"

#include "registry/loft-catalog-private.h"

/* How often tarballs were downloaded.
 *
 * What a process has counted waits in `download_pending` until the owner of the
 * catalog takes it over into the part that it is about to write for all nodes.
 * Of each part that may still change, or that will be packed, the catalog has
 * the rows; what all parts and packs come to is in `download_days` and
 * `download_versions`, to which a part is added, and from which it is taken
 * again before it is replaced. So whatever order parts come in, and however
 * often, each counts once. */

#define ADD_DAYS                                                               \
  "INSERT INTO download_days SELECT name, day, ?2 * sum (n)"                   \
  "  FROM download_counts JOIN download_parts ON part = id"                    \
  "  WHERE key = ?1 AND day >= ?3 GROUP BY name, day"                          \
  "  ON CONFLICT DO UPDATE SET n = n + excluded.n"
#define ADD_VERSIONS                                                           \
  "INSERT INTO download_versions SELECT name, version, ?2 * sum (n)"           \
  "  FROM download_counts JOIN download_parts ON part = id"                    \
  "  WHERE key = ?1 GROUP BY name, version"                                    \
  "  ON CONFLICT DO UPDATE SET n = n + excluded.n"

static LoftCatalogTransaction *
begin (LoftCatalog *self, GError **error)
{
  LoftCatalogConnection *writer = loft_catalog_get_writer (self, error);

  return writer != NULL ? loft_catalog_begin (writer, "BEGIN IMMEDIATE", error)
                        : NULL;
}

/**
 * loft_catalog_note_downloads:
 * @self: a catalog
 * @counts: (element-type LoftDownloadCount): what was downloaded
 * @error: return location for a #GError
 *
 * Adds to what was counted on this node and is not told of yet.
 *
 * Returns: %TRUE, or %FALSE with @error set, and nothing was added
 */
gboolean
loft_catalog_note_downloads (LoftCatalog *self,
                             GPtrArray *counts,
                             GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (counts != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->writer_lock);
  g_autoptr (LoftCatalogTransaction) transaction = begin (self, error);

  for (guint i = 0; transaction != NULL && i < counts->len; i++)
    {
      const LoftDownloadCount *count = counts->pdata[i];

      if (!loft_catalog_run (
            transaction,
            error,
            "INSERT INTO download_pending (day, name, version, n)"
            "  VALUES (?1, ?2, ?3, ?4)"
            "  ON CONFLICT DO UPDATE SET n = n + excluded.n",
            "itti",
            count->day,
            count->name,
            count->version,
            count->n))
        return FALSE;
    }

  return transaction != NULL &&
         loft_catalog_commit (g_steal_pointer (&transaction), error);
}

/* Finds the last of the oldest @max rows that wait. */
static gboolean
find_pending (LoftCatalogConnection *connection,
              guint max,
              gint64 *out_last,
              guint *out_rows,
              GError **error)
{
  g_autoptr (LoftCatalogStatement) find = loft_catalog_query (
    connection,
    error,
    "SELECT count (*), max (id) FROM"
    "  (SELECT id FROM download_pending ORDER BY id LIMIT ?1)",
    "i",
    (gint64) max);

  if (find == NULL || !loft_catalog_step_to_row (find, error))
    return FALSE;
  *out_rows = (guint) loft_catalog_column_int (find, 0);
  *out_last = loft_catalog_column_int (find, 1);

  return TRUE;
}

/* Gives %LOFT_DOWNLOAD_PART_NONE for one that the catalog does not have. */
static gboolean
find_part (LoftCatalogConnection *connection,
           const char *key,
           LoftDownloadPart *out_state,
           guint *out_rows,
           GError **error)
{
  g_autoptr (LoftCatalogStatement) find = loft_catalog_query (
    connection,
    error,
    "SELECT state, (SELECT count (*) FROM download_counts WHERE part = id)"
    "  FROM download_parts WHERE key = ?1",
    "t",
    key);
  int code = find != NULL ? loft_catalog_step (find, error) : SQLITE_ERROR;

  *out_state = LOFT_DOWNLOAD_PART_NONE;
  *out_rows = 0;
  if (code == SQLITE_ROW)
    {
      *out_state = (LoftDownloadPart) loft_catalog_column_int (find, 0);
      *out_rows = (guint) loft_catalog_column_int (find, 1);
    }

  return code != SQLITE_ERROR;
}

static gboolean
set_state (LoftCatalogConnection *connection,
           const char *key,
           LoftDownloadPart state,
           GError **error)
{
  return loft_catalog_run (connection,
                           error,
                           "INSERT INTO download_parts (key, state)"
                           "  VALUES (?1, ?2)"
                           "  ON CONFLICT DO UPDATE SET state = excluded.state",
                           "ti",
                           key,
                           (gint64) state);
}

static gboolean
move_pending (LoftCatalogConnection *connection,
              const char *part,
              gint64 last,
              gint64 horizon,
              GError **error)
{
  return loft_catalog_run (
           connection,
           error,
           "INSERT INTO download_days SELECT name, day, sum (n)"
           "  FROM download_pending WHERE id <= ?1 AND day >= ?2"
           "  GROUP BY name, day ON CONFLICT DO UPDATE SET n = n + excluded.n",
           "ii",
           last,
           horizon) &&
         loft_catalog_run (
           connection,
           error,
           "INSERT INTO download_versions SELECT name, version, sum (n)"
           "  FROM download_pending WHERE id <= ?1 GROUP BY name, version"
           "  ON CONFLICT DO UPDATE SET n = n + excluded.n",
           "i",
           last) &&
         loft_catalog_run (
           connection,
           error,
           "INSERT INTO download_counts"
           "  SELECT (SELECT id FROM download_parts WHERE key = ?1),"
           "    day, name, version, n FROM download_pending WHERE id <= ?2"
           "  ON CONFLICT DO UPDATE SET n = n + excluded.n",
           "ti",
           part,
           last) &&
         loft_catalog_run (connection,
                           error,
                           "DELETE FROM download_pending WHERE id <= ?1",
                           "i",
                           last);
}

/**
 * loft_catalog_take_downloads:
 * @self: a catalog
 * @part: key of the object that is to tell of them
 * @is_new: whether that was never written; else the catalog has to know it
 * @horizon: the first day that is kept
 * @max: rows of a part at most
 * @out_taken: (out): how many rows were taken
 * @out_rows: (out): how many rows the part has now
 * @error: return location for a #GError
 *
 * Takes what was counted on this node, or some of it, into a part, which then
 * has to be written. Nothing is taken where the part is full, or is not known
 * and not new: since then something of it may be missing here.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_catalog_take_downloads (LoftCatalog *self,
                             const char *part,
                             gboolean is_new,
                             gint64 horizon,
                             guint max,
                             guint *out_taken,
                             guint *out_rows,
                             GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (loft_catalog_is_owner (self), FALSE);
  g_return_val_if_fail (part != NULL && max > 0, FALSE);
  g_return_val_if_fail (out_taken != NULL && out_rows != NULL, FALSE);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->writer_lock);
  g_autoptr (LoftCatalogTransaction) transaction = begin (self, error);
  LoftDownloadPart state;
  gint64 last;

  *out_taken = 0;
  if (transaction == NULL ||
      !find_part (transaction, part, &state, out_rows, error))
    return FALSE;
  if (*out_rows >= max || state == LOFT_DOWNLOAD_PART_COVERED ||
      (!is_new && state == LOFT_DOWNLOAD_PART_NONE))
    return TRUE;
  if (!find_pending (transaction, max - *out_rows, &last, out_taken, error))
    return FALSE;
  if (*out_taken == 0)
    return TRUE;

  *out_rows += *out_taken;

  return set_state (transaction, part, LOFT_DOWNLOAD_PART_UNWRITTEN, error) &&
         move_pending (transaction, part, last, horizon, error) &&
         loft_catalog_commit (g_steal_pointer (&transaction), error);
}

static gboolean
add_rows (LoftCatalogConnection *connection,
          const char *key,
          gint64 factor,
          gint64 horizon,
          GError **error)
{
  return loft_catalog_run (connection,
                           error,
                           ADD_DAYS,
                           "tii",
                           key,
                           factor,
                           horizon) &&
         loft_catalog_run (connection, error, ADD_VERSIONS, "ti", key, factor);
}

static gboolean
drop_rows (LoftCatalogConnection *connection, const char *key, GError **error)
{
  return loft_catalog_run (connection,
                           error,
                           "DELETE FROM download_counts WHERE part ="
                           "  (SELECT id FROM download_parts WHERE key = ?1)",
                           "t",
                           key);
}

static gboolean
insert_rows (LoftCatalogConnection *connection,
             const char *key,
             GPtrArray *counts,
             GError **error)
{
  for (guint i = 0; i < counts->len; i++)
    {
      const LoftDownloadCount *count = counts->pdata[i];

      if (!loft_catalog_run (
            connection,
            error,
            "INSERT INTO download_counts"
            "  SELECT id, ?2, ?3, ?4, ?5 FROM download_parts WHERE key = ?1",
            "titti",
            key,
            count->day,
            count->name,
            count->version,
            count->n))
        return FALSE;
    }

  return TRUE;
}

/**
 * loft_catalog_store_download_part:
 * @self: a catalog
 * @key: key of an object that somebody has written
 * @state: %LOFT_DOWNLOAD_PART_OPEN or %LOFT_DOWNLOAD_PART_CLOSED
 * @counts: (element-type LoftDownloadCount): what it tells now
 * @horizon: the first day that is kept
 * @error: return location for a #GError
 *
 * Counts what a part tells, in the place of what it told before.
 *
 * Returns: %TRUE, or %FALSE with @error set, and nothing has changed
 */
gboolean
loft_catalog_store_download_part (LoftCatalog *self,
                                  const char *key,
                                  LoftDownloadPart state,
                                  GPtrArray *counts,
                                  gint64 horizon,
                                  GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (loft_catalog_is_owner (self), FALSE);
  g_return_val_if_fail (key != NULL && counts != NULL, FALSE);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->writer_lock);
  g_autoptr (LoftCatalogTransaction) transaction = begin (self, error);

  return transaction != NULL && set_state (transaction, key, state, error) &&
         add_rows (transaction, key, -1, horizon, error) &&
         drop_rows (transaction, key, error) &&
         insert_rows (transaction, key, counts, error) &&
         add_rows (transaction, key, 1, horizon, error) &&
         loft_catalog_commit (g_steal_pointer (&transaction), error);
}

/**
 * loft_catalog_store_download_pack:
 * @self: a catalog
 * @key: key of an object that will never change
 * @covers: the keys of those in whose place it stands, known or not
 * @counts: (element-type LoftDownloadCount): what it tells
 * @horizon: the first day that is kept
 * @error: return location for a #GError
 *
 * Counts what a pack tells, in the place of all that it covers.
 *
 * Returns: %TRUE, or %FALSE with @error set, and nothing has changed
 */
gboolean
loft_catalog_store_download_pack (LoftCatalog *self,
                                  const char *key,
                                  const char *const *covers,
                                  GPtrArray *counts,
                                  gint64 horizon,
                                  GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (loft_catalog_is_owner (self), FALSE);
  g_return_val_if_fail (key != NULL && covers != NULL && counts != NULL, FALSE);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->writer_lock);
  g_autoptr (LoftCatalogTransaction) transaction = begin (self, error);

  if (transaction == NULL)
    return FALSE;
  for (gsize i = 0; covers[i] != NULL; i++)
    if (!add_rows (transaction, covers[i], -1, horizon, error) ||
        !drop_rows (transaction, covers[i], error) ||
        !set_state (transaction, covers[i], LOFT_DOWNLOAD_PART_COVERED, error))
      return FALSE;

  return set_state (transaction, key, LOFT_DOWNLOAD_PART_PACK, error) &&
         insert_rows (transaction, key, counts, error) &&
         add_rows (transaction, key, 1, horizon, error) &&
         drop_rows (transaction, key, error) &&
         loft_catalog_commit (g_steal_pointer (&transaction), error);
}

/**
 * loft_catalog_forget_download_part:
 * @self: a catalog
 * @key: key of an object that is no more
 * @horizon: the first day that is kept
 * @error: return location for a #GError
 *
 * Counts no longer what a part told.
 *
 * Returns: %TRUE, or %FALSE with @error set, and nothing has changed
 */
gboolean
loft_catalog_forget_download_part (LoftCatalog *self,
                                   const char *key,
                                   gint64 horizon,
                                   GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (loft_catalog_is_owner (self), FALSE);
  g_return_val_if_fail (key != NULL, FALSE);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->writer_lock);
  g_autoptr (LoftCatalogTransaction) transaction = begin (self, error);

  return transaction != NULL &&
         add_rows (transaction, key, -1, horizon, error) &&
         drop_rows (transaction, key, error) &&
         loft_catalog_run (transaction,
                           error,
                           "DELETE FROM download_parts WHERE key = ?1",
                           "t",
                           key) &&
         loft_catalog_commit (g_steal_pointer (&transaction), error);
}

/**
 * loft_catalog_mark_download_part:
 * @self: a catalog
 * @key: key of a part that it knows
 * @state: what it is now
 * @error: return location for a #GError
 *
 * Notes that a part was written, or will stay as it is.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_catalog_mark_download_part (LoftCatalog *self,
                                 const char *key,
                                 LoftDownloadPart state,
                                 GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (loft_catalog_is_owner (self), FALSE);
  g_return_val_if_fail (key != NULL, FALSE);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->writer_lock);
  LoftCatalogConnection *writer = loft_catalog_get_writer (self, error);

  return writer != NULL &&
         loft_catalog_run (writer,
                           error,
                           "UPDATE download_parts SET state = ?2"
                           "  WHERE key = ?1",
                           "ti",
                           key,
                           (gint64) state);
}

/**
 * loft_catalog_drop_old_downloads:
 * @self: a catalog
 * @horizon: the first day that is kept
 * @error: return location for a #GError
 *
 * Forgets what was downloaded on which day so long ago that it is not told any
 * more. It stays in the totals.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_catalog_drop_old_downloads (LoftCatalog *self,
                                 gint64 horizon,
                                 GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (loft_catalog_is_owner (self), FALSE);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->writer_lock);
  LoftCatalogConnection *writer = loft_catalog_get_writer (self, error);

  return writer != NULL &&
         loft_catalog_run (writer,
                           error,
                           "DELETE FROM download_days WHERE day < ?1",
                           "i",
                           horizon);
}

/**
 * loft_catalog_forget_downloads:
 * @self: a catalog
 * @error: return location for a #GError
 *
 * Forgets all that was read or is written; what was counted and not taken yet
 * stays.
 *
 * Returns: %TRUE, or %FALSE with @error set, and nothing has changed
 */
gboolean
loft_catalog_forget_downloads (LoftCatalog *self, GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (loft_catalog_is_owner (self), FALSE);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->writer_lock);
  g_autoptr (LoftCatalogTransaction) transaction = begin (self, error);

  return transaction != NULL &&
         loft_catalog_run (transaction,
                           error,
                           "DELETE FROM download_counts",
                           "") &&
         loft_catalog_run (transaction,
                           error,
                           "DELETE FROM download_parts",
                           "") &&
         loft_catalog_run (transaction,
                           error,
                           "DELETE FROM download_days",
                           "") &&
         loft_catalog_run (transaction,
                           error,
                           "DELETE FROM download_versions",
                           "") &&
         loft_catalog_commit (g_steal_pointer (&transaction), error);
}

/**
 * loft_catalog_disown_downloads:
 * @connection: to a copy of a catalog
 * @error: return location for a #GError
 *
 * Makes it one of another node, which has nothing of its own to write yet: what
 * was left to be written there is told by the node that counted it.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_catalog_disown_downloads (LoftCatalogConnection *connection,
                               GError **error)
{
  return loft_catalog_run (connection,
                           error,
                           "DELETE FROM download_pending",
                           "") &&
         loft_catalog_run (connection,
                           error,
                           "UPDATE download_parts SET state = ?1"
                           "  WHERE state = ?2",
                           "ii",
                           (gint64) LOFT_DOWNLOAD_PART_OPEN,
                           (gint64) LOFT_DOWNLOAD_PART_UNWRITTEN);
}
