/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-markdown.h"

#include <cmark-gfm-core-extensions.h>
#include <string.h>

#include "pages/loft-html-private.h"
#include "pages/loft-markdown-private.h"

/*
 * How a text that a stranger wrote becomes part of a page:
 *
 * 1. It is cut to a size and made UTF-8. If a parser would have too much to do
 *    with it, it is shown as it is.
 * 2. cmark makes a tree of it. Nothing of its HTML is used.
 * 3. The tree is walked, and what is known is written by a writer that escapes
 *    all but the names of elements and attributes, which are constants here.
 *
 * So there is nothing to filter: what was not decided to be written is not
 * there.
 */

/* cmark keeps, for all parsers, which characters mean something to them. */
G_LOCK_DEFINE_STATIC (parser);

static void
attach (cmark_parser *parser, const char *name)
{
  cmark_syntax_extension *extension = cmark_find_syntax_extension (name);

  if (extension != NULL)
    cmark_parser_attach_syntax_extension (parser, extension);
}

/* Bare addresses and tasks are found when the tree is walked. */
static cmark_node *
parse (const char *text, gsize length)
{
  G_LOCK (parser);
  cmark_gfm_core_extensions_ensure_registered ();
  cmark_parser *parser = cmark_parser_new (CMARK_OPT_DEFAULT);
  attach (parser, "table");
  attach (parser, "strikethrough");
  cmark_parser_feed (parser, text, length);
  cmark_node *document = cmark_parser_finish (parser);
  cmark_parser_free (parser);
  G_UNLOCK (parser);

  return document;
}

/* Ends @text after at most @limit bytes: after a line, if there are lines. */
static gboolean
cut (GString *text, gsize limit)
{
  if (text->len <= limit)
    return FALSE;

  const char *line = g_strrstr_len (text->str, (gssize) limit, "\n");
  gsize length = line != NULL ? (gsize) (line - text->str) + 1 : limit;
  while (line == NULL && length > 0 && (text->str[length] & 0xc0) == 0x80)
    length--;
  g_string_truncate (text, length);

  return TRUE;
}

/* One kind of line end, since each of them is one to cmark. */
static void
unify_lines (GString *text)
{
  gsize length = 0;

  for (gsize i = 0; i < text->len; i++)
    if (text->str[i] != '\r')
      text->str[length++] = text->str[i];
    else if (text->str[i + 1] != '\n')
      text->str[length++] = '\n';
  g_string_truncate (text, length);
}

static GString *
make_text (GBytes *source, gboolean *out_cut)
{
  gsize length = 0;
  const char *data = g_bytes_get_data (source, &length);
  gsize taken = MIN (length, LOFT_MARKDOWN_MAX_SOURCE + 1);
  g_autofree char *valid =
    data != NULL ? g_utf8_make_valid (data, (gssize) taken) : g_strdup ("");
  GString *text = g_string_new (valid);

  unify_lines (text);
  *out_cut = cut (text, LOFT_MARKDOWN_MAX_SOURCE);

  return text;
}

static void
add_plain (LoftHtmlWriter *writer, const GString *text)
{
  loft_html_writer_open (writer, "pre");
  loft_html_writer_set (writer, "class", "text");
  loft_html_writer_set (writer, "tabindex", "0");
  loft_html_writer_add_text (writer, text->str, text->len);
  loft_html_writer_close (writer);
}

/* Says, in all languages, that there is more, and where. */
static void
add_more (LoftHtmlWriter *writer, const LoftMarkdownPlace *place)
{
  g_autofree char *path = g_strconcat ("/", place->path, NULL);
  g_autofree char *url = loft_markdown_resolve_link (place, path);

  loft_html_writer_open (writer, "p");
  loft_html_writer_set (writer, "class", "more");
  loft_html_writer_add_text (writer, "… ", strlen ("… "));
  if (url != NULL)
    {
      loft_markdown_add_link_start (writer, url);
      loft_html_writer_add_text (writer, place->path, strlen (place->path));
      loft_html_writer_close (writer);
    }
  loft_html_writer_close (writer);
}

/**
 * loft_markdown_render:
 * @source: a text in CommonMark with the tables, strikethrough, tasks and bare
 *   addresses of GitHub's; anything at all
 * @path: where it is in its package, such as `README.md`
 * @links: (nullable): the URL below which the package's files are shown, ending
 *   in a slash; %NULL where they are not, so that nothing leads to them
 * @images: (nullable): the URL below which the files themselves are; likewise
 *
 * Renders a text of a package as a part of a page, to be put where paragraphs
 * may stand. Whatever the text is, the result is balanced, has only elements
 * and attributes that this function chose, and cannot act: links lead to http,
 * https or mailto addresses, to files of the package, or to a heading of the
 * text; images are files of the package. Headings begin at `h2`, skip no level,
 * and have identifiers that begin with `readme-`.
 *
 * HTML in the text is not HTML in the result: its tags are left out, but for
 * line breaks and images of the package; what HTML doesn't know is text. Of a
 * text longer than %LOFT_MARKDOWN_MAX_SOURCE, or whose rendering would be
 * longer than %LOFT_MARKDOWN_MAX_HTML, the beginning is rendered, with a link
 * to the file. A text that was made to keep a parser busy is shown unrendered.
 *
 * A text that was made to be slow takes a tenth of a second, others a few
 * milliseconds; so it is called in a worker thread. Any number of threads may.
 *
 * Returns: (transfer full): markup for a page
 */
LoftHtml *
loft_markdown_render (GBytes *source,
                      const char *path,
                      const char *links,
                      const char *images)
{
  g_return_val_if_fail (source != NULL, NULL);
  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (links == NULL || g_str_has_suffix (links, "/"), NULL);
  g_return_val_if_fail (images == NULL || g_str_has_suffix (images, "/"), NULL);

  const LoftMarkdownPlace place = { path, links, images };
  g_autoptr (LoftHtmlWriter) writer =
    loft_html_writer_new (LOFT_MARKDOWN_MAX_HTML - 2 * 8192);
  gboolean incomplete = FALSE;
  g_autoptr (GString) text = make_text (source, &incomplete);

  if (loft_markdown_is_bounded (text->str, text->len))
    {
      cmark_node *document = parse (text->str, text->len);

      loft_markdown_add_document (writer, &place, document);
      cmark_node_free (document);
    }
  else
    {
      add_plain (writer, text);
      incomplete = TRUE;
    }

  incomplete = incomplete || loft_html_writer_is_full (writer);
  loft_html_writer_close_all (writer);
  if (incomplete)
    add_more (writer, &place);

  return loft_html_new_take (loft_html_writer_finish (writer));
}
