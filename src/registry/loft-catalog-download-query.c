/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-downloads.h"

#include "registry/loft-catalog-private.h"

/* What is asked of the numbers of downloads. */

/* Gives the rows of @statement: day, name, version, number. */
static GPtrArray *
take_counts (LoftCatalogStatement *statement, GError **error)
{
  g_autoptr (GPtrArray) counts = loft_download_counts_new ();
  int code = SQLITE_ROW;

  if (statement == NULL)
    return NULL;
  while ((code = loft_catalog_step (statement, error)) == SQLITE_ROW)
    loft_download_counts_add (counts,
                              loft_catalog_column_int (statement, 0),
                              loft_catalog_column_text (statement, 1),
                              loft_catalog_column_text (statement, 2),
                              loft_catalog_column_int (statement, 3));

  return code != SQLITE_ERROR ? g_steal_pointer (&counts) : NULL;
}

/**
 * loft_catalog_read_download_parts:
 * @self: a catalog
 * @first: key of a part
 * @last: the same, or that of one behind it
 * @error: return location for a #GError
 *
 * Reads what a part tells, or what several come to.
 *
 * Returns: (transfer full) (element-type LoftDownloadCount): the counts, by
 *   day, name and version, or %NULL with @error set
 */
GPtrArray *
loft_catalog_read_download_parts (LoftCatalog *self,
                                  const char *first,
                                  const char *last,
                                  GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);
  g_return_val_if_fail (first != NULL && last != NULL, NULL);

  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL)
    return NULL;

  g_autoptr (LoftCatalogStatement) find = loft_catalog_query (
    reader,
    error,
    "SELECT day, name, version, sum (n) FROM download_counts"
    "  WHERE part IN"
    "    (SELECT id FROM download_parts WHERE key BETWEEN ?1 AND ?2)"
    "  GROUP BY day, name, version ORDER BY day, name, version",
    "tt",
    first,
    last);

  return take_counts (find, error);
}

/**
 * loft_catalog_list_download_parts:
 * @self: a catalog
 * @error: return location for a #GError
 *
 * Lists the objects that it has counted, or is to write.
 *
 * Returns: (transfer full) (element-type utf8 LoftDownloadPart): what it knows
 *   of each, by its key, or %NULL with @error set
 */
GHashTable *
loft_catalog_list_download_parts (LoftCatalog *self, GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);

  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL)
    return NULL;

  g_autoptr (GHashTable) parts =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (LoftCatalogStatement) list =
    loft_catalog_query (reader,
                        error,
                        "SELECT key, state FROM download_parts",
                        "");
  int code = list != NULL ? SQLITE_ROW : SQLITE_ERROR;

  while (list != NULL && (code = loft_catalog_step (list, error)) == SQLITE_ROW)
    g_hash_table_insert (parts,
                         g_strdup (loft_catalog_column_text (list, 0)),
                         GINT_TO_POINTER (loft_catalog_column_int (list, 1)));

  return code != SQLITE_ERROR ? g_steal_pointer (&parts) : NULL;
}

static gboolean
read_days (LoftCatalogConnection *reader,
           const char *name,
           gint64 first,
           guint n_days,
           guint64 *out_days,
           GError **error)
{
  g_autoptr (LoftCatalogStatement) list = loft_catalog_query (
    reader,
    error,
    "SELECT day, n FROM download_days"
    "  WHERE name = ?1 AND day >= ?2 AND day < ?3 AND n > 0",
    "tii",
    name,
    first,
    first + (gint64) n_days);
  int code = list != NULL ? SQLITE_ROW : SQLITE_ERROR;

  for (guint i = 0; i < n_days; i++)
    out_days[i] = 0;
  while (list != NULL && (code = loft_catalog_step (list, error)) == SQLITE_ROW)
    out_days[loft_catalog_column_int (list, 0) - first] =
      (guint64) loft_catalog_column_int (list, 1);

  return code != SQLITE_ERROR;
}

/**
 * loft_catalog_count_downloads:
 * @self: a catalog
 * @name: a package
 * @first: a day
 * @n_days: how many days, of which that is the first
 * @out_days: (array length=n_days) (out caller-allocates): how often the
 *   package was downloaded on each of them
 * @out_total: (out): and how often ever
 * @error: return location for a #GError
 *
 * Tells how often a package was downloaded.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_catalog_count_downloads (LoftCatalog *self,
                              const char *name,
                              gint64 first,
                              guint n_days,
                              guint64 *out_days,
                              guint64 *out_total,
                              GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (name != NULL && out_total != NULL, FALSE);

  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL || loft_catalog_begin (reader, "BEGIN", error) == NULL)
    return FALSE;

  g_autoptr (LoftCatalogStatement) sum =
    loft_catalog_query (reader,
                        error,
                        "SELECT coalesce (sum (n), 0) FROM download_versions"
                        "  WHERE name = ?1",
                        "t",
                        name);
  if (sum == NULL || !loft_catalog_step_to_row (sum, error))
    return FALSE;
  *out_total = (guint64) MAX (loft_catalog_column_int (sum, 0), 0);

  return read_days (reader, name, first, n_days, out_days, error);
}

/**
 * loft_catalog_list_version_downloads:
 * @self: a catalog
 * @name: a package
 * @error: return location for a #GError
 *
 * Tells how often each version of a package was ever downloaded.
 *
 * Returns: (transfer full) (element-type LoftDownloadCount): all versions in
 * the order of clients, yanked ones too, on no day; %NULL with @error set
 */
GPtrArray *
loft_catalog_list_version_downloads (LoftCatalog *self,
                                     const char *name,
                                     GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL)
    return NULL;

  g_autoptr (LoftCatalogStatement) list = loft_catalog_query (
    reader,
    error,
    "SELECT 0, ?1, v.version, max (coalesce (d.n, 0), 0)"
    "  FROM versions AS v LEFT JOIN download_versions AS d"
    "    ON d.name = ?1 AND d.version = v.key"
    "  WHERE v.package = (SELECT id FROM packages WHERE name = ?1)"
    "  ORDER BY v.stable, v.sort, v.key",
    "t",
    name);

  return take_counts (list, error);
}
