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
 * What a query finds, within bounds.
 *
 * A word that most packages have must not cost more than one that ten have. So
 * nothing here walks along all that matches. The index is asked in steps, from
 * where a match says most to where it says least, and each step takes the first
 * WINDOW matches. Packages stand in the index in the order of their worth (see
 * loft-catalog-index.c), so these are the ones that most others depend on, and
 * what a step leaves behind would be behind what it took. The steps for
 * descriptions and READMEs are not taken once names and keywords have found
 * ENOUGH.
 *
 * Then all that was found is ranked together. Where a match stands gives
 * points, and so does each doubling of the dependents: a package that hundreds
 * of others use comes before one that merely begins with the word, yet what
 * only mentions the word in its README does not come before one that has it in
 * its name. The name itself comes first, whatever else.
 *
 * The beginning of a word is looked up in an index of its own as long as it has
 * up to PREFIX_MAX letters. Longer ones would have SQLite gather whatever all
 * words that begin so have in common; instead the first COMPLETIONS_MAX of
 * these words are looked up, and any of them may match.
 *
 * A rank depends on nothing but the package's own text and who depends on it.
 * So pages fit together although packages are published in between, and nodes
 * answer the same. Only among packages of the same worth that are too many to
 * be looked at it is those that the catalog met first.
 */

#define WINDOW 400
#define ENOUGH 800
#define PREFIX_MAX 3
#define COMPLETIONS_MAX 32

/* Greater than every word or name that goes on in any way. */
#define AFTER_ALL "\xf4\x8f\xbf\xbf"

/* Less than everything that goes on, as words have no such letter. */
#define BEFORE_ALL "\x01"

#define RANK_EXACT 0
#define RANK_POINTS 1
#define POINTS_MAX 64

typedef struct
{
  char tag;
  gboolean completes; /* whether the last word may be a beginning */
  guint points;
} Step;

/* In the order of the points, so that the best match of a package counts. */
static const Step steps[] = {
  { 'f', FALSE, 24 }, { 'n', FALSE, 20 }, { 'f', TRUE, 18 }, { 'n', TRUE, 14 },
  { 'k', FALSE, 12 }, { 'k', TRUE, 9 },   { 'd', FALSE, 8 }, { 'd', TRUE, 5 },
  { 'w', FALSE, 2 },  { 'w', TRUE, 0 },
};

typedef struct
{
  LoftCatalogReader *reader; /* not owned */
  LoftSort sort;
  GStrv words;      /* owned */
  GArray *rows;     /* owned, of LoftCatalogCursor */
  GHashTable *seen; /* owned, set of names in @rows */
} Search;

static void
search_clear (Search *search)
{
  g_clear_pointer (&search->words, g_strfreev);
  g_clear_pointer (&search->seen, g_hash_table_unref);
  g_clear_pointer (&search->rows, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Search, search_clear)

/* Takes rows of name, dependents and time; the first one of a name counts.
 * What the order does not ask for is left zero. */
static gboolean
collect (Search *search,
         LoftCatalogStatement *statement,
         const Step *step,
         guint *out_found,
         GError **error)
{
  g_autoptr (LoftCatalogStatement) list = statement;
  int code = SQLITE_ERROR;

  while (list != NULL && (code = loft_catalog_step (list, error)) == SQLITE_ROW)
    {
      const char *name = loft_catalog_column_text (list, 0);
      gint64 dependents = loft_catalog_column_int (list, 1);
      LoftCatalogCursor row = { RANK_EXACT, 0, 0, NULL };

      ++*out_found;
      if (g_hash_table_contains (search->seen, name))
        continue;

      row.name = g_strdup (name);
      if (search->sort == LOFT_SORT_RELEVANCE)
        {
          if (step != NULL)
            row.rank = RANK_POINTS + POINTS_MAX - step->points -
                       loft_catalog_worth (dependents);
          row.score = dependents;
        }
      else if (search->sort == LOFT_SORT_DEPENDENTS)
        row.score = dependents;
      if (search->sort != LOFT_SORT_NAME)
        row.time = loft_catalog_column_int (list, 2);
      g_array_append_val (search->rows, row);
      g_hash_table_add (search->seen, row.name);
    }

  return code == SQLITE_DONE;
}

static gboolean
collect_exact (Search *search, GError **error)
{
  g_autofree char *name = g_strjoinv ("-", search->words);
  g_autofree char *folded = loft_name_fold (name);
  guint found = 0;

  return collect (
    search,
    loft_catalog_query (search->reader,
                        error,
                        "SELECT name, dependents, updated FROM packages"
                        "  WHERE folded = ?1 AND newest IS NOT NULL"
                        "  ORDER BY name LIMIT ?2",
                        "ti",
                        folded,
                        (gint64) WINDOW),
    NULL,
    &found,
    error);
}

/* Adds the words that begin as @word does; FALSE without @error set if there
 * are none. */
static gboolean
append_completions (Search *search,
                    GString *match,
                    const char *word,
                    GError **error)
{
  g_autofree char *end = g_strconcat (word, AFTER_ALL, NULL);
  g_autofree char *from = g_strdup (word);

  for (guint i = 0; i < COMPLETIONS_MAX; i++)
    {
      g_autoptr (LoftCatalogStatement) find =
        loft_catalog_query (search->reader,
                            error,
                            "SELECT term FROM search_terms"
                            "  WHERE term >= ?1 AND term < ?2 LIMIT 1",
                            "tt",
                            from,
                            end);
      int code = find != NULL ? loft_catalog_step (find, error) : SQLITE_ERROR;

      if (code == SQLITE_DONE)
        {
          g_string_append_c (match, ')');
          return i > 0;
        }
      if (code != SQLITE_ROW)
        return FALSE;

      const char *term = loft_catalog_column_text (find, 0);
      g_string_append_printf (match, "%s\"%s\"", i == 0 ? "(" : " OR ", term);
      g_free (from);
      from = g_strconcat (term, BEFORE_ALL, NULL);
    }
  g_string_append_c (match, ')');

  return TRUE;
}

/* What the index is asked; %NULL without @error set if nothing can match. Words
 * stand in quotes, so none is an operator. */
static char *
make_match (Search *search, const Step *step, GError **error)
{
  g_autoptr (GString) match = g_string_new (NULL);

  for (guint i = 0; search->words[i] != NULL; i++)
    {
      const char *word = search->words[i];
      gboolean is_last = search->words[i + 1] == NULL;
      g_autofree char *tagged =
        loft_catalog_tag_word (step->tag == 'f' && i > 0 ? 'n' : step->tag,
                               word);

      if (i > 0)
        g_string_append (match, " AND ");
      if (!is_last || !step->completes)
        g_string_append_printf (match, "\"%s\"", tagged);
      else if (g_utf8_strlen (word, -1) <= PREFIX_MAX)
        g_string_append_printf (match, "\"%s\"*", tagged);
      else if (!append_completions (search, match, tagged, error))
        return NULL;
    }

  return g_string_free (g_steal_pointer (&match), FALSE);
}

static gboolean
take_step (Search *search, const Step *step, guint *out_found, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *match = make_match (search, step, &local_error);

  *out_found = 0;
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (match == NULL)
    return TRUE;

  return collect (
    search,
    loft_catalog_query (search->reader,
                        error,
                        "SELECT p.name, p.dependents, p.updated"
                        "  FROM (SELECT rowid AS place FROM search"
                        "    WHERE search MATCH ?1 LIMIT ?2) AS hits"
                        "  CROSS JOIN packages AS p ON p.id = hits.place & ?3"
                        "  WHERE p.newest IS NOT NULL",
                        "tii",
                        match,
                        (gint64) WINDOW,
                        (G_GINT64_CONSTANT (1) << LOFT_CATALOG_PLACE_BITS) - 1),
    step,
    out_found,
    error);
}

/* Whether a step can add anything: a beginning finds what the whole word found
 * and more, but not if that filled the window. A single letter begins half of
 * all words, and would find everything in READMEs. */
static gboolean
is_worthwhile (Search *search, const Step *step, guint found_before)
{
  if (step->tag == 'd' || step->tag == 'w')
    if (search->rows->len >= ENOUGH)
      return FALSE;
  if (!step->completes)
    return TRUE;

  const char *last = search->words[g_strv_length (search->words) - 1];

  return found_before < WINDOW && (step->tag != 'w' || last[1] != '\0');
}

static gboolean
collect_all (Search *search, GError **error)
{
  guint found[256] = { 0 };

  if (!collect_exact (search, error))
    return FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      const Step *step = &steps[i];
      guint *tag_found = &found[(guchar) step->tag];

      if (is_worthwhile (search, step, *tag_found) &&
          !take_step (search, step, tag_found, error))
        return FALSE;
    }

  return TRUE;
}

/**
 * loft_catalog_find:
 * @reader: a connection
 * @query: what a client is looking for: any bytes
 * @sort: in what order
 * @error: return location for a #GError
 *
 * Finds packages that have all words of @query, the last of which may be the
 * beginning of one.
 *
 * Returns: (transfer full) (element-type LoftCatalogCursor): the packages, in
 *   order, or %NULL with @error set
 */
GArray *
loft_catalog_find (LoftCatalogReader *reader,
                   const char *query,
                   LoftSort sort,
                   GError **error)
{
  g_auto (Search) search = {
    .reader = reader,
    .sort = sort,
    .words = loft_catalog_split_query (query),
    .rows = g_array_new (FALSE, FALSE, sizeof (LoftCatalogCursor)),
    .seen = g_hash_table_new (g_str_hash, g_str_equal),
  };

  g_array_set_clear_func (search.rows,
                          (GDestroyNotify) loft_catalog_cursor_clear);
  if (search.words[0] != NULL && !collect_all (&search, error))
    return NULL;

  g_array_sort (search.rows, loft_catalog_cursor_compare);

  return g_steal_pointer (&search.rows);
}
