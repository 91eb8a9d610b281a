/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

#include <string.h>

/*
 * What a package is found by: words, each with a tag that says where it stands.
 *
 * - `f` the first word of the name
 * - `n` any word of the name
 * - `k` a word of the name or a keyword
 * - `d` one of these, or of the description
 * - `w` one of these, or of the README
 *
 * So where a word stands is part of the word, and a question for names never
 * walks along the packages that have the word in their README. A tag takes in
 * those before it, since words of one query may stand in different places.
 *
 * Text is split into words here, not by SQLite: so words in a query are split
 * as those in the index were, for sure, and words that occur twice cost
 * nothing.
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

/* Adds the words of @text, once for each of @tags. */
static void
add_words (GString *to, GHashTable *seen, const char *tags, const char *text)
{
  if (text == NULL)
    return;

  g_autofree char *folded = fold_text (text, TEXT_MAX);
  g_autoptr (GString) word = g_string_sized_new (WORD_MAX + 8);
  const char *rest = folded;

  while (next_word (&rest, word))
    for (const char *tag = tags; *tag != '\0'; tag++)
      {
        g_autofree char *tagged = loft_catalog_tag_word (*tag, word->str);

        if (g_hash_table_contains (seen, tagged))
          continue;

        if (to->len > 0)
          g_string_append_c (to, ' ');
        g_string_append (to, tagged);
        g_hash_table_add (seen, g_steal_pointer (&tagged));
      }
}

static void
add_first_word (GString *to, const char *name)
{
  g_autofree char *folded = fold_text (name, TEXT_MAX);
  g_autoptr (GString) word = g_string_sized_new (WORD_MAX + 8);
  const char *rest = folded;

  if (next_word (&rest, word))
    g_string_append_printf (to, "f%s", word->str);
}

/**
 * loft_catalog_tag_word:
 * @tag: where the word stands
 * @word: a word
 *
 * Makes a word as the index has it.
 *
 * Returns: (transfer full): the tagged word
 */
char *
loft_catalog_tag_word (char tag, const char *word)
{
  return g_strdup_printf ("%c%s", tag, word);
}

/**
 * loft_catalog_tag_words:
 * @document: a package's highest version
 *
 * Lists what the package is found by.
 *
 * Returns: (transfer full): tagged words with spaces between them
 */
char *
loft_catalog_tag_words (const LoftDocument *document)
{
  g_autoptr (GHashTable) seen =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GString) words = g_string_sized_new (TEXT_MAX);
  g_autofree char *keywords =
    document->keywords != NULL ? g_strjoinv (" ", document->keywords) : NULL;

  add_first_word (words, document->name);
  add_words (words, seen, "nkdw", document->name);
  add_words (words, seen, "kdw", keywords);
  add_words (words, seen, "dw", document->description);
  add_words (words, seen, "w", document->readme);

  return g_string_free (g_steal_pointer (&words), FALSE);
}

/**
 * loft_catalog_split_query:
 * @query: what a client is looking for: any bytes
 *
 * Splits a query into words. They are letters and digits, so nothing that a
 * client may write is an operator.
 *
 * Returns: (transfer full): the words, without tags
 */
GStrv
loft_catalog_split_query (const char *query)
{
  g_autofree char *folded = fold_text (query, QUERY_MAX);
  g_autoptr (GString) word = g_string_sized_new (WORD_MAX + 8);
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();
  const char *rest = folded;

  for (guint i = 0; i < QUERY_WORDS_MAX && next_word (&rest, word); i++)
    g_strv_builder_add (words, word->str);

  return g_strv_builder_end (words);
}
