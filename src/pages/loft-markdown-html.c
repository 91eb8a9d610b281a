/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-markdown-private.h"

#include <string.h>

/*
 * HTML in a text. Nothing here needs to agree with a browser on what is a tag:
 * what is taken for one is left out, all else is written as text.
 */

/* Tags between which a paragraph ends. */
static const char *const block_tags[] = {
  "blockquote", "br", "center",     "dd",     "details", "div",
  "dl",         "dt", "figcaption", "figure", "h1",      "h2",
  "h3",         "h4", "h5",         "h6",     "hr",      "li",
  "ol",         "p",  "picture",    "pre",    "section", "summary",
  "table",      "td", "th",         "tr",     "ul",      NULL,
};

/* The other elements of HTML. What is none, such as the <name> in a command, is
 * text that somebody forgot to write as code. */
static const char *const other_tags[] = {
  "a",      "abbr",   "article", "aside", "audio",  "b",        "base",
  "body",   "button", "caption", "cite",  "code",   "col",      "colgroup",
  "del",    "dfn",    "em",      "embed", "font",   "footer",   "form",
  "head",   "header", "html",    "i",     "iframe", "img",      "input",
  "ins",    "kbd",    "label",   "link",  "main",   "mark",     "meta",
  "nav",    "object", "option",  "q",     "s",      "samp",     "script",
  "select", "small",  "source",  "span",  "strike", "strong",   "style",
  "sub",    "sup",    "svg",     "tbody", "tfoot",  "textarea", "thead",
  "title",  "tt",     "u",       "var",   "video",  NULL,
};

static const struct
{
  const char *name;
  const char *text;
} entities[] = {
  { "&amp;", "&" },         { "&lt;", "<" },  { "&gt;", ">" },
  { "&quot;", "\"" },       { "&#39;", "'" }, { "&apos;", "'" },
  { "&nbsp;", "\302\240" },
};

static char *
decode (const char *text, gsize length)
{
  GString *decoded = g_string_sized_new (length);
  const char *end = text + length;

  while (text < end)
    {
      guint i = 0;

      while (i < G_N_ELEMENTS (entities) &&
             !(*text == '&' && g_str_has_prefix (text, entities[i].name)))
        i++;
      if (i < G_N_ELEMENTS (entities))
        {
          g_string_append (decoded, entities[i].text);
          text += strlen (entities[i].name);
        }
      else
        g_string_append_c (decoded, *text++);
    }

  return g_string_free (decoded, FALSE);
}

/* The name of the tag at @tag, in small letters, without its slash. */
static char *
get_name (const char *tag)
{
  const char *name = tag + 1 + (tag[1] == '/');
  gsize length = 0;

  while (g_ascii_isalnum (name[length]))
    length++;

  return g_ascii_strdown (name, (gssize) length);
}

/* Comments, declarations and instructions have no name. */
static gboolean
is_known (const char *name)
{
  return *name == '\0' || g_strv_contains (block_tags, name) ||
         g_strv_contains (other_tags, name);
}

static const char *
skip_blanks (const char *text, const char *end)
{
  while (text < end && (g_ascii_isspace (*text) || *text == '/'))
    text++;

  return text;
}

/* The value of an attribute of a start tag; NULL if it has none. */
static char *
get_attribute (const char *tag, const char *end, const char *wanted)
{
  const char *at = tag + 1;

  while (at < end && g_ascii_isalnum (*at))
    at++;
  while ((at = skip_blanks (at, end)) < end)
    {
      const char *name = at;
      while (at < end && *at != '=' && *at != '/' && !g_ascii_isspace (*at))
        at++;
      gsize length = (gsize) (at - name);
      if (at == name)
        at++;
      if (at >= end || *at != '=')
        continue;

      char quote = at + 1 < end ? at[1] : '\0';
      const char *value = at + 1;
      const char *value_end = value;
      if (quote == '"' || quote == '\'')
        {
          value_end = ++value;
          while (value_end < end && *value_end != quote)
            value_end++;
          at = MIN (value_end + 1, end);
        }
      else
        {
          while (value_end < end && !g_ascii_isspace (*value_end))
            value_end++;
          at = value_end;
        }
      if (length == strlen (wanted) &&
          g_ascii_strncasecmp (name, wanted, length) == 0)
        return decode (value, (gsize) (MIN (value_end, end) - value));
    }

  return NULL;
}

static void
add_image (LoftHtmlWriter *writer,
           const LoftMarkdownPlace *place,
           const char *tag,
           const char *end,
           gboolean in_link)
{
  g_autofree char *url = get_attribute (tag, end, "src");
  g_autofree char *alternative = get_attribute (tag, end, "alt");

  loft_markdown_add_image (writer,
                           place,
                           url != NULL ? url : "",
                           alternative != NULL ? alternative : "",
                           in_link);
}

void
loft_markdown_add_html_inline (LoftHtmlWriter *writer,
                               const LoftMarkdownPlace *place,
                               const char *html,
                               gboolean in_link)
{
  gsize length = strlen (html);
  g_autofree char *name = get_name (html);

  if (!is_known (name))
    loft_html_writer_add_text (writer, html, length);
  else if (html[1] == '/')
    return;
  else if (g_str_equal (name, "br"))
    loft_html_writer_add_void (writer, "br");
  else if (g_str_equal (name, "img"))
    add_image (writer, place, html, html + length - 1, in_link);
}

/* The end of what begins at @text, where a `<` is, and may be a tag; NULL if it
 * is none. */
static const char *
find_tag_end (const char *text)
{
  const char *end = NULL;

  if (g_str_has_prefix (text, "<!--"))
    {
      end = strstr (text, "-->");
      return end != NULL ? end + 3 : text + strlen (text);
    }
  if (!g_ascii_isalpha (text[1]) && strchr ("/!?", text[1]) == NULL)
    return NULL;

  char quote = '\0';
  for (end = text + 1; *end != '\0'; end++)
    if (quote != '\0')
      quote = *end == quote ? '\0' : quote;
    else if (*end == '"' || *end == '\'')
      quote = *end;
    else if (*end == '>')
      return end + 1;

  return NULL;
}

/* The end of a script or a style sheet, of which nothing is for people. */
static const char *
skip_raw (const char *text, const char *name)
{
  g_autofree char *closing = g_strconcat ("</", name, NULL);
  gsize length = strlen (closing);

  while (*text != '\0' && g_ascii_strncasecmp (text, closing, length) != 0)
    text++;

  return text;
}

typedef struct
{
  LoftHtmlWriter *writer;
  const LoftMarkdownPlace *place;
  gboolean in_paragraph;
} Block;

static void
enter_paragraph (Block *self)
{
  if (!self->in_paragraph)
    loft_html_writer_open (self->writer, "p");
  self->in_paragraph = TRUE;
}

static void
leave_paragraph (Block *self)
{
  if (self->in_paragraph)
    loft_html_writer_close (self->writer);
  self->in_paragraph = FALSE;
}

static void
add_text (Block *self, const char *text, gsize length)
{
  g_autofree char *decoded = decode (text, length);
  gsize blanks = strspn (decoded, " \t\n");

  if (decoded[blanks] != '\0')
    enter_paragraph (self);
  if (self->in_paragraph)
    loft_html_writer_add_text (self->writer, decoded, strlen (decoded));
}

/* Adds what a tag leaves behind, and returns where the text goes on. */
static const char *
add_tag (Block *self, const char *tag, const char *end)
{
  g_autofree char *name = get_name (tag);

  if (!is_known (name))
    add_text (self, tag, (gsize) (end - tag));
  else if (g_strv_contains (block_tags, name))
    leave_paragraph (self);
  else if (g_str_equal (name, "img") && tag[1] != '/')
    {
      enter_paragraph (self);
      add_image (self->writer, self->place, tag, end - 1, FALSE);
    }
  else if (tag[1] != '/' &&
           (g_str_equal (name, "script") || g_str_equal (name, "style")))
    return skip_raw (end, name);

  return end;
}

void
loft_markdown_add_html_block (LoftHtmlWriter *writer,
                              const LoftMarkdownPlace *place,
                              const char *html)
{
  Block block = { writer, place, FALSE };
  const char *text = html;
  const char *at = html;

  while ((at = strchr (at, '<')) != NULL)
    {
      const char *end = find_tag_end (at);
      if (end == NULL && (g_ascii_isalpha (at[1]) || strchr ("/!?", at[1])))
        break; /* and no later one would end either */
      if (end == NULL)
        {
          at++;
          continue;
        }
      add_text (&block, text, (gsize) (at - text));
      text = at = add_tag (&block, at, end);
    }

  add_text (&block, text, strlen (text));
  leave_paragraph (&block);
}
