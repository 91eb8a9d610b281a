/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

/* Pages of packages: all of them, or what a query finds. */

static char
kind_of_sort (LoftSort sort)
{
  switch (sort)
    {
    case LOFT_SORT_NAME:
      return 'n';
    case LOFT_SORT_UPDATED:
      return 'u';
    case LOFT_SORT_DEPENDENTS:
      return 'd';
    case LOFT_SORT_DEPENDED_ON:
      return 'o';
    case LOFT_SORT_RELEVANCE:
    default:
      return 'r';
    }
}

/* A page in the making. */
typedef struct
{
  GString *text; /* owned */
  guint limit;
  guint n_rows;
  char kind;
  LoftCatalogCursor last;
  char *next; /* owned, nullable */
} Page;

static void
page_clear (Page *page)
{
  if (page->text != NULL)
    g_string_free (page->text, TRUE);
  loft_catalog_cursor_clear (&page->last);
  g_free (page->next);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Page, page_clear)

/* Adds a row; FALSE if the page was full, and its cursor is made. */
static gboolean
page_add (Page *page, const LoftCatalogCursor *row, const char *element)
{
  if (page->n_rows == page->limit)
    {
      page->next = loft_catalog_cursor_encode (&page->last, page->kind);
      return FALSE;
    }

  g_string_append_c (page->text, page->n_rows == 0 ? '[' : ',');
  g_string_append (page->text, element);
  page->n_rows++;
  loft_catalog_cursor_clear (&page->last);
  page->last = *row;
  page->last.name = g_strdup (row->name);

  return TRUE;
}

static GBytes *
page_finish (Page *page, char **out_next)
{
  g_string_append (page->text, page->n_rows == 0 ? "[]" : "]");
  if (out_next != NULL)
    *out_next = g_steal_pointer (&page->next);

  return g_string_free_to_bytes (g_steal_pointer (&page->text));
}

/* The greatest first; a cursor holds the number in place of a time. */
#define BY_NUMBER(column, minimum)                                             \
  "SELECT p." column ", p.name, f.element FROM packages AS p"                  \
  "  CROSS JOIN fragments AS f ON f.name = p.name"                             \
  "  WHERE p.newest IS NOT NULL AND p." column " <= ?1"                        \
  "    AND p." column " >= " minimum "    AND (p." column                      \
  " < ?1 OR p.name > ?2)"                                                      \
  "  ORDER BY p." column " DESC, p.name LIMIT ?3"

/* All packages, in an order that an index has. */
static gboolean
browse (LoftCatalogReader *reader,
        Page *page,
        const LoftCatalogCursor *after,
        GError **error)
{
  const char *by_number = page->kind == 'u'   ? BY_NUMBER ("updated", "0")
                          : page->kind == 'd' ? BY_NUMBER ("dependents", "0")
                          : page->kind == 'o' ? BY_NUMBER ("dependents", "1")
                                              : NULL;
  const char *name = after->name != NULL ? after->name : "";
  gint64 number = after->name != NULL ? after->time : G_MAXINT64;
  g_autoptr (LoftCatalogStatement) list =
    by_number != NULL
      ? loft_catalog_query (reader,
                            error,
                            by_number,
                            "iti",
                            number,
                            name,
                            (gint64) page->limit + 1)
      : loft_catalog_query (reader,
                            error,
                            "SELECT 0, name, element FROM fragments"
                            "  WHERE name > ?1 ORDER BY name LIMIT ?2",
                            "ti",
                            name,
                            (gint64) page->limit + 1);
  if (list == NULL)
    return FALSE;

  int code = SQLITE_DONE;
  while ((code = loft_catalog_step (list, error)) == SQLITE_ROW)
    {
      LoftCatalogCursor row = { 0,
                                0,
                                loft_catalog_column_int (list, 0),
                                (char *) loft_catalog_column_text (list, 1) };

      if (!page_add (page, &row, loft_catalog_column_text (list, 2)))
        return TRUE;
    }

  return code == SQLITE_DONE;
}

static gboolean
add_row (LoftCatalogReader *reader,
         Page *page,
         const LoftCatalogCursor *row,
         gboolean *out_full,
         GError **error)
{
  g_autoptr (LoftCatalogStatement) find =
    loft_catalog_query (reader,
                        error,
                        "SELECT element FROM fragments WHERE name = ?1",
                        "t",
                        row->name);
  if (find == NULL || !loft_catalog_step_to_row (find, error))
    return FALSE;

  *out_full = !page_add (page, row, loft_catalog_column_text (find, 0));

  return TRUE;
}

/* What the words find. */
static gboolean
find (LoftCatalogReader *reader,
      Page *page,
      const char *query,
      LoftSort sort,
      const LoftCatalogCursor *after,
      GError **error)
{
  g_autoptr (GArray) rows = loft_catalog_find (reader, query, sort, error);
  if (rows == NULL)
    return FALSE;

  gboolean full = FALSE;
  for (guint i = 0; i < rows->len && !full; i++)
    {
      const LoftCatalogCursor *row =
        &g_array_index (rows, LoftCatalogCursor, i);

      if ((after->name == NULL ||
           loft_catalog_cursor_compare (row, after) > 0) &&
          !add_row (reader, page, row, &full, error))
        return FALSE;
    }

  return TRUE;
}

/**
 * loft_catalog_search:
 * @self: a catalog
 * @query: (nullable): words that all must be found; the last one may be the
 *   beginning of a word. Any bytes; all packages if empty
 * @sort: the order
 * @after: (nullable): where the page before ended: its @out_next
 * @limit: packages at most, from 1
 * @out_next: (out) (optional) (nullable) (transfer full): where the page ends;
 *   %NULL if it is the last one
 * @error: return location for a #GError
 *
 * Finds packages by name, keywords, description and README. Blocks.
 *
 * Returns: (transfer full): a JSON array of their elements, or %NULL with
 *   @error set; %LOFT_REGISTRY_ERROR_MALFORMED if @after is no cursor
 */
GBytes *
loft_catalog_search (LoftCatalog *self,
                     const char *query,
                     LoftSort sort,
                     const char *after,
                     guint limit,
                     char **out_next,
                     GError **error)
{
  g_return_val_if_fail (LOFT_IS_CATALOG (self), NULL);
  g_return_val_if_fail (limit > 0, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  gboolean all = query == NULL || *query == '\0';
  if (all && sort == LOFT_SORT_RELEVANCE)
    sort = LOFT_SORT_NAME;

  g_auto (Page) page = { .text = g_string_sized_new (16384),
                         .limit = limit,
                         .kind = kind_of_sort (sort) };
  g_auto (LoftCatalogCursor) cursor = { 0, 0, 0, NULL };
  if (after != NULL &&
      !loft_catalog_cursor_decode (after, page.kind, &cursor, error))
    return NULL;

  g_autoptr (LoftCatalogReader) reader = loft_catalog_take_reader (self, error);
  if (reader == NULL || loft_catalog_begin (reader, "BEGIN", error) == NULL)
    return NULL;

  gboolean ok = all ? browse (reader, &page, &cursor, error)
                    : find (reader, &page, query, sort, &cursor, error);

  return ok ? page_finish (&page, out_next) : NULL;
}
