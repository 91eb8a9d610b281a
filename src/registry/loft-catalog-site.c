/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

#include "registry/loft-site.h"

/*
 * All packages, in parts. A part is a range of ids and not so many rows, so
 * that each is found at once, and none moves when a package comes or goes.
 */

#define PART_SIZE 1000

/**
 * loft_catalog_count_site_parts:
 * @self: a catalog
 * @out_n: (out): parts that there are, from 1 on
 * @error: return location for a #GError
 *
 * Tells in how many parts packages are listed. Quick.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_catalog_count_site_parts (LoftCatalog *self,
                               guint64 *out_n,
                               GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (out_n != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL)
    return FALSE;

  g_autoptr (LoftCatalogStatement) find =
    loft_catalog_query (reader,
                        error,
                        "SELECT ifnull (max (id), 0) FROM packages",
                        "");
  if (find == NULL || loft_catalog_step (find, error) != SQLITE_ROW)
    return FALSE;

  *out_n = (loft_catalog_column_int (find, 0) + PART_SIZE - 1) / PART_SIZE;

  return TRUE;
}

/**
 * loft_catalog_list_site:
 * @self: a catalog
 * @part: which part, from 1 on
 * @error: return location for a #GError
 *
 * Lists the packages of a part that lists show. Blocks.
 *
 * Returns: (transfer full) (element-type LoftSitePackage): the packages, or
 *   %NULL with @error set
 */
GPtrArray *
loft_catalog_list_site (LoftCatalog *self, guint64 part, GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);
  g_return_val_if_fail (part >= 1 && part < G_MAXINT64 / PART_SIZE, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (GPtrArray) packages =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_site_package_free);
  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL)
    return NULL;

  g_autoptr (LoftCatalogStatement) list =
    loft_catalog_query (reader,
                        error,
                        "SELECT name, updated FROM packages"
                        "  WHERE id > ?1 AND id <= ?2 AND newest IS NOT NULL"
                        "  ORDER BY id",
                        "ii",
                        (gint64) (part - 1) * PART_SIZE,
                        (gint64) part * PART_SIZE);
  int code = SQLITE_ERROR;
  while (list != NULL && (code = loft_catalog_step (list, error)) == SQLITE_ROW)
    {
      LoftSitePackage *package = g_new0 (LoftSitePackage, 1);

      package->name = g_strdup (loft_catalog_column_text (list, 0));
      package->updated = loft_catalog_column_int (list, 1);
      g_ptr_array_add (packages, package);
    }

  return code == SQLITE_DONE ? g_steal_pointer (&packages) : NULL;
}
