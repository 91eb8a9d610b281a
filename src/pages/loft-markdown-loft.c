/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-markdown-private.h"

#include <string.h>

/* Words of the language. */
static const char *const keywords[] = {
  "and",          "as",        "assert", "break", "const",  "continue",
  "debug_assert", "else",      "enum",   "false", "fn",     "for",
  "if",           "in",        "is",     "match", "not",    "null",
  "or",           "interface", "panic",  "pub",   "return", "sizeof",
  "struct",       "true",      "type",   "use",   "while",  "yield",
};

static const char *const types[] = {
  "boolean", "character", "float",    "hash", "i16",       "i32",    "i8",
  "index",   "integer",   "iterator", "long", "reference", "single", "sorted",
  "text",    "u16",       "u32",      "u8",   "vector",    "void",
};

static gboolean
is_in_word (char c)
{
  return g_ascii_isalnum (c) || c == '_';
}

static gboolean
is_listed (const char *const *words, gsize n, const char *word, gsize length)
{
  for (gsize i = 0; i < n; i++)
    if (strlen (words[i]) == length && memcmp (words[i], word, length) == 0)
      return TRUE;

  return FALSE;
}

/* Types that a program declares are written in CamelCase, constants in
 * capitals. */
static gboolean
is_camel (const char *word, gsize length)
{
  if (!g_ascii_isupper (*word))
    return FALSE;
  for (gsize i = 1; i < length; i++)
    if (g_ascii_islower (word[i]))
      return TRUE;

  return length == 1;
}

static const char *
classify_word (const char *word, gsize length)
{
  if (is_listed (keywords, G_N_ELEMENTS (keywords), word, length))
    return "tok-k";
  if (is_listed (types, G_N_ELEMENTS (types), word, length) ||
      is_camel (word, length))
    return "tok-t";

  return NULL;
}

/* A string goes on where it is interrupted by an expression in braces, which
 * can have strings of its own. One in quotes ends with its line at the latest.
 */
static const char *
scan_string (const char *at)
{
  char quote = *at++;
  gboolean nested = FALSE;
  guint depth = 0;

  for (; *at != '\0'; at++)
    if (*at == '\n' && quote != '`')
      return at;
    else if (*at == '\\' && at[1] != '\0' && at[1] != '\n')
      at++;
    else if (nested)
      nested = *at != '"';
    else if (depth > 0 && *at == '"')
      nested = TRUE;
    else if (depth == 0 && *at == quote)
      return at + 1;
    else if (depth == 0 && *at == '{' && at[1] == '{')
      at++;
    else if (*at == '{')
      depth++;
    else if (*at == '}' && depth > 0)
      depth--;

  return at;
}

/* A character in quotes, or just the quote. */
static const char *
scan_character (const char *at)
{
  const char *end = at + 1;

  if (*end == '\\' && end[1] != '\0')
    end++;
  if (*end != '\0' && *end != '\n')
    end = g_utf8_next_char (end);

  return *end == '\'' ? end + 1 : at + 1;
}

/* A number; of `1..5` only the 1. */
static const char *
scan_number (const char *at)
{
  while (is_in_word (*at))
    at++;
  if (*at == '.' && g_ascii_isdigit (at[1]))
    for (at++; is_in_word (*at);)
      at++;

  return at;
}

static const char *
scan_token (const char *at, const char **out_class)
{
  const char *end = at + 1;

  *out_class = NULL;
  if (*at == '/' && at[1] == '/')
    {
      *out_class = "tok-c";
      return at + strcspn (at, "\n");
    }
  if (*at == '"' || *at == '`')
    {
      *out_class = "tok-s";
      return scan_string (at);
    }
  if (*at == '\'')
    {
      end = scan_character (at);
      *out_class = end > at + 1 ? "tok-s" : NULL;
      return end;
    }
  if (g_ascii_isdigit (*at))
    {
      *out_class = "tok-n";
      return scan_number (at);
    }
  if (is_in_word (*at))
    {
      while (is_in_word (*end))
        end++;
      *out_class = classify_word (at, (gsize) (end - at));
    }

  return end;
}

/* Adds a program in loft whose words, strings, comments, numbers and types have
 * classes. */
void
loft_markdown_add_loft (LoftHtmlWriter *writer, const char *code)
{
  const char *from = code;
  const char *at = code;

  while (*at != '\0')
    {
      const char *class = NULL;
      const char *end = scan_token (at, &class);

      if (class != NULL)
        {
          loft_html_writer_add_text (writer, from, (gsize) (at - from));
          loft_html_writer_open (writer, "span");
          loft_html_writer_set (writer, "class", class);
          loft_html_writer_add_text (writer, at, (gsize) (end - at));
          loft_html_writer_close (writer);
          from = end;
        }
      at = end;
    }

  loft_html_writer_add_text (writer, from, (gsize) (at - from));
}
