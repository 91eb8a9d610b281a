/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-markdown-private.h"

#include <string.h>

/* What is before the @ of an address is no longer. */
#define MAX_LOCAL 64

static gboolean
is_in_host (char c)
{
  return g_ascii_isalnum (c) || c == '-' || c == '.' || (guchar) c >= 0x80;
}

static gboolean
is_in_local (char c)
{
  return g_ascii_isalnum (c) || (c != '\0' && strchr (".+-_", c) != NULL);
}

/* An address begins a text, or follows a blank or what may come before words.
 */
static gboolean
may_begin (const char *text, const char *at)
{
  return at == text || strchr (" \t\n*_~(\"'", at[-1]) != NULL;
}

/* Where an address ends that began at @start and is not interrupted before
 * @end: what ends sentences is not in it, nor a parenthesis that closes none of
 * its own. */
static const char *
trim_end (const char *start, const char *end)
{
  int open = 0;

  for (const char *at = start; at < end; at++)
    open += (*at == '(') - (*at == ')');

  while (end > start)
    if (strchr ("?!.,:;*_~'\"", end[-1]) != NULL)
      end--;
    else if (end[-1] == ')' && open < 0)
      {
        open++;
        end--;
      }
    else
      break;

  return end;
}

/* The end of the web address that begins at @at, or NULL. */
static const char *
match_web (const char *text, const char *at, const char **out_scheme)
{
  gsize length = 0;

  *out_scheme = "";
  if (!may_begin (text, at))
    return NULL;
  if (*at == 'h' && g_str_has_prefix (at, "https://"))
    length = strlen ("https://");
  else if (*at == 'h' && g_str_has_prefix (at, "http://"))
    length = strlen ("http://");
  else if (*at == 'w' && g_str_has_prefix (at, "www."))
    *out_scheme = "https://";
  else
    return NULL;

  const char *host = at + length;
  const char *host_end = host;
  while (is_in_host (*host_end))
    host_end++;
  if (memchr (host, '.', (gsize) (host_end - host)) == NULL)
    return NULL;

  const char *end = host_end + strcspn (host_end, " \t\n<");
  end = trim_end (at, end);

  return end > host + 3 ? end : NULL;
}

/* The same for the mail address that has its @ at @at; it begins after what was
 * written, at @from, at the earliest. */
static const char *
match_mail (const char *from, const char *at, const char **out_start)
{
  const char *start = at;
  const char *end = at + 1;

  while (start > from && at - start < MAX_LOCAL && is_in_local (start[-1]))
    start--;
  while (g_ascii_isalnum (*end) || *end == '-' || *end == '.' || *end == '_')
    end++;
  end = trim_end (at + 1, end);

  *out_start = start;
  return start < at && end > at + 1 && *end != '@' && end[-1] != '-' &&
             memchr (at + 1, '.', (gsize) (end - at) - 1) != NULL
           ? end
           : NULL;
}

static void
add_address (LoftHtmlWriter *writer,
             const LoftMarkdownPlace *place,
             const char *scheme,
             const char *start,
             const char *end)
{
  g_autofree char *shown = g_strndup (start, (gsize) (end - start));
  g_autofree char *target = g_strconcat (scheme, shown, NULL);
  g_autofree char *url = loft_markdown_resolve_link (place, target);

  if (url != NULL)
    loft_markdown_add_link_start (writer, url);
  loft_html_writer_add_text (writer, shown, strlen (shown));
  if (url != NULL)
    loft_html_writer_close (writer);
}

/* Adds a text in which bare addresses become links. */
void
loft_markdown_add_linked_text (LoftHtmlWriter *writer,
                               const LoftMarkdownPlace *place,
                               const char *text)
{
  const char *from = text;
  const char *at = text;

  while (*at != '\0')
    {
      const char *scheme = "mailto:";
      const char *start = at;
      const char *end = *at == '@' ? match_mail (from, at, &start)
                                   : match_web (text, at, &scheme);

      if (end == NULL)
        {
          at++;
          continue;
        }
      loft_html_writer_add_text (writer, from, (gsize) (start - from));
      add_address (writer, place, scheme, start, end);
      from = at = end;
    }

  loft_html_writer_add_text (writer, from, (gsize) (at - from));
}
