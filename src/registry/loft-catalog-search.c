/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

#include <string.h>

#include "registry/loft-name.h"

/*
 * Searching, within bounds.
 *
 * A query that finds half of all packages must not cost more than one that
 * finds ten. So it is asked in steps, from where a match says most to where it
 * says least, and once CANDIDATES_MAX packages are found no further step is
 * taken: the name itself, then all words in the name, names that begin so
 * first, then in the name and the keywords, in these and the description, and
 * at last anywhere, README included. That is the rank. Of the matches of a step
 * at most WINDOW are looked at, and those that most others depend on are kept,
 * then the latest ones.
 *
 * What a package's rank is depends on nothing but its own text. So pages fit
 * together although packages are published in between, and every node answers
 * the same.
 */

#define WINDOW 10000
#define CANDIDATES_MAX 1000

/* Greater than every name that goes on in any way. */
#define AFTER_ALL "\xf4\x8f\xbf\xbf"

enum
{
  RANK_EXACT,
  RANK_PREFIX,
  RANK_HEADS,
  RANK_WORDS = 5
};

/* Where the index of heads is searched, in the order of the ranks. */
static const char *const head_columns[] = {
  "{name}",
  "{name keywords}",
  "{name keywords description}",
};

static char
kind_of_sort (LoftSort sort)
{
  switch (sort)
    {
    case LOFT_SORT_NAME:
      return 'n';
    case LOFT_SORT_UPDATED:
      return 'u';
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

/* All packages, in an order that an index has. */
static gboolean
browse (LoftCatalogReader *reader,
        Page *page,
        const LoftCatalogCursor *after,
        GError **error)
{
  gboolean by_update = page->kind == 'u';
  const char *name = after->name != NULL ? after->name : "";
  gint64 time = after->name != NULL ? after->time : G_MAXINT64;
  g_autoptr (LoftCatalogStatement) list =
    by_update ? loft_catalog_query (
                  reader,
                  error,
                  "SELECT p.updated, p.name, f.element FROM packages AS p"
                  "  CROSS JOIN fragments AS f ON f.name = p.name"
                  "  WHERE p.newest IS NOT NULL AND p.updated <= ?1"
                  "    AND (p.updated < ?1 OR p.name > ?2)"
                  "  ORDER BY p.updated DESC, p.name LIMIT ?3",
                  "iti",
                  time,
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

/* What a query has found so far. */
typedef struct
{
  LoftCatalogReader *reader; /* not owned */
  LoftSort sort;
  GArray *rows;     /* owned, of LoftCatalogCursor */
  GHashTable *seen; /* owned, set of names in @rows */
} Found;

static void
found_clear (Found *found)
{
  g_clear_pointer (&found->seen, g_hash_table_unref);
  g_clear_pointer (&found->rows, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Found, found_clear)

/* The order of a page, and of cursors. */
static int
compare_rows_cb (gconstpointer a, gconstpointer b)
{
  const LoftCatalogCursor *x = a;
  const LoftCatalogCursor *y = b;

  if (x->rank != y->rank)
    return x->rank < y->rank ? -1 : 1;
  if (x->score != y->score)
    return x->score > y->score ? -1 : 1;
  if (x->time != y->time)
    return x->time > y->time ? -1 : 1;

  return strcmp (x->name, y->name);
}

/* Takes rows of name, rank, dependents and time; the first one of a name
 * counts. What the order does not ask for is left zero. */
static gboolean
collect (Found *found, LoftCatalogStatement *statement, GError **error)
{
  g_autoptr (LoftCatalogStatement) list = statement;
  int code = SQLITE_ERROR;

  while (list != NULL && (code = loft_catalog_step (list, error)) == SQLITE_ROW)
    {
      const char *name = loft_catalog_column_text (list, 0);
      LoftCatalogCursor row = { 0, 0, 0, NULL };

      if (g_hash_table_contains (found->seen, name))
        continue;

      row.name = g_strdup (name);
      if (found->sort == LOFT_SORT_RELEVANCE)
        {
          row.rank = loft_catalog_column_int (list, 1);
          row.score = loft_catalog_column_int (list, 2);
        }
      if (found->sort != LOFT_SORT_NAME)
        row.time = loft_catalog_column_int (list, 3);
      g_array_append_val (found->rows, row);
      g_hash_table_add (found->seen, row.name);
    }

  return code == SQLITE_DONE;
}

static gboolean
collect_exact (Found *found, const char *folded, GError **error)
{
  return collect (
    found,
    loft_catalog_query (found->reader,
                        error,
                        "SELECT name, ?2, dependents, updated FROM packages"
                        "  WHERE folded = ?1 AND newest IS NOT NULL"
                        "  ORDER BY name LIMIT ?3",
                        "tii",
                        folded,
                        (gint64) RANK_EXACT,
                        (gint64) CANDIDATES_MAX),
    error);
}

#define FROM_INDEX(index, rank)                                                \
  "SELECT p.name, " rank " AS rank, p.dependents, p.updated"                   \
  "  FROM (SELECT rowid AS id FROM " index " WHERE " index " MATCH ?1"         \
  "    LIMIT ?2) AS hits"                                                      \
  "  CROSS JOIN packages AS p ON p.id = hits.id"                               \
  "  WHERE p.newest IS NOT NULL"                                               \
  "  ORDER BY rank, p.dependents DESC, p.updated DESC, p.name LIMIT ?3"

/* A name that begins as @folded has all words in it: so those are found in the
 * first step, which tells them from the others. */
static gboolean
collect_heads (Found *found,
               guint step,
               const char *match,
               const char *folded,
               GError **error)
{
  g_autofree char *within =
    g_strdup_printf ("%s : (%s)", head_columns[step], match);
  g_autofree char *end = g_strconcat (folded, AFTER_ALL, NULL);

  return collect (
    found,
    loft_catalog_query (
      found->reader,
      error,
      FROM_INDEX ("search_heads",
                  "CASE WHEN p.folded BETWEEN ?5 AND ?6 THEN ?7 ELSE ?4 END"),
      "tiiitti",
      within,
      (gint64) WINDOW,
      (gint64) CANDIDATES_MAX,
      (gint64) RANK_HEADS + step,
      folded,
      end,
      (gint64) RANK_PREFIX),
    error);
}

static gboolean
collect_words (Found *found, const char *match, GError **error)
{
  return collect (found,
                  loft_catalog_query (found->reader,
                                      error,
                                      FROM_INDEX ("search_words", "?4"),
                                      "tiii",
                                      match,
                                      (gint64) WINDOW,
                                      (gint64) CANDIDATES_MAX,
                                      (gint64) RANK_WORDS),
                  error);
}

static gboolean
collect_all (Found *found, const char *query, GError **error)
{
  g_autofree char *name = NULL;
  g_autofree char *words = NULL;
  g_autofree char *heads = loft_catalog_match_words (query, &name, &words);

  if (heads == NULL)
    return TRUE;

  g_autofree char *folded = loft_name_fold (name);
  if (!collect_exact (found, folded, error))
    return FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (head_columns); i++)
    if (found->rows->len < CANDIDATES_MAX &&
        !collect_heads (found, i, heads, folded, error))
      return FALSE;

  return found->rows->len >= CANDIDATES_MAX ||
         collect_words (found, words, error);
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
  g_auto (Found) found = {
    .reader = reader,
    .sort = sort,
    .rows = g_array_new (FALSE, FALSE, sizeof (LoftCatalogCursor)),
    .seen = g_hash_table_new (g_str_hash, g_str_equal),
  };

  g_array_set_clear_func (found.rows,
                          (GDestroyNotify) loft_catalog_cursor_clear);
  if (!collect_all (&found, query, error))
    return FALSE;

  g_array_sort (found.rows, compare_rows_cb);

  gboolean full = FALSE;
  for (guint i = 0; i < found.rows->len && !full; i++)
    {
      const LoftCatalogCursor *row =
        &g_array_index (found.rows, LoftCatalogCursor, i);

      if ((after->name == NULL || compare_rows_cb (row, after) > 0) &&
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
