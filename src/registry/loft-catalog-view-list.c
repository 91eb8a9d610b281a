/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

#include "registry/loft-registry-error.h"

/*
 * Lists, as a view shows them.
 *
 * A package in which nothing happened since is listed by its fragment; of any
 * other the newest version of then is looked for. A page ends early where too
 * many packages were looked at that it does not show, as one of a view of long
 * ago would; it has a next page all the same.
 */

#define LOOKED_AT_MAX 5000

#define PACKAGE_COLUMNS                                                        \
  LOFT_CATALOG_PACKAGE_COLUMNS ", p.name, p.latest, f.element"

/* Whether all there is in the package of a row is to be seen. */
static gboolean
is_as_now (const LoftCatalogScope *scope, LoftCatalogStatement *packages)
{
  return scope->by_age ? loft_catalog_column_int (packages, 8) <= scope->since
                       : loft_catalog_column_int (packages, 1) <= scope->seq;
}

/* Begins a walk through a package's versions from the newest on. */
static LoftCatalogStatement *
find_newest (LoftCatalogConnection *connection, gint64 package, GError **error)
{
  return loft_catalog_query (connection,
                             error,
                             "SELECT " LOFT_CATALOG_VERSION_COLUMNS ", version"
                             "  FROM versions WHERE package = ?1"
                             "  ORDER BY stable DESC, sort DESC, key DESC",
                             "i",
                             package);
}

/* Writes the element of the package of a row; none if it is not to be seen. */
static gboolean
render_package (LoftCatalogScope *scope,
                LoftCatalogStatement *packages,
                GString *element,
                GError **error)
{
  g_auto (LoftCatalogPackageRow) row = { 0 };

  g_string_truncate (element, 0);
  if (!loft_catalog_scope_has_package (scope, packages))
    return TRUE;
  if (is_as_now (scope, packages))
    {
      const char *fragment = loft_catalog_column_text (packages, 9);

      g_string_append (element, fragment != NULL ? fragment : "");
      return TRUE;
    }
  if (!loft_catalog_scope_take_package (scope, packages, &row, error))
    return FALSE;

  g_autoptr (LoftCatalogStatement) newest =
    find_newest (packages->connection, row.id, error);
  int code = newest != NULL
               ? loft_catalog_scope_step (scope, newest, &row, error)
               : SQLITE_ERROR;
  if (code == SQLITE_ROW)
    loft_catalog_append_version (element, newest, &row);

  return code != SQLITE_ERROR;
}

static gboolean
write_packages (LoftCatalogReader *reader,
                LoftCatalogScope *scope,
                LoftCatalogListWriter *writer,
                GError **error)
{
  g_autoptr (GString) element = g_string_sized_new (1024);
  g_autoptr (LoftCatalogStatement) list = loft_catalog_query (
    reader,
    error,
    "SELECT " PACKAGE_COLUMNS " FROM packages AS p"
    "  LEFT JOIN fragments AS f ON f.name = p.name ORDER BY p.name",
    "");
  int code = SQLITE_ERROR;

  while (list != NULL && (code = loft_catalog_step (list, error)) == SQLITE_ROW)
    if (!render_package (scope, list, element, error) ||
        (element->len > 0 &&
         !loft_catalog_list_writer_add (writer, element->str, error)))
      return FALSE;

  return code == SQLITE_DONE;
}

/**
 * loft_catalog_view_packages:
 * @self: a catalog
 * @view: a view
 * @out_digest: (out) (optional) (transfer full): SHA-256 of the list, in hex
 * @out_validity: (out): how long the answer holds
 * @error: return location for a #GError
 *
 * Does what loft_catalog_list_packages() does or, for a view of the past, what
 * it did then. Blocks for long: every package is looked at.
 *
 * Returns: (transfer full): a JSON array of elements, or %NULL with @error set;
 *   %LOFT_REGISTRY_ERROR_NOT_FOUND for a view of the future,
 *   %LOFT_REGISTRY_ERROR_NO_SPACE or %LOFT_REGISTRY_ERROR_FAILED
 */
GBytes *
loft_catalog_view_packages (LoftCatalog *self,
                            const LoftView *view,
                            char **out_digest,
                            LoftValidity *out_validity,
                            GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);
  g_return_val_if_fail (view != NULL && out_validity != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  LoftCatalogScope scope = { 0 };
  g_autoptr (LoftCatalogListWriter) writer =
    loft_catalog_list_writer_new (self, error);
  g_autoptr (LoftCatalogReader) reader =
    writer != NULL ? loft_catalog_take_reader (self, error) : NULL;

  if (reader == NULL || loft_catalog_begin (reader, "BEGIN", error) == NULL ||
      !loft_catalog_scope_init (&scope, reader, view, error) ||
      !write_packages (reader, &scope, writer, error))
    return NULL;
  *out_validity = scope.validity;

  return loft_catalog_list_writer_finish (writer, out_digest, error);
}

/* A page in the making, of a list by name. */
typedef struct
{
  GString *text; /* owned */
  guint limit;
  guint n_rows;
  guint n_looked_at;
  char *last; /* owned, nullable: the last name that was looked at */
  char *next; /* owned, nullable: where it ends, if there may be more */
} Page;

static void
page_clear (Page *page)
{
  if (page->text != NULL)
    g_string_free (page->text, TRUE);
  g_clear_pointer (&page->last, g_free);
  g_clear_pointer (&page->next, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Page, page_clear)

static void
page_end (Page *page, char kind)
{
  LoftCatalogCursor cursor = { 0, 0, 0, page->last };

  page->next = loft_catalog_cursor_encode (&cursor, kind);
}

/* Notes that a row was looked at, and puts @element on the page unless it is
 * empty. */
static void
page_add (Page *page, const char *name, const char *element)
{
  page->n_looked_at++;
  g_free (page->last);
  page->last = g_strdup (name);
  if (*element == '\0')
    return;

  g_string_append_c (page->text, page->n_rows == 0 ? '[' : ',');
  g_string_append (page->text, element);
  page->n_rows++;
}

static GBytes *
page_finish (Page *page, char **out_next)
{
  g_string_append (page->text, page->n_rows == 0 ? "[]" : "]");
  if (out_next != NULL)
    *out_next = g_steal_pointer (&page->next);

  return g_string_free_to_bytes (g_steal_pointer (&page->text));
}

typedef gboolean (*RenderFunc) (LoftCatalogScope *scope,
                                LoftCatalogStatement *rows,
                                GString *element,
                                GError **error);

/* Fills a page with rows that have the package's name in the column of
 * PACKAGE_COLUMNS. One more than fits tells whether there is a next page. */
static gboolean
fill (Page *page,
      LoftCatalogScope *scope,
      LoftCatalogStatement *statement,
      char kind,
      RenderFunc render,
      GError **error)
{
  g_autoptr (LoftCatalogStatement) rows = statement;
  g_autoptr (GString) element = g_string_sized_new (1024);
  int code = SQLITE_ERROR;

  while (rows != NULL && (code = loft_catalog_step (rows, error)) == SQLITE_ROW)
    {
      if (page->n_looked_at == LOOKED_AT_MAX)
        {
          page_end (page, kind);
          return TRUE;
        }
      if (!render (scope, rows, element, error))
        return FALSE;
      if (page->n_rows == page->limit && element->len > 0)
        {
          page_end (page, kind);
          return TRUE;
        }
      page_add (page, loft_catalog_column_text (rows, 7), element->str);
    }

  return code == SQLITE_DONE;
}

/**
 * loft_catalog_view_page:
 * @self: a catalog
 * @view: a view
 * @after: (nullable): where the page before ended: its @out_next
 * @limit: packages at most, from 1
 * @out_next: (out) (optional) (nullable) (transfer full): where the page ends;
 *   %NULL if it is the last one
 * @out_validity: (out): how long the answer holds
 * @error: return location for a #GError
 *
 * Lists packages by name, as loft_catalog_search() does without a query.
 * Blocks.
 *
 * Returns: (transfer full): a JSON array of elements, or %NULL with @error set;
 *   %LOFT_REGISTRY_ERROR_NOT_FOUND for a view of the future,
 *   %LOFT_REGISTRY_ERROR_MALFORMED if @after is no cursor
 */
GBytes *
loft_catalog_view_page (LoftCatalog *self,
                        const LoftView *view,
                        const char *after,
                        guint limit,
                        char **out_next,
                        LoftValidity *out_validity,
                        GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);
  g_return_val_if_fail (view != NULL && limit > 0, NULL);
  g_return_val_if_fail (out_validity != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  LoftCatalogScope scope = { 0 };
  g_auto (Page) page = { .text = g_string_sized_new (16384), .limit = limit };
  g_auto (LoftCatalogCursor) cursor = { 0, 0, 0, NULL };
  if (after != NULL && !loft_catalog_cursor_decode (after, 'n', &cursor, error))
    return NULL;

  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL || loft_catalog_begin (reader, "BEGIN", error) == NULL ||
      !loft_catalog_scope_init (&scope, reader, view, error) ||
      !fill (&page,
             &scope,
             loft_catalog_query (reader,
                                 error,
                                 "SELECT " PACKAGE_COLUMNS " FROM packages AS p"
                                 "  LEFT JOIN fragments AS f ON f.name = p.name"
                                 "  WHERE p.name > ?1 ORDER BY p.name",
                                 "t",
                                 cursor.name != NULL ? cursor.name : ""),
             'n',
             render_package,
             error))
    return NULL;
  *out_validity = scope.validity;

  return page_finish (&page, out_next);
}

/* Writes what a package asks for of a target, which is in the column behind
 * PACKAGE_COLUMNS; nothing if its newest version asks for none. */
static gboolean
render_dependent (LoftCatalogScope *scope,
                  LoftCatalogStatement *rows,
                  GString *element,
                  GError **error)
{
  g_auto (LoftCatalogPackageRow) row = { 0 };
  g_autoptr (JsonNode) owner = NULL;

  g_string_truncate (element, 0);
  if (!loft_catalog_scope_has_package (scope, rows))
    return TRUE;
  if (!loft_catalog_scope_take_package (scope, rows, &row, error))
    return FALSE;

  g_autoptr (LoftCatalogStatement) newest =
    find_newest (rows->connection, row.id, error);
  int code = newest != NULL
               ? loft_catalog_scope_step (scope, newest, &row, error)
               : SQLITE_ERROR;
  if (code != SQLITE_ROW)
    return code == SQLITE_DONE;

  const char *target = loft_catalog_column_text (rows, 10);
  JsonObject *dependencies =
    loft_catalog_parse_dependencies (loft_catalog_column_text (newest, 5),
                                     &owner);
  if (dependencies != NULL && json_object_has_member (dependencies, target))
    loft_catalog_append_dependent (
      element,
      loft_catalog_column_text (rows, 7),
      loft_catalog_column_text (newest, 6),
      json_object_get_string_member (dependencies, target));

  return TRUE;
}

/**
 * loft_catalog_view_dependents:
 * @self: a catalog
 * @view: a view
 * @name: a package
 * @after: (nullable): where the page before ended: its @out_next
 * @limit: dependents at most, from 1
 * @out_next: (out) (optional) (nullable) (transfer full): where the page ends;
 *   %NULL if it is the last one
 * @out_validity: (out): how long the answer holds
 * @error: return location for a #GError
 *
 * Does what loft_catalog_list_dependents() does or, for a view of the past,
 * what it did then. Blocks.
 *
 * Returns: (transfer full): a JSON array of objects, or %NULL with @error set;
 *   %LOFT_REGISTRY_ERROR_NOT_FOUND for a view of the future,
 *   %LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE, or %LOFT_REGISTRY_ERROR_MALFORMED if
 *   @after is no cursor
 */
GBytes *
loft_catalog_view_dependents (LoftCatalog *self,
                              const LoftView *view,
                              const char *name,
                              const char *after,
                              guint limit,
                              char **out_next,
                              LoftValidity *out_validity,
                              GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);
  g_return_val_if_fail (view != NULL && name != NULL && limit > 0, NULL);
  g_return_val_if_fail (out_validity != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  LoftCatalogScope scope = { 0 };
  g_auto (LoftCatalogPackageRow) package = { 0 };
  g_auto (Page) page = { .text = g_string_sized_new (4096), .limit = limit };
  g_auto (LoftCatalogCursor) cursor = { 0, 0, 0, NULL };
  if (after != NULL && !loft_catalog_cursor_decode (after, 'd', &cursor, error))
    return NULL;

  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL || loft_catalog_begin (reader, "BEGIN", error) == NULL ||
      !loft_catalog_scope_init (&scope, reader, view, error) ||
      !loft_catalog_scope_find_package (&scope,
                                        reader,
                                        name,
                                        &package,
                                        error) ||
      !fill (&page,
             &scope,
             loft_catalog_query (
               reader,
               error,
               "SELECT " LOFT_CATALOG_PACKAGE_COLUMNS
               ", p.name, p.latest, NULL, m.target FROM mentions AS m"
               "  CROSS JOIN packages AS p ON p.name = m.dependent"
               "  WHERE m.target = ?1 AND m.dependent > ?2"
               "  ORDER BY m.dependent",
               "tt",
               name,
               cursor.name != NULL ? cursor.name : ""),
             'd',
             render_dependent,
             error))
    return NULL;
  *out_validity = scope.validity;

  return page_finish (&page, out_next);
}

/**
 * loft_catalog_view_changes:
 * @self: a catalog
 * @view: a view of the past
 * @since: the last event that is known already; 0 for none
 * @limit: events at most
 * @out_last: (out): the last event that is listed, or @since
 * @out_validity: (out): how long the answer holds
 * @error: return location for a #GError
 *
 * Does what loft_catalog_list_changes() did then.
 *
 * Returns: (transfer full): NDJSON, or %NULL with @error set;
 *   %LOFT_REGISTRY_ERROR_NOT_FOUND for a view of the future, or of an age
 */
GBytes *
loft_catalog_view_changes (LoftCatalog *self,
                           const LoftView *view,
                           guint64 since,
                           guint limit,
                           guint64 *out_last,
                           LoftValidity *out_validity,
                           GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);
  g_return_val_if_fail (view != NULL && out_last != NULL, NULL);
  g_return_val_if_fail (out_validity != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (view->kind == LOFT_VIEW_MIN_AGE)
    {
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_NOT_FOUND,
                           "Views of an age do not show the log");
      return NULL;
    }

  LoftCatalogScope scope = { 0 };
  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL || loft_catalog_begin (reader, "BEGIN", error) == NULL ||
      !loft_catalog_scope_init (&scope, reader, view, error))
    return NULL;
  *out_validity = scope.validity;

  return loft_catalog_read_changes (reader,
                                    since,
                                    scope.seq,
                                    limit,
                                    out_last,
                                    error);
}
