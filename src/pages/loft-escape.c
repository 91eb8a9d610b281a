/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-escape.h"

#include <string.h>

/* What a reader can't see, but which turns what he sees around; and what HTML
 * has no place for. */
static gboolean
is_treacherous (gunichar c)
{
  return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') ||
         (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069) || (c >= 0xfdd0 && c <= 0xfdef) ||
         (c & 0xfffe) == 0xfffe;
}

static const char *
find_entity (char c)
{
  switch (c)
    {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return NULL;
    }
}

/**
 * loft_escape_append_text:
 * @html: what to append to
 * @text: any text
 *
 * Appends a text so that it is nothing but text, in an element as well as in an
 * attribute between double quotes. Characters that can't be seen and would turn
 * the direction of others are shown as such that can't be read.
 */
void
loft_escape_append_text (GString *html, const char *text)
{
  g_return_if_fail (html != NULL && text != NULL);

  g_autofree char *valid =
    g_utf8_validate (text, -1, NULL) ? NULL : g_utf8_make_valid (text, -1);
  const char *next = valid != NULL ? valid : text;

  while (*next != '\0')
    {
      gunichar c = g_utf8_get_char (next);
      const char *entity = c < 0x80 ? find_entity ((char) c) : NULL;

      if (entity != NULL)
        g_string_append (html, entity);
      else if (is_treacherous (c))
        g_string_append (html, "\xef\xbf\xbd");
      else
        g_string_append_len (html, next, g_utf8_next_char (next) - next);
      next = g_utf8_next_char (next);
    }
}

static void
append_unit (GString *html, gunichar unit)
{
  g_string_append_printf (html, "\\u%04x", unit);
}

/**
 * loft_escape_append_data:
 * @html: what to append to
 * @json: JSON, on one line
 *
 * Appends JSON so that it means the same, but nothing in it ends the element
 * that it stands in, or means anything to who reads HTML: all that may is in
 * strings, where it can be written by its number.
 */
void
loft_escape_append_data (GString *html, const char *json)
{
  g_return_if_fail (html != NULL && json != NULL);

  g_autofree char *valid =
    g_utf8_validate (json, -1, NULL) ? NULL : g_utf8_make_valid (json, -1);
  const char *next = valid != NULL ? valid : json;

  for (; *next != '\0'; next = g_utf8_next_char (next))
    {
      gunichar c = g_utf8_get_char (next);

      if (c != '<' && c != '>' && c != '&' && c != '\'' && c != 0x2028 &&
          c != 0x2029 && !is_treacherous (c))
        g_string_append_len (html, next, g_utf8_next_char (next) - next);
      else if (c < 0x10000)
        append_unit (html, c);
      else
        {
          append_unit (html, 0xd800 + ((c - 0x10000) >> 10));
          append_unit (html, 0xdc00 + ((c - 0x10000) & 0x3ff));
        }
    }
}

/**
 * loft_escape_is_good_url:
 * @url: any text
 *
 * Tells whether a link may lead there: by http or https, or to a relative
 * reference, which stays on this server.
 *
 * Returns: whether it may
 */
gboolean
loft_escape_is_good_url (const char *url)
{
  g_return_val_if_fail (url != NULL, FALSE);

  for (const char *next = url; *next != '\0'; next++)
    if ((guchar) *next <= ' ' || *next == '\\' || *next == 0x7f)
      return FALSE;
  if (g_str_has_prefix (url, "//"))
    return FALSE;

  gsize before = strcspn (url, ":/?#");
  if (url[before] != ':')
    return TRUE;

  g_autofree char *scheme = g_ascii_strdown (url, (gssize) before);
  const char *rest = url + before + 1;

  return (g_str_equal (scheme, "http") || g_str_equal (scheme, "https")) &&
         g_str_has_prefix (rest, "//") &&
         strchr ("/?#", rest[strlen ("//")]) == NULL;
}

/**
 * loft_escape_append_url:
 * @html: what to append to
 * @url: any text
 *
 * Appends a link's target to an attribute between double quotes; one that
 * nobody may be led to becomes the page itself.
 */
void
loft_escape_append_url (GString *html, const char *url)
{
  g_return_if_fail (html != NULL && url != NULL);

  if (!loft_escape_is_good_url (url))
    {
      g_string_append_c (html, '#');
      return;
    }

  g_autofree char *encoded =
    g_uri_escape_string (url, "%:/?#[]@!$&'()*+,;=", FALSE);
  loft_escape_append_text (html, encoded);
}

/**
 * loft_escape_append_url_part:
 * @html: what to append to
 * @text: any text
 *
 * Appends a segment of a path, or the value of a parameter.
 */
void
loft_escape_append_url_part (GString *html, const char *text)
{
  g_return_if_fail (html != NULL && text != NULL);

  g_string_append_uri_escaped (html, text, NULL, FALSE);
}
