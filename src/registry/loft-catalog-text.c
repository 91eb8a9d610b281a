/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

#include <string.h>

/*
 * The index of the search. It does not keep the text itself: `texts` does, and
 * an entry can only be taken out by giving the old text again. So a text is
 * replaced in three steps: the old entry out, the new text in, the new entry
 * in. The last one waits, marked by `indexed`, as long as the catalog is being
 * built: there a package gets its text once, not once a version.
 */

/* How much of a README is indexed, in bytes. */
#define README_HEAD 4096

/* A query longer than this, in bytes or words, is cut: no more of it would
 * make a difference to anybody but an attacker. */
#define QUERY_MAX 1024
#define WORDS_MAX 12

static char *
cut_readme (const char *readme)
{
  if (readme == NULL)
    return g_strdup ("");

  gsize length = strnlen (readme, README_HEAD + 1);
  if (length > README_HEAD)
    {
      const char *end =
        g_utf8_find_prev_char (readme, readme + README_HEAD + 1);

      length = end != NULL ? (gsize) (end - readme) : 0;
    }

  return g_strndup (readme, length);
}

static gboolean
index_one (LoftCatalogConnection *connection, gint64 package, GError **error)
{
  return loft_catalog_run (
           connection,
           error,
           "INSERT INTO search (rowid, name, keywords, description, readme)"
           "  SELECT id, name, keywords, description, readme FROM texts"
           "  WHERE id = ?1",
           "i",
           package) &&
         loft_catalog_run (connection,
                           error,
                           "UPDATE texts SET indexed = 1 WHERE id = ?1",
                           "i",
                           package);
}

static gboolean
is_same_text (LoftCatalogConnection *connection,
              gint64 package,
              const char *keywords,
              const char *description,
              const char *readme,
              gboolean *out_same,
              GError **error)
{
  g_autoptr (LoftCatalogStatement) find =
    loft_catalog_query (connection,
                        error,
                        "SELECT 1 FROM texts WHERE id = ?1 AND keywords = ?2"
                        "  AND description = ?3 AND readme = ?4",
                        "ittt",
                        package,
                        keywords,
                        description,
                        readme);
  int code = find != NULL ? loft_catalog_step (find, error) : SQLITE_ERROR;

  *out_same = code == SQLITE_ROW;

  return code != SQLITE_ERROR;
}

/**
 * loft_catalog_index_text:
 * @connection: a connection in a transaction
 * @package: the package's row
 * @document: its highest version
 * @now: whether the search has to find it at once
 * @error: return location for a #GError
 *
 * Replaces what a package is found by.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_index_text (LoftCatalogConnection *connection,
                         gint64 package,
                         const LoftDocument *document,
                         gboolean now,
                         GError **error)
{
  g_autofree char *keywords = document->keywords != NULL
                                ? g_strjoinv (" ", document->keywords)
                                : g_strdup ("");
  g_autofree char *readme = cut_readme (document->readme);
  const char *description =
    document->description != NULL ? document->description : "";
  gboolean same = FALSE;

  if (!is_same_text (connection,
                     package,
                     keywords,
                     description,
                     readme,
                     &same,
                     error))
    return FALSE;
  if (same)
    return TRUE;

  return loft_catalog_run (
           connection,
           error,
           "INSERT INTO search"
           "  (search, rowid, name, keywords, description, readme)"
           "  SELECT 'delete', id, name, keywords, description, readme"
           "  FROM texts WHERE id = ?1 AND indexed",
           "i",
           package) &&
         loft_catalog_run (
           connection,
           error,
           "INSERT OR REPLACE INTO texts VALUES (?1, 0, ?2, ?3, ?4, ?5)",
           "itttt",
           package,
           document->name,
           keywords,
           description,
           readme) &&
         (!now || index_one (connection, package, error));
}

static GArray *
list_waiting (LoftCatalogConnection *connection, guint limit, GError **error)
{
  g_autoptr (GArray) packages = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (LoftCatalogStatement) list = loft_catalog_query (
    connection,
    error,
    "SELECT id FROM texts WHERE indexed = 0 ORDER BY id LIMIT ?1",
    "i",
    (gint64) limit);
  if (list == NULL)
    return NULL;

  int code = SQLITE_DONE;
  while ((code = loft_catalog_step (list, error)) == SQLITE_ROW)
    {
      gint64 package = loft_catalog_column_int (list, 0);

      g_array_append_val (packages, package);
    }

  return code == SQLITE_DONE ? g_steal_pointer (&packages) : NULL;
}

/**
 * loft_catalog_index_waiting:
 * @connection: a connection in a transaction
 * @limit: how many packages at most
 * @out_indexed: (out): how many there were; @limit if there may be more
 * @error: return location for a #GError
 *
 * Indexes texts that wait for it.
 *
 * Returns: %TRUE on success; %FALSE with @error set
 */
gboolean
loft_catalog_index_waiting (LoftCatalogConnection *connection,
                            guint limit,
                            guint *out_indexed,
                            GError **error)
{
  g_autoptr (GArray) packages = list_waiting (connection, limit, error);
  if (packages == NULL)
    return FALSE;

  for (guint i = 0; i < packages->len; i++)
    if (!index_one (connection, g_array_index (packages, gint64, i), error))
      return FALSE;

  *out_indexed = packages->len;

  return TRUE;
}

static gboolean
is_word_char (gunichar c)
{
  return g_unichar_isalnum (c) || g_unichar_ismark (c);
}

/* The next word of *@text, or NULL. */
static char *
next_word (const char **text)
{
  const char *start = *text;

  while (*start != '\0' && !is_word_char (g_utf8_get_char (start)))
    start = g_utf8_next_char (start);

  const char *end = start;
  while (*end != '\0' && is_word_char (g_utf8_get_char (end)))
    end = g_utf8_next_char (end);

  *text = end;

  return end > start ? g_strndup (start, end - start) : NULL;
}

/* A single letter begins half of all words; as a prefix it would find
 * everything, slowly. Where a letter is a word of its own it says more. */
static gboolean
is_worth_prefix (const char *word)
{
  return word[0] != '\0' && (word[1] != '\0' || (guchar) word[0] >= 0x80);
}

/**
 * loft_catalog_match_words:
 * @query: what a client is looking for: any bytes
 * @out_joined: (out) (transfer full) (nullable): the words with hyphens between
 *   them, as in a name
 *
 * Makes an expression for the index: all words must be there, the last one may
 * be a beginning. Words are letters and digits and stand in quotes, so nothing
 * that a client may write is an operator.
 *
 * Returns: (transfer full) (nullable): the expression, or %NULL if there is no
 *   word in @query
 */
char *
loft_catalog_match_words (const char *query, char **out_joined)
{
  g_autofree char *head = g_strndup (query, QUERY_MAX);
  g_autofree char *valid = g_utf8_make_valid (head, -1);
  g_autoptr (GString) match = g_string_new (NULL);
  g_autoptr (GString) joined = g_string_new (NULL);
  g_autofree char *last = NULL;
  const char *rest = valid;

  *out_joined = NULL;
  for (guint i = 0; i < WORDS_MAX; i++)
    {
      g_autofree char *word = next_word (&rest);
      if (word == NULL)
        break;

      g_string_append_printf (match, "%s\"%s\"", i > 0 ? " " : "", word);
      g_string_append_printf (joined, "%s%s", i > 0 ? "-" : "", word);
      g_free (last);
      last = g_steal_pointer (&word);
    }

  if (last == NULL)
    return NULL;
  if (is_worth_prefix (last))
    g_string_append_c (match, '*');

  *out_joined = g_string_free (g_steal_pointer (&joined), FALSE);

  return g_string_free (g_steal_pointer (&match), FALSE);
}
