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
 * finds ten. So at most WINDOW matches are looked at, the CANDIDATES_MAX of
 * them that others depend on most (then the latest ones) are ranked, and all
 * orders and pages are cut out of these. Names are searched apart, by their
 * own index, so that a package is always found by its name.
 *
 * The rank is 0 for the name itself, 1 for names that begin with what is
 * looked for, in the order of their dependents, 2 for the rest, in the order
 * of bm25.
 */

#define WINDOW 20000
#define CANDIDATES_MAX 1000

/* Greater than every name that goes on in any way. */
#define AFTER_ALL "\xf4\x8f\xbf\xbf"

enum
{
  RANK_EXACT,
  RANK_PREFIX,
  RANK_TEXT
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
  gint64 rank;
  gint64 score;
  char *last; /* owned, nullable */
  char *next; /* owned, nullable */
} Page;

static void
page_clear (Page *page)
{
  if (page->text != NULL)
    g_string_free (page->text, TRUE);
  g_free (page->last);
  g_free (page->next);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Page, page_clear)

/* Adds a row; FALSE if the page was full, and its cursor is made. */
static gboolean
page_add (Page *page,
          gint64 rank,
          gint64 score,
          const char *name,
          const char *element)
{
  if (page->n_rows == page->limit)
    {
      page->next = loft_catalog_cursor_encode (page->kind,
                                               page->rank,
                                               page->score,
                                               page->last);
      return FALSE;
    }

  g_string_append_c (page->text, page->n_rows == 0 ? '[' : ',');
  g_string_append (page->text, element);
  page->n_rows++;
  page->rank = rank;
  page->score = score;
  g_free (page->last);
  page->last = g_strdup (name);

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
  gint64 score = after->name != NULL ? after->score : G_MAXINT64;
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
                  score,
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
    if (!page_add (page,
                   0,
                   loft_catalog_column_int (list, 0),
                   loft_catalog_column_text (list, 1),
                   loft_catalog_column_text (list, 2)))
      return TRUE;

  return code == SQLITE_DONE;
}

/* What was found, sorted as a cursor says. */
static int
compare_candidates_cb (gconstpointer a, gconstpointer b)
{
  const LoftCatalogCursor *x = a;
  const LoftCatalogCursor *y = b;

  if (x->rank != y->rank)
    return x->rank < y->rank ? -1 : 1;
  if (x->score != y->score)
    return x->score > y->score ? -1 : 1;

  return strcmp (x->name, y->name);
}

/* Rows of name, time of its last change, rank, score; the first one of a name
 * counts. */
static gboolean
collect (LoftCatalogStatement *list,
         LoftSort sort,
         GHashTable *seen,
         GArray *candidates,
         GError **error)
{
  int code = SQLITE_DONE;

  while ((code = loft_catalog_step (list, error)) == SQLITE_ROW)
    {
      const char *name = loft_catalog_column_text (list, 0);
      if (g_hash_table_contains (seen, name))
        continue;

      LoftCatalogCursor candidate = { 0, 0, g_strdup (name) };
      if (sort == LOFT_SORT_UPDATED)
        candidate.score = loft_catalog_column_int (list, 1);
      if (sort == LOFT_SORT_RELEVANCE)
        {
          candidate.rank = loft_catalog_column_int (list, 2);
          candidate.score = loft_catalog_column_int (list, 3);
        }
      g_array_append_val (candidates, candidate);
      g_hash_table_add (seen, candidate.name);
    }

  return code == SQLITE_DONE;
}

static gboolean
collect_named (LoftCatalogReader *reader,
               const char *joined,
               LoftSort sort,
               GHashTable *seen,
               GArray *candidates,
               GError **error)
{
  g_autofree char *folded = loft_name_fold (joined);
  g_autofree char *end = g_strconcat (folded, AFTER_ALL, NULL);
  g_autoptr (LoftCatalogStatement) list = loft_catalog_query (
    reader,
    error,
    "SELECT name, updated, CASE WHEN folded = ?1 THEN ?5 ELSE ?6 END AS rank,"
    "    dependents"
    "  FROM (SELECT * FROM packages"
    "    WHERE folded >= ?1 AND folded < ?2 AND newest IS NOT NULL"
    "    ORDER BY folded LIMIT ?3)"
    "  ORDER BY rank, dependents DESC, name LIMIT ?4",
    "ttiiii",
    folded,
    end,
    (gint64) WINDOW,
    (gint64) CANDIDATES_MAX,
    (gint64) RANK_EXACT,
    (gint64) RANK_PREFIX);

  return list != NULL && collect (list, sort, seen, candidates, error);
}

/* The weights are those of the columns: name, keywords, description, README.
 * Nothing is ranked that `best` leaves out: the joins must stay in this order.
 */
static gboolean
collect_matching (LoftCatalogReader *reader,
                  const char *match,
                  LoftSort sort,
                  GHashTable *seen,
                  GArray *candidates,
                  GError **error)
{
  g_autoptr (LoftCatalogStatement) list = loft_catalog_query (
    reader,
    error,
    "WITH hits AS MATERIALIZED ("
    "    SELECT rowid AS id FROM search WHERE search MATCH ?1 LIMIT ?2),"
    "  best AS MATERIALIZED ("
    "    SELECT p.id AS id, p.name AS name, p.updated AS updated"
    "      FROM hits CROSS JOIN packages AS p ON p.id = hits.id"
    "      WHERE p.newest IS NOT NULL"
    "      ORDER BY p.dependents DESC, p.updated DESC, p.name LIMIT ?3)"
    "  SELECT best.name, best.updated, ?4,"
    "      CAST (bm25 (search, 10.0, 5.0, 2.0, 1.0) * -1e9 AS INTEGER)"
    "    FROM search CROSS JOIN best ON best.id = +search.rowid"
    "    WHERE search MATCH ?1"
    "      AND search.rowid <= (SELECT max (id) FROM hits)",
    "tiii",
    match,
    (gint64) WINDOW,
    (gint64) CANDIDATES_MAX,
    (gint64) RANK_TEXT);

  return list != NULL && collect (list, sort, seen, candidates, error);
}

static gboolean
add_candidate (LoftCatalogReader *reader,
               Page *page,
               const LoftCatalogCursor *candidate,
               gboolean *out_full,
               GError **error)
{
  g_autoptr (LoftCatalogStatement) find =
    loft_catalog_query (reader,
                        error,
                        "SELECT element FROM fragments WHERE name = ?1",
                        "t",
                        candidate->name);
  if (find == NULL || !loft_catalog_step_to_row (find, error))
    return FALSE;

  *out_full = !page_add (page,
                         candidate->rank,
                         candidate->score,
                         candidate->name,
                         loft_catalog_column_text (find, 0));

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
  g_autoptr (GArray) candidates =
    g_array_new (FALSE, FALSE, sizeof (LoftCatalogCursor));
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree char *joined = NULL;
  g_autofree char *match = loft_catalog_match_words (query, &joined);

  g_array_set_clear_func (candidates,
                          (GDestroyNotify) loft_catalog_cursor_clear);
  if (match == NULL)
    return TRUE;
  if (!collect_named (reader, joined, sort, seen, candidates, error) ||
      !collect_matching (reader, match, sort, seen, candidates, error))
    return FALSE;

  g_array_sort (candidates, compare_candidates_cb);

  gboolean full = FALSE;
  for (guint i = 0; i < candidates->len && !full; i++)
    {
      const LoftCatalogCursor *candidate =
        &g_array_index (candidates, LoftCatalogCursor, i);

      if ((after->name == NULL ||
           compare_candidates_cb (candidate, after) > 0) &&
          !add_candidate (reader, page, candidate, &full, error))
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
  g_auto (LoftCatalogCursor) cursor = { 0, 0, NULL };
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
