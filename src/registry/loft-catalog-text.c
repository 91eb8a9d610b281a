/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

#include <string.h>

/*
 * The indexes of the search: one of the heads, which are name, keywords and
 * description, and one of all words, those of the README included. The first is
 * small and knows in which of the three a word stands; the second knows only
 * that it is there. It is needed for rare words alone, where it is quick.
 *
 * Text is split into words here, not by SQLite: so words in a query are split
 * as those in the index were, for sure, and words that occur twice cost
 * nothing.
 *
 * The indexes do not keep the text: `texts` does, and an entry can only be
 * taken out by giving the old text again. So a text is replaced in three steps:
 * the old entry out, the new text in, the new entry in. The last one waits,
 * marked by `indexed`, as long as the catalog is being built: there a package
 * gets its text once, not once a version.
 */

/* How much of a text is indexed, in bytes: of a README this is the beginning.
 */
#define TEXT_MAX 4096

/* A query longer than this, in bytes or words, is cut, and so are words: no
 * more of them would make a difference to anybody but an attacker. */
#define QUERY_MAX 1024
#define QUERY_WORDS_MAX 12
#define WORD_MAX 64

/* Accents and the like, which stand apart in decomposed text. */
static gboolean
is_accent (gunichar c)
{
  return c >= 0x300 && c <= 0x36f;
}

static gboolean
is_ascii (const char *text)
{
  for (; *text != '\0'; text++)
    if ((guchar) *text >= 0x80)
      return FALSE;

  return TRUE;
}

/* Lower case, with accents apart from their letters. Most text is ASCII, and
 * hardly needs anything. */
static char *
fold_text (const char *text, gsize length)
{
  g_autofree char *head = g_strndup (text, length);
  if (is_ascii (head))
    {
      for (char *p = head; *p != '\0'; p++)
        *p = g_ascii_tolower (*p);

      return g_steal_pointer (&head);
    }

  g_autofree char *valid = g_utf8_make_valid (head, -1);
  g_autofree char *folded = g_utf8_casefold (valid, -1);

  return g_utf8_normalize (folded, -1, G_NORMALIZE_ALL);
}

/* Takes the next word of *@text, to be found in @word; FALSE if there is none.
 */
static gboolean
next_word (const char **text, GString *word)
{
  const char *p = *text;

  g_string_truncate (word, 0);
  for (; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = (guchar) *p < 0x80 ? (gunichar) *p : g_utf8_get_char (p);
      gboolean is_part = c < 0x80
                           ? g_ascii_isalnum ((char) c)
                           : g_unichar_isalnum (c) || g_unichar_ismark (c);

      if (!is_part && word->len > 0)
        break;
      if (is_part && !is_accent (c) && word->len < WORD_MAX)
        g_string_append_unichar (word, c);
    }

  *text = p;

  return word->len > 0;
}

static void
append_word (GString *to, const GString *word)
{
  if (to->len > 0)
    g_string_append_c (to, ' ');
  g_string_append_len (to, word->str, (gssize) word->len);
}

/* Adds the words of @text to @to, and those that are new also to @all. */
static void
add_words (GString *to, GString *all, GHashTable *seen, const char *text)
{
  if (text == NULL)
    return;

  g_autofree char *folded = fold_text (text, TEXT_MAX);
  g_autoptr (GString) word = g_string_sized_new (WORD_MAX + 8);
  const char *rest = folded;

  while (next_word (&rest, word))
    {
      if (to != NULL)
        append_word (to, word);
      if (g_hash_table_contains (seen, word->str))
        continue;

      g_hash_table_add (seen, g_strndup (word->str, word->len));
      append_word (all, word);
    }
}

/* What a package is found by, as it is stored. */
typedef struct
{
  GString *name;        /* owned */
  GString *keywords;    /* owned */
  GString *description; /* owned */
  GString *words;       /* owned */
} Text;

static void
text_clear (Text *text)
{
  g_string_free (text->name, TRUE);
  g_string_free (text->keywords, TRUE);
  g_string_free (text->description, TRUE);
  g_string_free (text->words, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Text, text_clear)

static void
fill_text (Text *text, const LoftDocument *document)
{
  g_autoptr (GHashTable) seen =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *keywords =
    document->keywords != NULL ? g_strjoinv (" ", document->keywords) : NULL;

  add_words (text->name, text->words, seen, document->name);
  add_words (text->keywords, text->words, seen, keywords);
  add_words (text->description, text->words, seen, document->description);
  add_words (NULL, text->words, seen, document->readme);
}

static gboolean
index_one (LoftCatalogConnection *connection, gint64 package, GError **error)
{
  return loft_catalog_run (
           connection,
           error,
           "INSERT INTO search_heads (rowid, name, keywords, description)"
           "  SELECT id, name, keywords, description FROM texts WHERE id = ?1",
           "i",
           package) &&
         loft_catalog_run (connection,
                           error,
                           "INSERT INTO search_words (rowid, words)"
                           "  SELECT id, words FROM texts WHERE id = ?1",
                           "i",
                           package) &&
         loft_catalog_run (connection,
                           error,
                           "UPDATE texts SET indexed = 1 WHERE id = ?1",
                           "i",
                           package);
}

static gboolean
remove_one (LoftCatalogConnection *connection, gint64 package, GError **error)
{
  return loft_catalog_run (
           connection,
           error,
           "INSERT INTO search_heads"
           "  (search_heads, rowid, name, keywords, description)"
           "  SELECT 'delete', id, name, keywords, description FROM texts"
           "  WHERE id = ?1 AND indexed",
           "i",
           package) &&
         loft_catalog_run (
           connection,
           error,
           "INSERT INTO search_words (search_words, rowid, words)"
           "  SELECT 'delete', id, words FROM texts WHERE id = ?1 AND indexed",
           "i",
           package);
}

static gboolean
is_same_text (LoftCatalogConnection *connection,
              gint64 package,
              const Text *text,
              gboolean *out_same,
              GError **error)
{
  g_autoptr (LoftCatalogStatement) find = loft_catalog_query (
    connection,
    error,
    "SELECT 1 FROM texts WHERE id = ?1 AND name = ?2 AND keywords = ?3"
    "  AND description = ?4 AND words = ?5",
    "itttt",
    package,
    text->name->str,
    text->keywords->str,
    text->description->str,
    text->words->str);
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
  g_auto (Text) text = { g_string_new (NULL),
                         g_string_new (NULL),
                         g_string_new (NULL),
                         g_string_sized_new (TEXT_MAX) };
  gboolean same = FALSE;

  fill_text (&text, document);
  if (!is_same_text (connection, package, &text, &same, error))
    return FALSE;
  if (same)
    return TRUE;

  return remove_one (connection, package, error) &&
         loft_catalog_run (
           connection,
           error,
           "INSERT OR REPLACE INTO texts VALUES (?1, 0, ?2, ?3, ?4, ?5)",
           "itttt",
           package,
           text.name->str,
           text.keywords->str,
           text.description->str,
           text.words->str) &&
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

/**
 * loft_catalog_match_words:
 * @query: what a client is looking for: any bytes
 * @out_name: (out) (transfer full) (nullable): the words with hyphens between
 *   them, as in a name
 * @out_words: (out) (transfer full) (nullable): the expression for the index of
 *   all words
 *
 * Makes expressions for the indexes: all words must be there, the last one may
 * be a beginning. Words are letters and digits and stand in quotes, so nothing
 * that a client may write is an operator.
 *
 * Returns: (transfer full) (nullable): the expression for the index of heads,
 *   or %NULL if there is no word in @query
 */
char *
loft_catalog_match_words (const char *query, char **out_name, char **out_words)
{
  g_autofree char *folded = fold_text (query, QUERY_MAX);
  g_autoptr (GString) word = g_string_sized_new (WORD_MAX + 8);
  g_autoptr (GString) match = g_string_new (NULL);
  g_autoptr (GString) name = g_string_new (NULL);
  const char *rest = folded;
  gsize last = 0;

  for (guint i = 0; i < QUERY_WORDS_MAX && next_word (&rest, word); i++)
    {
      g_string_append_printf (match, "%s\"%s\"", i > 0 ? " " : "", word->str);
      g_string_append_printf (name, "%s%s", i > 0 ? "-" : "", word->str);
      last = word->len;
    }

  *out_name = NULL;
  *out_words = NULL;
  if (match->len == 0)
    return NULL;

  /* A single letter begins half of all words; as the beginning of any word of
   * a README it would find everything, slowly. */
  *out_name = g_string_free (g_steal_pointer (&name), FALSE);
  *out_words = g_strconcat (match->str, last == 1 ? "" : "*", NULL);
  g_string_append_c (match, '*');

  return g_string_free (g_steal_pointer (&match), FALSE);
}
