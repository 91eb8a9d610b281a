/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

/* How it is with the documentation of versions. */

/**
 * loft_catalog_note_docs:
 * @write: what is written
 * @event: an event that tells of a version's documentation
 * @error: return location for a #GError
 *
 * Notes it.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_note_docs (LoftCatalogWrite *write,
                        const LoftEvent *event,
                        GError **error)
{
  const LoftDocs *docs = &event->docs;

  return loft_catalog_run (
    write->connection,
    error,
    "INSERT INTO docs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
    "  ON CONFLICT (name, key) DO UPDATE SET state = ?3,"
    "    generation = ifnull (?4, generation), attempts = ?5, reason = ?6,"
    "    log = ?7, time = ?8",
    "ttititti",
    event->name != NULL ? event->name : "",
    event->key != NULL ? event->key : "",
    (gint64) docs->state,
    docs->generation,
    (gint64) docs->attempts,
    docs->reason,
    docs->log,
    event->time);
}

#define DOCS_COLUMNS "state, generation, attempts, reason, log, time"

static void
take_docs (LoftCatalogStatement *find, LoftDocs *out_docs)
{
  out_docs->state = (LoftDocsState) loft_catalog_column_int (find, 0);
  out_docs->generation = g_strdup (loft_catalog_column_text (find, 1));
  out_docs->attempts = (guint) loft_catalog_column_int (find, 2);
  out_docs->reason = g_strdup (loft_catalog_column_text (find, 3));
  out_docs->log = g_strdup (loft_catalog_column_text (find, 4));
  out_docs->time = loft_catalog_column_int (find, 5);
}

/**
 * loft_catalog_get_docs:
 * @self: a catalog
 * @name: a package
 * @key: key of one of its documents
 * @out_docs: (out caller-allocates): how it is with the version's documentation
 * @error: return location for a #GError
 *
 * Looks it up.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_get_docs (LoftCatalog *self,
                       const char *name,
                       const char *key,
                       LoftDocs *out_docs,
                       GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (name != NULL && key != NULL, FALSE);
  g_return_val_if_fail (out_docs != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  *out_docs = (LoftDocs){ .state = LOFT_DOCS_NONE };

  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL)
    return FALSE;

  g_autoptr (LoftCatalogStatement) find =
    loft_catalog_query (reader,
                        error,
                        "SELECT " DOCS_COLUMNS " FROM docs"
                        "  WHERE name = ?1 AND key = ?2",
                        "tt",
                        name,
                        key);
  int code = find != NULL ? loft_catalog_step (find, error) : SQLITE_ERROR;
  if (code == SQLITE_ROW)
    take_docs (find, out_docs);

  return code == SQLITE_ROW || code == SQLITE_DONE;
}

/**
 * loft_catalog_docs_item_free:
 * @self: (transfer full): an item
 *
 * Frees @self.
 */
void
loft_catalog_docs_item_free (LoftCatalogDocsItem *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->name);
  g_free (self->key);
  loft_docs_clear (&self->docs);
  g_free (self);
}

/**
 * loft_catalog_list_docs:
 * @self: a catalog
 * @state: a state
 * @limit: items at most
 * @error: return location for a #GError
 *
 * Lists the versions whose documentation is in that state: those first that
 * were tried least often, and of them those that have been so the longest.
 * Yanked ones are left out.
 *
 * Returns: (transfer full) (element-type LoftCatalogDocsItem): the items, or
 *   %NULL with @error set
 */
GPtrArray *
loft_catalog_list_docs (LoftCatalog *self,
                        LoftDocsState state,
                        guint limit,
                        GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL)
    return NULL;

  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (
    (GDestroyNotify) loft_catalog_docs_item_free);
  g_autoptr (LoftCatalogStatement) list = loft_catalog_query (
    reader,
    error,
    "SELECT state, generation, attempts, reason, log, time, d.name, d.key"
    "  FROM docs AS d"
    "  CROSS JOIN packages AS p ON p.name = d.name"
    "  CROSS JOIN versions AS v ON v.package = p.id AND v.key = d.key"
    "  WHERE d.state = ?1 AND d.state <> 2 AND v.yanked = 0"
    "  ORDER BY d.attempts, d.time LIMIT ?2",
    "ii",
    (gint64) state,
    (gint64) limit);
  int code = SQLITE_ERROR;

  while (list != NULL && (code = loft_catalog_step (list, error)) == SQLITE_ROW)
    {
      LoftCatalogDocsItem *item = g_new0 (LoftCatalogDocsItem, 1);

      take_docs (list, &item->docs);
      item->name = g_strdup (loft_catalog_column_text (list, 6));
      item->key = g_strdup (loft_catalog_column_text (list, 7));
      g_ptr_array_add (items, item);
    }

  return code == SQLITE_DONE ? g_steal_pointer (&items) : NULL;
}

/**
 * loft_catalog_list_without_docs:
 * @self: a catalog
 * @until: the last event of the log that may have told of them
 * @limit: items at most
 * @error: return location for a #GError
 *
 * Lists the versions that nobody ever wanted documentation of, the newest
 * first. Yanked ones are left out. It may look at all versions.
 *
 * Returns: (transfer full) (element-type LoftCatalogDocsItem): the items, or
 *   %NULL with @error set
 */
GPtrArray *
loft_catalog_list_without_docs (LoftCatalog *self,
                                guint64 until,
                                guint limit,
                                GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL)
    return NULL;

  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (
    (GDestroyNotify) loft_catalog_docs_item_free);
  g_autoptr (LoftCatalogStatement) list = loft_catalog_query (
    reader,
    error,
    "SELECT p.name, v.key FROM versions AS v INDEXED BY versions_by_time"
    "  CROSS JOIN packages AS p ON p.id = v.package"
    "  LEFT JOIN docs AS d ON d.name = p.name AND d.key = v.key"
    "  WHERE v.yanked = 0 AND v.seq <= ?1 AND ifnull (d.state, 0) = 0"
    "  ORDER BY v.published DESC LIMIT ?2",
    "ii",
    (gint64) MIN (until, (guint64) G_MAXINT64 - 1),
    (gint64) limit);
  int code = SQLITE_ERROR;

  while (list != NULL && (code = loft_catalog_step (list, error)) == SQLITE_ROW)
    {
      LoftCatalogDocsItem *item = g_new0 (LoftCatalogDocsItem, 1);

      item->name = g_strdup (loft_catalog_column_text (list, 0));
      item->key = g_strdup (loft_catalog_column_text (list, 1));
      g_ptr_array_add (items, item);
    }

  return code == SQLITE_DONE ? g_steal_pointer (&items) : NULL;
}

/**
 * loft_catalog_count_docs:
 * @self: a catalog
 * @state: a state, but not that there is some
 * @out_count: (out): of how many versions the documentation is in that state
 * @error: return location for a #GError
 *
 * Counts versions, yanked ones too.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_catalog_count_docs (LoftCatalog *self,
                         LoftDocsState state,
                         guint64 *out_count,
                         GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (state != LOFT_DOCS_BUILT && out_count != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL)
    return FALSE;

  g_autoptr (LoftCatalogStatement) statement = loft_catalog_query (
    reader,
    error,
    "SELECT count (*) FROM docs WHERE state = ?1 AND state <> 2",
    "i",
    (gint64) state);
  if (statement == NULL || !loft_catalog_step_to_row (statement, error))
    return FALSE;

  *out_count = (guint64) loft_catalog_column_int (statement, 0);

  return TRUE;
}
