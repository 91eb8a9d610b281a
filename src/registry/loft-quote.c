/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-quote.h"

#include <string.h>

#define QUOTE_MAX 60

/**
 * loft_escape_length:
 * @text: (array length=length): any bytes
 * @length: how many
 * @most: characters of @text to show at most
 *
 * Makes foreign bytes fit for a message: control characters, such as would
 * break a line of a log or steer a terminal, and bytes that are not UTF-8 are
 * shown as `\xNN`, and what is longer than @most characters ends in “…”.
 *
 * Returns: (transfer full): valid UTF-8 on one line
 */
char *
loft_escape_length (const char *text, gsize length, gsize most)
{
  GString *out = g_string_new (NULL);
  const char *end = length > 0 ? text + length : text;

  for (gsize shown = 0; text < end; shown++)
    {
      if (shown == most)
        {
          g_string_append (out, "…");
          break;
        }

      gunichar c = g_utf8_get_char_validated (text, end - text);
      if (c == 0 || c >= (gunichar) -2 || g_unichar_iscntrl (c) ||
          g_unichar_type (c) == G_UNICODE_FORMAT ||
          g_unichar_type (c) == G_UNICODE_LINE_SEPARATOR ||
          g_unichar_type (c) == G_UNICODE_PARAGRAPH_SEPARATOR)
        {
          g_string_append_printf (out, "\\x%02x", (guchar) *text);
          text++;
        }
      else
        {
          g_string_append_unichar (out, c);
          text = g_utf8_next_char (text);
        }
    }

  return g_string_free (out, FALSE);
}

/**
 * loft_quote_length:
 * @text: (array length=length): any bytes
 * @length: how many
 *
 * Quotes foreign bytes for a message: “text”, escaped and shortened.
 *
 * Returns: (transfer full): valid UTF-8 on one line, with its quotes
 */
char *
loft_quote_length (const char *text, gsize length)
{
  g_return_val_if_fail (text != NULL || length == 0, NULL);

  g_autofree char *shown = loft_escape_length (text, length, QUOTE_MAX);

  return g_strconcat ("“", shown, "”", NULL);
}

/**
 * loft_quote:
 * @text: any string
 *
 * Like loft_quote_length(), for a string that ends in a NUL.
 *
 * Returns: (transfer full): valid UTF-8 on one line, with its quotes
 */
char *
loft_quote (const char *text)
{
  g_return_val_if_fail (text != NULL, NULL);

  return loft_quote_length (text, strlen (text));
}
