/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

#include "registry/loft-registry-error.h"

/* One package, as a view shows it. */

static gboolean
append_versions (LoftCatalogReader *reader,
                 LoftCatalogScope *scope,
                 const LoftCatalogPackageRow *package,
                 GString *text,
                 GError **error)
{
  g_autoptr (LoftCatalogStatement) list =
    loft_catalog_query (reader,
                        error,
                        "SELECT " LOFT_CATALOG_VERSION_COLUMNS " FROM versions"
                        "  WHERE package = ?1 ORDER BY stable, sort, key",
                        "i",
                        package->id);
  int code = SQLITE_ERROR;

  while (list != NULL &&
         (code = loft_catalog_scope_step (scope, list, package, error)) ==
           SQLITE_ROW)
    {
      g_string_append_c (text, text->len == 0 ? '[' : ',');
      loft_catalog_append_version (text, list, package);
    }
  g_string_append (text, text->len == 0 ? "[]" : "]");

  return code == SQLITE_DONE;
}

static GBytes *
list_versions (LoftCatalog *self,
               const LoftView *view,
               const char *name,
               gboolean quick,
               LoftValidity *out_validity,
               GError **error)
{
  LoftCatalogScope scope = { 0 };
  g_auto (LoftCatalogPackageRow) package = { 0 };
  g_autoptr (GString) text = g_string_sized_new (4096);
  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);

  if (reader == NULL || loft_catalog_begin (reader, "BEGIN", error) == NULL ||
      !loft_catalog_scope_init (&scope, reader, view, error))
    return NULL;

  scope.quick = quick;
  if (!loft_catalog_scope_find_package (&scope,
                                        reader,
                                        name,
                                        &package,
                                        error) ||
      !append_versions (reader, &scope, &package, text, error))
    return NULL;
  *out_validity = scope.validity;

  return g_string_free_to_bytes (g_steal_pointer (&text));
}

/**
 * loft_catalog_view_versions:
 * @self: a catalog
 * @view: a view
 * @name: a package
 * @out_validity: (out): how long the answer holds
 * @error: return location for a #GError
 *
 * Does what loft_catalog_list_versions() does or, for a view of the past, what
 * it did then.
 *
 * Returns: (transfer full): a JSON array of elements, or %NULL with @error set;
 *   %LOFT_REGISTRY_ERROR_NOT_FOUND for a view of the future,
 *   %LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE if no version of @name is to be seen
 */
GBytes *
loft_catalog_view_versions (LoftCatalog *self,
                            const LoftView *view,
                            const char *name,
                            LoftValidity *out_validity,
                            GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);
  g_return_val_if_fail (view != NULL && name != NULL, NULL);
  g_return_val_if_fail (out_validity != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return list_versions (self, view, name, FALSE, out_validity, error);
}

/**
 * loft_catalog_view_few_versions:
 * @self: a catalog
 * @view: a view
 * @name: a package
 * @out_validity: (out): how long the answer holds
 * @error: return location for a #GError
 *
 * Does what loft_catalog_view_versions() does, if that is quick enough for a
 * main loop.
 *
 * Returns: (transfer full): a JSON array of elements, or %NULL with @error set
 *   as there; %LOFT_REGISTRY_ERROR_NOT_READY if the package has more than 200
 *   versions by now, or a state that says very much
 */
GBytes *
loft_catalog_view_few_versions (LoftCatalog *self,
                                const LoftView *view,
                                const char *name,
                                LoftValidity *out_validity,
                                GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);
  g_return_val_if_fail (view != NULL && name != NULL, NULL);
  g_return_val_if_fail (out_validity != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return list_versions (self, view, name, TRUE, out_validity, error);
}

/**
 * loft_catalog_view_version:
 * @self: a catalog
 * @view: (nullable): a view; %NULL for the registry as it is
 * @name: a package
 * @version: a version, or a document's key
 * @out_validity: (out) (optional): how long the answer holds; left as it is
 *   without a view
 * @error: return location for a #GError
 *
 * Does what loft_catalog_get_version() does or, for a view of the past, what it
 * did then.
 *
 * Returns: (transfer full): the version, or %NULL with @error set;
 *   %LOFT_REGISTRY_ERROR_NOT_FOUND for a view of the future,
 *   %LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE or
 *   %LOFT_REGISTRY_ERROR_NO_SUCH_VERSION
 */
LoftCatalogVersion *
loft_catalog_view_version (LoftCatalog *self,
                           const LoftView *view,
                           const char *name,
                           const char *version,
                           LoftValidity *out_validity,
                           GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);
  g_return_val_if_fail (name != NULL && version != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (view == NULL)
    return loft_catalog_get_version (self, name, version, error);

  LoftCatalogScope scope = { 0 };
  g_auto (LoftCatalogPackageRow) package = { 0 };
  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);

  if (reader == NULL || loft_catalog_begin (reader, "BEGIN", error) == NULL ||
      !loft_catalog_scope_init (&scope, reader, view, error) ||
      !loft_catalog_scope_find_package (&scope, reader, name, &package, error))
    return NULL;
  if (out_validity != NULL)
    *out_validity = scope.validity;

  return loft_catalog_find_version (reader,
                                    name,
                                    &package,
                                    version,
                                    &scope,
                                    error);
}
