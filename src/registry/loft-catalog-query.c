/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

#include <json-glib/json-glib.h>

#include "registry/loft-element.h"
#include "registry/loft-registry-error.h"
#include "registry/loft-version.h"

/**
 * loft_catalog_package_free:
 * @self: (transfer full): a package
 *
 * Frees a package.
 */
void
loft_catalog_package_free (LoftCatalogPackage *self)
{
  g_free (self->name);
  g_strfreev (self->owners);
  g_free (self);
}

/**
 * loft_catalog_version_free:
 * @self: (transfer full): a version
 *
 * Frees a version.
 */
void
loft_catalog_version_free (LoftCatalogVersion *self)
{
  g_free (self->key);
  g_free (self->version);
  g_free (self->archive);
  g_free (self->sha256);
  g_free (self->element);
  g_free (self);
}

static void
set_no_such_package (const char *name, GError **error)
{
  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE,
               "There is no package “%s”",
               name);
}

/* Owners as we rendered them ourselves. */
static GStrv
parse_owners (const char *text)
{
  g_autoptr (JsonNode) node =
    json_from_string (text != NULL ? text : "[]", NULL);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node)
                       ? json_node_get_array (node)
                       : NULL;

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    g_strv_builder_add (builder, json_array_get_string_element (array, i));

  return g_strv_builder_end (builder);
}

/**
 * loft_catalog_get_package:
 * @self: a catalog
 * @name: a package
 * @error: return location for a #GError
 *
 * Looks a package up. One that was claimed and has no version yet is there too.
 *
 * Returns: (transfer full): the package, or %NULL with @error set;
 *   %LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE if nothing is known of it
 */
LoftCatalogPackage *
loft_catalog_get_package (LoftCatalog *self, const char *name, GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL)
    return NULL;

  g_autoptr (LoftCatalogStatement) find = loft_catalog_query (
    reader,
    error,
    "SELECT revision, versions, CASE WHEN revision > 0 THEN owners ELSE"
    "    (SELECT v.owners FROM versions AS v WHERE v.package = packages.id"
    "      ORDER BY v.stable DESC, v.sort DESC, v.key DESC LIMIT 1) END"
    "  FROM packages WHERE name = ?1",
    "t",
    name);
  int code = find != NULL ? loft_catalog_step (find, error) : SQLITE_ERROR;
  if (code == SQLITE_DONE)
    set_no_such_package (name, error);
  if (code != SQLITE_ROW)
    return NULL;

  LoftCatalogPackage *package = g_new0 (LoftCatalogPackage, 1);
  package->name = g_strdup (name);
  package->revision = loft_catalog_column_int (find, 0);
  package->versions = loft_catalog_column_int (find, 1);
  package->owners = parse_owners (loft_catalog_column_text (find, 2));

  return package;
}

/**
 * loft_catalog_measure_package:
 * @self: a catalog
 * @name: a package
 * @out_versions: (out): how many versions it has, yanked ones included
 * @out_bytes: (out): bytes of their tarballs, as far as they are known
 * @error: return location for a #GError
 *
 * Tells how large a package is. Looks at every version.
 *
 * Returns: %TRUE, or %FALSE with @error set;
 *   %LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE if nothing is known of it
 */
gboolean
loft_catalog_measure_package (LoftCatalog *self,
                              const char *name,
                              guint64 *out_versions,
                              guint64 *out_bytes,
                              GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL)
    return FALSE;

  g_autoptr (LoftCatalogStatement) find = loft_catalog_query (
    reader,
    error,
    "SELECT p.versions, (SELECT total (max (v.size, 0)) FROM versions AS v"
    "    WHERE v.package = p.id)"
    "  FROM packages AS p WHERE p.name = ?1",
    "t",
    name);
  int code = find != NULL ? loft_catalog_step (find, error) : SQLITE_ERROR;
  if (code == SQLITE_DONE)
    set_no_such_package (name, error);
  if (code != SQLITE_ROW)
    return FALSE;

  *out_versions = loft_catalog_column_int (find, 0);
  *out_bytes = loft_catalog_column_int (find, 1);

  return TRUE;
}

/**
 * loft_catalog_package_row_clear:
 * @self: a row
 *
 * Frees what a row holds.
 */
void
loft_catalog_package_row_clear (LoftCatalogPackageRow *self)
{
  g_clear_pointer (&self->owners, g_free);
  g_clear_pointer (&self->deprecated, g_free);
  g_clear_pointer (&self->yanked, g_hash_table_unref);
}

static gboolean
find_package (LoftCatalogReader *reader,
              const char *name,
              LoftCatalogPackageRow *out_row,
              GError **error)
{
  g_autoptr (LoftCatalogStatement) find =
    loft_catalog_query (reader,
                        error,
                        "SELECT id, revision, owners, deprecated FROM packages"
                        "  WHERE name = ?1 AND versions > 0",
                        "t",
                        name);
  int code = find != NULL ? loft_catalog_step (find, error) : SQLITE_ERROR;

  if (code == SQLITE_DONE)
    set_no_such_package (name, error);
  if (code != SQLITE_ROW)
    return FALSE;

  out_row->id = loft_catalog_column_int (find, 0);
  out_row->has_state = loft_catalog_column_int (find, 1) > 0;
  out_row->owners = g_strdup (loft_catalog_column_text (find, 2));
  out_row->deprecated = g_strdup (loft_catalog_column_text (find, 3));

  return TRUE;
}

#define VERSION_COLUMNS                                                        \
  "key, version, archive, size, sha256, published, yanked, owners, head, seq"

static LoftCatalogVersion *
make_version (LoftCatalogStatement *find, const LoftCatalogPackageRow *package)
{
  LoftCatalogVersion *self = g_new0 (LoftCatalogVersion, 1);
  g_autoptr (GString) element = g_string_sized_new (1024);
  const char *archive = loft_catalog_column_text (find, 2);

  self->key = g_strdup (loft_catalog_column_text (find, 0));
  self->version = g_strdup (loft_catalog_column_text (find, 1));
  self->archive = archive != NULL ? g_strdup (archive)
                                  : g_strconcat (self->key, ".tar.gz", NULL);
  self->size = loft_catalog_column_int (find, 3);
  self->sha256 = g_strdup (loft_catalog_column_text (find, 4));
  self->published_at = loft_catalog_column_int (find, 5);
  self->yanked = package->yanked != NULL
                   ? g_hash_table_contains (package->yanked, self->key)
                   : loft_catalog_column_int (find, 6) != 0;
  self->seq = loft_catalog_column_int (find, 9);
  loft_element_append (element,
                       loft_catalog_column_text (find, 8),
                       package->has_state ? package->owners
                                          : loft_catalog_column_text (find, 7),
                       self->yanked,
                       package->deprecated);
  self->element = g_string_free (g_steal_pointer (&element), FALSE);

  return self;
}

/* Takes the row of @find, if it has one. */
static gboolean
take_version (LoftCatalogStatement *statement,
              const LoftCatalogPackageRow *package,
              LoftCatalogVersion **out_version,
              GError **error)
{
  g_autoptr (LoftCatalogStatement) find = statement;
  int code = find != NULL ? loft_catalog_step (find, error) : SQLITE_ERROR;

  if (code == SQLITE_ROW)
    *out_version = make_version (find, package);

  return code != SQLITE_ERROR;
}

static gboolean
find_version (LoftCatalogReader *reader,
              const LoftCatalogPackageRow *package,
              const char *version,
              gint64 seq,
              gint64 since,
              LoftCatalogVersion **out_version,
              GError **error)
{
  g_autoptr (GBytes) sort = loft_version_sort_key (version);

  if (!take_version (loft_catalog_query (reader,
                                         error,
                                         "SELECT " VERSION_COLUMNS
                                         " FROM versions"
                                         "  WHERE package = ?1 AND key = ?2"
                                         "    AND seq <= ?3 AND since <= ?4",
                                         "itii",
                                         package->id,
                                         version,
                                         seq,
                                         since),
                     package,
                     out_version,
                     error))
    return FALSE;

  return *out_version != NULL ||
         take_version (loft_catalog_query (
                         reader,
                         error,
                         "SELECT " VERSION_COLUMNS " FROM versions"
                         "  WHERE package = ?1 AND stable = ?2 AND sort = ?3"
                         "    AND seq <= ?5 AND since <= ?6"
                         "  ORDER BY version = ?4 DESC, key LIMIT 1",
                         "iibtii",
                         package->id,
                         (gint64) !loft_version_is_prerelease (version),
                         sort,
                         version,
                         seq,
                         since),
                       package,
                       out_version,
                       error);
}

/**
 * loft_catalog_find_version:
 * @connection: a connection
 * @name: name of the package
 * @package: its row
 * @version: a version, or a document's key
 * @scope: (nullable): what may be seen; all if %NULL
 * @error: return location for a #GError
 *
 * Finds a version: by key first; then whichever is the same version by its
 * precedence, and among those the one that is spelled the same.
 *
 * Returns: (transfer full): the version, or %NULL with @error set;
 *   %LOFT_REGISTRY_ERROR_NO_SUCH_VERSION
 */
LoftCatalogVersion *
loft_catalog_find_version (LoftCatalogConnection *connection,
                           const char *name,
                           const LoftCatalogPackageRow *package,
                           const char *version,
                           const LoftCatalogScope *scope,
                           GError **error)
{
  LoftCatalogVersion *found = NULL;

  if (!find_version (connection,
                     package,
                     version,
                     scope != NULL ? scope->seq : G_MAXINT64,
                     scope != NULL ? scope->since : G_MAXINT64,
                     &found,
                     error))
    return NULL;

  if (found == NULL)
    g_set_error (error,
                 LOFT_REGISTRY_ERROR,
                 LOFT_REGISTRY_ERROR_NO_SUCH_VERSION,
                 "Package “%s” has no version “%s”%s",
                 name,
                 version,
                 scope != NULL ? " in this view" : "");

  return found;
}

/**
 * loft_catalog_get_version:
 * @self: a catalog
 * @name: a package
 * @version: a version, or a document's key
 * @error: return location for a #GError
 *
 * Looks a version up, be it yanked or not. Build metadata makes no difference
 * unless there are keys that differ in it.
 *
 * Returns: (transfer full): the version, or %NULL with @error set;
 *   %LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE or
 *   %LOFT_REGISTRY_ERROR_NO_SUCH_VERSION
 */
LoftCatalogVersion *
loft_catalog_get_version (LoftCatalog *self,
                          const char *name,
                          const char *version,
                          GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);
  g_return_val_if_fail (name != NULL && version != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_auto (LoftCatalogPackageRow) package = { 0 };
  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);

  if (reader == NULL || loft_catalog_begin (reader, "BEGIN", error) == NULL ||
      !find_package (reader, name, &package, error))
    return NULL;

  return loft_catalog_find_version (reader,
                                    name,
                                    &package,
                                    version,
                                    NULL,
                                    error);
}

/**
 * loft_catalog_find_folded:
 * @self: a catalog
 * @folded: what loft_name_fold() gave
 * @error: return location for a #GError
 *
 * Finds the package that keeps others from taking names that are folded the
 * same. Of several, which only adopted folders have, the first one by name.
 *
 * Returns: (transfer full) (nullable): the package's name; %NULL if there is
 *   none, or with @error set
 */
char *
loft_catalog_find_folded (LoftCatalog *self, const char *folded, GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);
  g_return_val_if_fail (folded != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL)
    return NULL;

  g_autoptr (LoftCatalogStatement) find = loft_catalog_query (
    reader,
    error,
    "SELECT name FROM packages WHERE folded = ?1 ORDER BY name LIMIT 1",
    "t",
    folded);

  return find != NULL && loft_catalog_step (find, error) == SQLITE_ROW
           ? g_strdup (loft_catalog_column_text (find, 0))
           : NULL;
}
