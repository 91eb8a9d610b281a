/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-markdown-private.h"

void
loft_markdown_headings_init (LoftMarkdownHeadings *self)
{
  self->taken = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->n_open = 0;
}

void
loft_markdown_headings_clear (LoftMarkdownHeadings *self)
{
  g_clear_pointer (&self->taken, g_hash_table_unref);
}

/* What becomes an identifier, or leads to one: "What it's for" is
 * "what-its-for". */
char *
loft_markdown_make_slug (const char *text)
{
  GString *slug = g_string_new (NULL);

  for (; *text != '\0' && slug->len < 100; text = g_utf8_next_char (text))
    {
      gunichar c = g_utf8_get_char (text);

      if (g_unichar_isalnum (c) || g_unichar_ismark (c) || c == '-' || c == '_')
        g_string_append_unichar (slug, g_unichar_tolower (c));
      else if (g_unichar_isspace (c))
        g_string_append_c (slug, '-');
    }

  return g_string_free (slug, FALSE);
}

/* The text below a node. */
static char *
collect_text (cmark_node *node)
{
  g_autoptr (GString) text = g_string_new (NULL);
  cmark_iter *iter = cmark_iter_new (node);

  while (cmark_iter_next (iter) != CMARK_EVENT_DONE)
    {
      cmark_node *child = cmark_iter_get_node (iter);
      cmark_node_type type = cmark_node_get_type (child);

      if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE)
        g_string_append (text, cmark_node_get_literal (child));
      else if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK)
        g_string_append_c (text, ' ');
    }
  cmark_iter_free (iter);

  return g_utf8_make_valid (text->str, (gssize) text->len);
}

/* The identifier of a heading. If the same words were there before, a number
 * makes the difference; it goes on where it was, or a thousand equal headings
 * would be a million comparisons. */
char *
loft_markdown_headings_make_identifier (LoftMarkdownHeadings *self,
                                        cmark_node *heading)
{
  g_autofree char *text = collect_text (heading);
  g_autofree char *slug = loft_markdown_make_slug (text);
  g_autofree char *unique = g_strdup (slug);

  while (*unique == '\0' ||
         g_hash_table_lookup_extended (self->taken, unique, NULL, NULL))
    {
      guint number =
        GPOINTER_TO_UINT (g_hash_table_lookup (self->taken, slug)) + 1;

      g_hash_table_insert (self->taken,
                           g_strdup (slug),
                           GUINT_TO_POINTER (number));
      g_free (unique);
      unique = g_strdup_printf ("%s-%u", slug, number);
    }
  g_hash_table_insert (self->taken, g_strdup (unique), NULL);

  return g_strconcat ("readme-", unique, NULL);
}

/* The level of a heading among those that it is under, so that none is skipped;
 * the first is the page's own. */
guint
loft_markdown_headings_get_level (LoftMarkdownHeadings *self, guint own)
{
  while (self->n_open > 0 && self->open[self->n_open - 1] >= own)
    self->n_open--;
  self->open[self->n_open++] = own;

  return MIN (self->n_open + 1, 6);
}
