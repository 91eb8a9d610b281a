/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

/* What has changed: the log, as it was applied. */

/* An event may carry all that a package has yanked, so a page is bounded in
 * bytes too. */
#define CHANGES_SIZE_MAX (4 * 1024 * 1024)

/**
 * loft_catalog_read_changes:
 * @connection: a connection
 * @since: the last event that is known already; 0 for none
 * @until: the last event that may be listed
 * @limit: events at most
 * @out_last: (out): the last event that is listed, or @since
 * @error: return location for a #GError
 *
 * Lists events as they stand in the log, a line each, in their order. A page
 * ends early where it would grow beyond 4 MiB, yet has one event at least.
 *
 * Returns: (transfer full): NDJSON, or %NULL with @error set
 */
GBytes *
loft_catalog_read_changes (LoftCatalogConnection *connection,
                           guint64 since,
                           gint64 until,
                           guint limit,
                           guint64 *out_last,
                           GError **error)
{
  g_autoptr (GString) text = g_string_sized_new (4096);
  g_autoptr (LoftCatalogStatement) list = loft_catalog_query (
    connection,
    error,
    "SELECT seq, text FROM events WHERE seq > ?1 AND seq <= ?2"
    "  ORDER BY seq LIMIT ?3",
    "iii",
    (gint64) MIN (since, (guint64) G_MAXINT64),
    until,
    (gint64) limit);
  int code = SQLITE_ERROR;

  *out_last = since;
  while (list != NULL && (code = loft_catalog_step (list, error)) == SQLITE_ROW)
    {
      *out_last = loft_catalog_column_int (list, 0);
      g_string_append (text, loft_catalog_column_text (list, 1));
      g_string_append_c (text, '\n');
      if (text->len > CHANGES_SIZE_MAX)
        break;
    }

  return code == SQLITE_DONE || code == SQLITE_ROW
           ? g_string_free_to_bytes (g_steal_pointer (&text))
           : NULL;
}

/**
 * loft_catalog_list_changes:
 * @self: a catalog
 * @since: the last event that is known already; 0 for none
 * @limit: events at most
 * @out_last: (out) (optional): the last event that is listed, or @since
 * @error: return location for a #GError
 *
 * Lists events as they stand in the log, a line each, in their order. A page
 * ends early where it would grow beyond 4 MiB, yet has one event at least. Who
 * is told of an event will find no answers that are older.
 *
 * Returns: (transfer full): NDJSON, or %NULL with @error set
 */
GBytes *
loft_catalog_list_changes (LoftCatalog *self,
                           guint64 since,
                           guint limit,
                           guint64 *out_last,
                           GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  guint64 last = since;
  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  g_autoptr (GBytes) changes = reader != NULL
                                 ? loft_catalog_read_changes (reader,
                                                              since,
                                                              G_MAXINT64,
                                                              limit,
                                                              &last,
                                                              error)
                                 : NULL;
  if (changes == NULL)
    return NULL;

  if (last > since)
    loft_page_raise_sequence (self->page, last);
  if (out_last != NULL)
    *out_last = last;

  return g_steal_pointer (&changes);
}

/**
 * loft_catalog_list_changed_names:
 * @self: a catalog
 * @after: number of an event
 * @limit: how many events may have followed it
 * @error: return location for a #GError
 *
 * Lists the packages that events after @after are about, each once, without
 * reading the events themselves. Quick.
 *
 * Returns: (transfer full): the names, or %NULL with @error set;
 *   %LOFT_REGISTRY_ERROR_NOT_READY if there are more events, or the catalog
 * does not have them all
 */
GStrv
loft_catalog_list_changed_names (LoftCatalog *self,
                                 guint64 after,
                                 guint limit,
                                 GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL)
    return NULL;

  /* From @after itself on, which shows that nothing is missing between. */
  guint64 next = MAX (after, 1);
  g_autoptr (LoftCatalogStatement) list = loft_catalog_query (
    reader,
    error,
    "SELECT seq, name FROM events WHERE seq >= ?1 ORDER BY seq LIMIT ?2",
    "ii",
    (gint64) MIN (next, (guint64) G_MAXINT64),
    (gint64) limit + 2);
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);
  int code = SQLITE_ERROR;

  while (list != NULL && (code = loft_catalog_step (list, error)) == SQLITE_ROW)
    {
      const char *name = loft_catalog_column_text (list, 1);

      if ((guint64) loft_catalog_column_int (list, 0) != next)
        break;
      if (next++ == after || *name == '\0' ||
          g_hash_table_contains (names, name))
        continue;
      g_ptr_array_add (found, g_strdup (name));
      g_hash_table_add (names, found->pdata[found->len - 1]);
    }
  if (code == SQLITE_ERROR)
    return NULL;

  if (code == SQLITE_ROW || next <= after || next - after > (guint64) limit + 1)
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_NOT_READY,
                   "What changed after event %" G_GUINT64_FORMAT
                   " can't be told name by name",
                   after);
      return NULL;
    }

  g_ptr_array_add (found, NULL);

  return (GStrv) g_ptr_array_free (g_steal_pointer (&found), FALSE);
}
