/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-html-private.h"
#include "pages/loft-markdown-private.h"
#include "pages/loft-markdown.h"

#include <string.h>

/* More would make browsers slow, and nobody reads so far. */
#define LINES_MAX 20000

/* A file without an end of line at its end ends in a line as well. */
static guint
count_lines (const char *text)
{
  guint n = 0;

  for (const char *next = text; *next != '\0'; n++)
    {
      next += strcspn (next, "\n");
      next += *next == '\n';
    }

  return n;
}

/* Each number is a link to itself, so that a line can be pointed at. They stand
 * beside the text and not in it: whoever takes the text takes no numbers, and
 * whoever goes from link to link by keyboard is not stopped at each. */
static void
add_numbers (LoftHtmlWriter *writer, guint n)
{
  loft_html_writer_open (writer, "pre");
  loft_html_writer_set (writer, "class", "numbers");
  for (guint i = 1; i <= n; i++)
    {
      g_autofree char *id = g_strdup_printf ("L%u", i);
      g_autofree char *url = g_strconcat ("#", id, NULL);

      loft_html_writer_open (writer, "a");
      loft_html_writer_set (writer, "id", id);
      loft_html_writer_set (writer, "href", url);
      loft_html_writer_set (writer, "tabindex", "-1");
      loft_html_writer_add_text (writer, id + 1, strlen (id + 1));
      loft_html_writer_close (writer);
      loft_html_writer_add_text (writer, "\n", 1);
    }
  loft_html_writer_close (writer);
}

/* The text up to the line that may be the last one. */
static char *
take_lines (const char *text, guint max, gboolean *out_cut)
{
  const char *end = text;

  for (guint n = 0; n < max && *end != '\0'; n++)
    {
      end += strcspn (end, "\n");
      end += *end == '\n';
    }
  *out_cut = *end != '\0';

  return g_strndup (text, (gsize) (end - text));
}

/**
 * loft_markdown_render_source:
 * @text: UTF-8
 * @is_loft: whether it is a program in loft
 * @out_cut: (out): whether the end of it was left out, because it has too many
 *   lines
 *
 * Renders a text as it is, with the numbers of its lines beside it.
 *
 * Returns: (transfer full): markup for a page
 */
LoftHtml *
loft_markdown_render_source (const char *text,
                             gboolean is_loft,
                             gboolean *out_cut)
{
  g_return_val_if_fail (text != NULL && out_cut != NULL, NULL);

  g_autoptr (LoftHtmlWriter) writer =
    loft_html_writer_new (2 * LOFT_MARKDOWN_MAX_HTML);
  g_autofree char *shown = take_lines (text, LINES_MAX, out_cut);

  loft_html_writer_open (writer, "div");
  loft_html_writer_set (writer, "class", "source");
  add_numbers (writer, count_lines (shown));
  loft_html_writer_open (writer, "pre");
  loft_html_writer_set (writer, "class", "lines");
  loft_html_writer_set (writer, "tabindex", "0");
  loft_html_writer_open (writer, "code");
  loft_html_writer_set (writer, "translate", "no");
  if (is_loft)
    loft_markdown_add_loft (writer, shown);
  else
    loft_html_writer_add_text (writer, shown, strlen (shown));
  *out_cut = *out_cut || loft_html_writer_is_full (writer);
  loft_html_writer_close_all (writer);

  return loft_html_new_take (loft_html_writer_finish (writer));
}
