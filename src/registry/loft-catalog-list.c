/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

#include "registry/loft-element.h"
#include "registry/loft-registry-error.h"

/* Lists, in the orders that clients rely on. */

/* How many versions are listed without leaving a main loop. */
#define FEW_VERSIONS 200

static GBytes *
list_versions (LoftCatalog *self,
               const char *name,
               gboolean all,
               guint max,
               GError **error)
{
  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL)
    return NULL;

  /* One statement, so one state; a package without versions to show gives one
   * row of nothing. */
  g_autoptr (LoftCatalogStatement) list = loft_catalog_query (
    reader,
    error,
    "SELECT v.head,"
    "    CASE WHEN p.revision > 0 THEN p.owners ELSE v.owners END,"
    "    p.deprecated, v.yanked"
    "  FROM packages AS p"
    "  LEFT JOIN versions AS v ON v.package = p.id AND v.yanked <= ?2"
    "  WHERE p.name = ?1 AND p.versions > 0"
    "  ORDER BY v.stable, v.sort, v.key",
    "ti",
    name,
    (gint64) (all ? 1 : 0));
  g_autoptr (GString) text = g_string_sized_new (4096);
  guint found = 0;
  int code = SQLITE_ERROR;

  while (list != NULL && (code = loft_catalog_step (list, error)) == SQLITE_ROW)
    {
      const char *head = loft_catalog_column_text (list, 0);

      if (++found > max)
        break;
      if (head == NULL)
        continue;
      g_string_append_c (text, text->len == 0 ? '[' : ',');
      loft_element_append (text,
                           head,
                           loft_catalog_column_text (list, 1),
                           loft_catalog_column_int (list, 3) != 0,
                           loft_catalog_column_text (list, 2));
    }

  if (found > max)
    g_set_error (error,
                 LOFT_REGISTRY_ERROR,
                 LOFT_REGISTRY_ERROR_NOT_READY,
                 "“%s” has too many versions to list them quickly",
                 name);
  if (code == SQLITE_DONE && found == 0)
    g_set_error (error,
                 LOFT_REGISTRY_ERROR,
                 LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE,
                 "There is no package “%s”",
                 name);
  if (code != SQLITE_DONE || !found)
    return NULL;

  g_string_append (text, text->len == 0 ? "[]" : "]");

  return g_string_free_to_bytes (g_steal_pointer (&text));
}

/**
 * loft_catalog_list_versions:
 * @self: a catalog
 * @name: a package
 * @error: return location for a #GError
 *
 * Lists a package's versions: pre-releases ascending, then stable ones
 * ascending; yanked ones are left out. Quick.
 *
 * Returns: (transfer full): a JSON array of elements, or %NULL with @error set;
 *   %LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE if there never was a version of @name
 */
GBytes *
loft_catalog_list_versions (LoftCatalog *self, const char *name, GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return list_versions (self, name, FALSE, G_MAXUINT, error);
}

/**
 * loft_catalog_list_all_versions:
 * @self: a catalog
 * @name: a package
 * @error: return location for a #GError
 *
 * Does what loft_catalog_list_versions() does, with the yanked ones too.
 *
 * Returns: (transfer full): a JSON array of elements, or %NULL with @error set;
 *   %LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE if there never was a version of @name
 */
GBytes *
loft_catalog_list_all_versions (LoftCatalog *self,
                                const char *name,
                                GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return list_versions (self, name, TRUE, G_MAXUINT, error);
}

/**
 * loft_catalog_list_few_versions:
 * @self: a catalog
 * @name: a package
 * @error: return location for a #GError
 *
 * Does what loft_catalog_list_versions() does, if that is quick enough for a
 * main loop: within two milliseconds.
 *
 * Returns: (transfer full): a JSON array of elements, or %NULL with @error set;
 *   %LOFT_REGISTRY_ERROR_NOT_READY if there are more than 200 versions to list,
 *   %LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE if there never was one
 */
GBytes *
loft_catalog_list_few_versions (LoftCatalog *self,
                                const char *name,
                                GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return list_versions (self, name, FALSE, FEW_VERSIONS, error);
}

static gboolean
write_fragments (LoftCatalogReader *reader,
                 LoftCatalogListWriter *writer,
                 GError **error)
{
  g_autoptr (LoftCatalogStatement) list =
    loft_catalog_query (reader,
                        error,
                        "SELECT element FROM fragments ORDER BY name",
                        "");
  int code = SQLITE_ERROR;

  while (list != NULL && (code = loft_catalog_step (list, error)) == SQLITE_ROW)
    if (!loft_catalog_list_writer_add (writer,
                                       loft_catalog_column_text (list, 0),
                                       error))
      return FALSE;

  return code == SQLITE_DONE;
}

/**
 * loft_catalog_list_packages:
 * @self: a catalog
 * @out_digest: (out) (optional) (transfer full): SHA-256 of the list, in hex
 * @error: return location for a #GError
 *
 * Lists all packages by name, each by its newest version; packages with yanked
 * versions alone are left out. Blocks. The list is a mapped file that has no
 * name, so that the memory it takes does not grow with it.
 *
 * Returns: (transfer full): a JSON array of elements, or %NULL with @error set;
 *   %LOFT_REGISTRY_ERROR_NO_SPACE or %LOFT_REGISTRY_ERROR_FAILED
 */
GBytes *
loft_catalog_list_packages (LoftCatalog *self,
                            char **out_digest,
                            GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftCatalogListWriter) writer =
    loft_catalog_list_writer_new (self, error);
  g_autoptr (LoftCatalogReader) reader =
    writer != NULL ? loft_catalog_take_reader (self, error) : NULL;

  if (reader == NULL || !write_fragments (reader, writer, error))
    return NULL;

  return loft_catalog_list_writer_finish (writer, out_digest, error);
}

static gboolean
check_package (LoftCatalogReader *reader, const char *name, GError **error)
{
  g_autoptr (LoftCatalogStatement) find = loft_catalog_query (
    reader,
    error,
    "SELECT 1 FROM packages WHERE name = ?1 AND versions > 0",
    "t",
    name);
  int code = find != NULL ? loft_catalog_step (find, error) : SQLITE_ERROR;

  if (code == SQLITE_DONE)
    g_set_error (error,
                 LOFT_REGISTRY_ERROR,
                 LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE,
                 "There is no package “%s”",
                 name);

  return code == SQLITE_ROW;
}

/**
 * loft_catalog_append_dependent:
 * @text: where to append
 * @name: the package that depends
 * @version: its newest version
 * @constraint: what that asks for
 *
 * Appends an element of a list of dependents.
 */
void
loft_catalog_append_dependent (GString *text,
                               const char *name,
                               const char *version,
                               const char *constraint)
{
  g_string_append (text, "{\"name\":");
  loft_json_append_string (text, name);
  g_string_append (text, ",\"version\":");
  loft_json_append_string (text, version);
  g_string_append (text, ",\"constraint\":");
  loft_json_append_string (text, constraint);
  g_string_append_c (text, '}');
}

/* Reads a page of dependents; *@out_next is its last name if there are more. */
static gboolean
append_dependents (LoftCatalogReader *reader,
                   const char *name,
                   const char *after,
                   guint limit,
                   GString *text,
                   char **out_next,
                   GError **error)
{
  g_autofree char *last = NULL;
  g_autoptr (LoftCatalogStatement) list = loft_catalog_query (
    reader,
    error,
    "SELECT d.dependent, p.newest, d.requirement FROM dependencies AS d"
    "  CROSS JOIN packages AS p ON p.name = d.dependent"
    "  WHERE d.target = ?1 AND d.dependent > ?2"
    "  ORDER BY d.dependent LIMIT ?3",
    "tti",
    name,
    after,
    (gint64) limit + 1);
  if (list == NULL)
    return FALSE;

  int code = SQLITE_DONE;
  for (guint i = 0; (code = loft_catalog_step (list, error)) == SQLITE_ROW; i++)
    {
      if (i == limit)
        {
          *out_next = g_steal_pointer (&last);
          return TRUE;
        }

      g_free (last);
      last = g_strdup (loft_catalog_column_text (list, 0));
      g_string_append_c (text, i == 0 ? '[' : ',');
      loft_catalog_append_dependent (text,
                                     last,
                                     loft_catalog_column_text (list, 1),
                                     loft_catalog_column_text (list, 2));
    }

  return code == SQLITE_DONE;
}

/**
 * loft_catalog_list_dependents:
 * @self: a catalog
 * @name: a package
 * @after: (nullable): where the page before ended: its @out_next
 * @limit: dependents at most, from 1
 * @out_next: (out) (optional) (nullable) (transfer full): where the page ends;
 *   %NULL if it is the last one
 * @error: return location for a #GError
 *
 * Lists by name the packages whose newest version depends on @name.
 *
 * Returns: (transfer full): a JSON array of objects with `name`, `version` and
 *   `constraint`, or %NULL with @error set;
 *   %LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE, or %LOFT_REGISTRY_ERROR_MALFORMED if
 *   @after is no cursor
 */
GBytes *
loft_catalog_list_dependents (LoftCatalog *self,
                              const char *name,
                              const char *after,
                              guint limit,
                              char **out_next,
                              GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);
  g_return_val_if_fail (name != NULL && limit > 0, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_auto (LoftCatalogCursor) cursor = { 0, 0, 0, NULL };
  if (after != NULL && !loft_catalog_cursor_decode (after, 'd', &cursor, error))
    return NULL;

  g_autoptr (GString) text = g_string_sized_new (4096);
  g_auto (LoftCatalogCursor) last = { 0, 0, 0, NULL };
  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL || loft_catalog_begin (reader, "BEGIN", error) == NULL ||
      !check_package (reader, name, error) ||
      !append_dependents (reader,
                          name,
                          cursor.name != NULL ? cursor.name : "",
                          limit,
                          text,
                          &last.name,
                          error))
    return NULL;

  g_string_append (text, text->len == 0 ? "[]" : "]");
  if (out_next != NULL)
    *out_next =
      last.name != NULL ? loft_catalog_cursor_encode (&last, 'd') : NULL;

  return g_string_free_to_bytes (g_steal_pointer (&text));
}
