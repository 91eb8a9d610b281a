/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "test-markdown.h"

#include <string.h>

#include "pages/loft-markdown.h"

#define SIZE LOFT_MARKDOWN_MAX_SOURCE

/* Texts that keep a parser busy: a piece, as often as it fits into a part of
 * the size, and what comes between such parts. All of them end in time, or the
 * test does not. */
typedef struct
{
  const char *name;
  const char
    *pieces[6]; /* each repeated, but those that begin with a newline */
} Burden;

static const Burden burdens[] = {
  { "line", { "a" } },
  { "line-words", { "word " } },
  { "line-specials", { "*_`[<&\\" } },
  { "quotes", { ">" } },
  { "quotes-spaced", { "> " } },
  { "quotes-text", { ">", "\na\n", "a*" } },
  { "quotes-lazy", { "> ", "\na\n", "a\n" } },
  { "lists", { "- " } },
  { "lists-ordered", { "1. " } },
  { "lists-blank", { "- ", "\n  a\n", "\n" } },
  { "lists-mixed", { "> - 1) " } },
  { "lists-flat", { "- a\n* a\n" } },
  { "emphasis", { "*a **a ", "b** b* " } },
  { "emphasis-open", { "*a " } },
  { "emphasis-close", { "a_ " } },
  { "strikes", { "~~a ", "b~~ " } },
  { "brackets", { "[", "a", "]" } },
  { "links-open", { "[a](" } },
  { "links-angled", { "[a](<b" } },
  { "links-nested", { "[a ", "](b)" } },
  { "images", { "![", "a", "](b)" } },
  { "images-links", { "![", "[a](b)" } },
  { "code", { "`a``b```c" } },
  { "comments", { "a <!-- " } },
  { "declarations", { "a <!A " } },
  { "instructions", { "a <? " } },
  { "cdata", { "a <![CDATA[ " } },
  { "tags", { "<a b=\"" } },
  { "blocks", { "<div>\n" } },
  { "references", { "\n[a]: ", "b", "\n\n", "[a]" } },
  { "references-title", { "\n[a]: b \"", "c\n", "\n\"\n\n", "[a]" } },
  { "references-hidden", { "\n[a]: b \"", "[b]: c\n", "\n\"\n\n", "[a]" } },
  { "references-many", { "[a]: b\n" } },
  { "references-quotes", { "[a]: b \"\n" } },
  { "labels", { "[a", "]" } },
  { "table-wide", { "|a", "\n\n", "|-" } },
  { "table-rows", { "\n|a|b|c|d|e|f|g\n|-|-|-|-|-|-|-\n", "|\n" } },
  { "table-rulers", { "\na|a|a\n", "-|-\n" } },
  { "headings", { "# a\n" } },
  { "headings-underlined", { "a\n=\n" } },
  { "rules", { "***\n" } },
  { "fences", { "```\n" } },
  { "loft", { "\n```loft\n", "1 " } },
  { "loft-strings", { "\n```loft\n", "\"{" } },
  { "loft-characters", { "\n```loft\n", "'" } },
  { "addresses", { "http://a.b(" } },
  { "addresses-bare", { "(www." } },
  { "addresses-mail", { "a@" } },
  { "addresses-ends", { "\nhttp://a.b", ")" } },
  { "entities", { "&amp;" } },
  { "entities-bare", { "&" } },
  { "quotation", { "\"'-." } },
  { "backslashes", { "\\" } },
  { "lines", { "\n", "a\n" } },
  { "returns", { "a\r" } },
  { "tabs", { "\t" } },
  { "images-html", { "<p><img src=a>" } },
  { "attributes-html", { "\n<img ", "a=", "\n>" } },
};

static char *
make (const Burden *burden, gsize size)
{
  g_autoptr (GString) text = g_string_new (NULL);
  gsize repeated = 0;

  for (gsize i = 0; i < 6 && burden->pieces[i] != NULL; i++)
    repeated += *burden->pieces[i] != '\n';

  for (gsize i = 0; i < 6 && burden->pieces[i] != NULL; i++)
    {
      const char *piece = burden->pieces[i];
      gsize end = text->len + size / MAX (repeated, 1);

      if (*piece == '\n')
        g_string_append (text, piece);
      while (*piece != '\n' && text->len + strlen (piece) <= end)
        g_string_append (text, piece);
    }

  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* What is too much to parse is shown as it is; what is just about not is
 * parsed. Either way it is a part of a page. */
static void
test_burden (gconstpointer user_data)
{
  for (gsize size = SIZE; size >= 4096; size /= 4)
    {
      g_autofree char *text = make (user_data, size);
      g_autofree char *html = render (text);

      g_assert_cmpuint (strlen (html), <=, LOFT_MARKDOWN_MAX_HTML);
    }
}

/* Ten thousand of anything in one another are flat on the page. */
static void
test_depth (void)
{
  static const char *const marks[] = { "> ", "- ", "1. ", "*a **", "![" };

  for (gsize i = 0; i < G_N_ELEMENTS (marks); i++)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      guint depth = 0;

      for (guint j = 0; j < 10000; j++)
        g_string_append (text, marks[i]);
      g_string_append (text, "core");
      g_autofree char *html = render (text->str);
      g_assert_nonnull (strstr (html, "core"));
      for (const char *at = html; (at = strchr (at, '<')) != NULL; at++)
        {
          depth += at[1] != '/';
          g_assert_cmpuint (depth, <, 200);
        }
    }
}

/* Bytes of all kinds, NUL among them. */
static void
test_bytes (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (guint i = 0; i < 256; i++)
    for (guint j = 0; j < 256; j += 5)
      {
        const guint8 pair[] = { (guint8) i, (guint8) j, '[', '<' };

        g_byte_array_append (bytes, pair, sizeof pair);
      }
  g_autofree char *html = render_bytes (bytes->data, bytes->len);
  g_assert_nonnull (strstr (html, "\357\277\275"));

  g_autofree char *nul = render_bytes ("a\0b", 3);
  g_assert_cmpstr (nul, ==, "<p>a\357\277\275b</p>\n");
  g_autofree char *none = render_bytes (NULL, 0);
  g_assert_cmpstr (none, ==, "");
}

void
add_burden_tests (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (burdens); i++)
    {
      g_autofree char *path =
        g_strconcat ("/markdown/burden/", burdens[i].name, NULL);

      g_test_add_data_func (path, &burdens[i], test_burden);
    }
  g_test_add_func ("/markdown/burden/depth", test_depth);
  g_test_add_func ("/markdown/burden/bytes", test_bytes);
}
