/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-json-private.h"

#include <string.h>

#include "registry/loft-registry-error.h"

/* The strings of the scanner: the runs of plain characters in them, which make
 * up nearly all of a large request, and the escapes between the runs. */

/* The letters of the short escapes, and what they stand for. */
static const char escape_names[] = "\"\\/bfnrt";
static const char escape_values[] = "\"\\/\b\f\n\r\t";

/* Characters that stand for themselves in a string, in ASCII. */
static const guint8 *
plain_characters (void)
{
  static guint8 plain[256];
  static gsize once = 0;

  if (g_once_init_enter (&once))
    {
      for (guint c = 0x20; c < 0x80; c++)
        plain[c] = c != '"' && c != '\\';
      g_once_init_leave (&once, 1);
    }

  return plain;
}

/**
 * loft_json_scanner_fail:
 * @self: a scanner
 * @problem: what is wrong, in words
 * @position: the offset in the whole text
 * @error: return location for a #GError
 *
 * Refuses the text.
 *
 * Returns: %FALSE
 */
gboolean
loft_json_scanner_fail (LoftJsonScanner *self,
                        const char *problem,
                        guint64 position,
                        GError **error)
{
  self->state = STATE_FAILED;
  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_MALFORMED,
               "Not valid JSON at line %" G_GUINT64_FORMAT
               ", column %" G_GUINT64_FORMAT ": %s",
               self->line,
               position - self->line_start + 1,
               problem);

  return FALSE;
}

/**
 * loft_json_scanner_keep:
 * @self: a scanner
 * @data: (array length=length): bytes
 * @length: how many
 * @error: return location for a #GError
 *
 * Keeps bytes for the parser.
 *
 * Returns: %FALSE with @error set if that would be more than the limit
 */
gboolean
loft_json_scanner_keep (LoftJsonScanner *self,
                        const char *data,
                        gsize length,
                        GError **error)
{
  if (length > self->limit - self->kept->len)
    {
      self->state = STATE_FAILED;
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_TOO_LARGE,
                   "The JSON text holds more than %" G_GSIZE_FORMAT " bytes",
                   self->limit);
      return FALSE;
    }

  g_string_append_len (self->kept, data, length);

  return TRUE;
}

/* Takes a piece of a string: bytes that need no escape. */
static gboolean
take_run (LoftJsonScanner *self, const char *data, gsize length, GError **error)
{
  if (length == 0)
    return TRUE;

  if (self->is_diverted)
    {
      if (self->divert_func (data, length, self->divert_data, error))
        return TRUE;
      self->state = STATE_FAILED;
      return FALSE;
    }

  if (self->is_key)
    g_string_append_len (self->key, data, length);

  return loft_json_scanner_keep (self, data, length, error);
}

/* Takes a character that was written as an escape, and keeps it in a form that
 * is no longer. */
static gboolean
take_escaped (LoftJsonScanner *self, gunichar c, GError **error)
{
  char buffer[8];
  int length = g_unichar_to_utf8 (c, buffer);
  const char *known = c < 0x80 ? strchr (escape_values, (int) c) : NULL;

  self->state = STATE_STRING;
  if (self->is_diverted || (c >= 0x20 && c != '"' && c != '\\'))
    return take_run (self, buffer, length, error);

  if (self->is_key)
    g_string_append_c (self->key, (char) c);
  if (known != NULL)
    length = g_snprintf (buffer,
                         sizeof buffer,
                         "\\%c",
                         escape_names[known - escape_values]);
  else
    length = g_snprintf (buffer, sizeof buffer, "\\u%04x", c);

  return loft_json_scanner_keep (self, buffer, length, error);
}

/* Takes the digits of an escape. */
static gboolean
take_hex (LoftJsonScanner *self, char c, guint64 position, GError **error)
{
  int digit = g_ascii_xdigit_value (c);

  if (digit == -1)
    return loft_json_scanner_fail (self,
                                   "“\\u” needs four hex digits",
                                   position,
                                   error);

  self->code = self->code << 4 | digit;
  if (--self->hex_left > 0)
    return TRUE;

  gboolean is_low = self->code >= 0xdc00 && self->code <= 0xdfff;
  if (is_low != (self->high_surrogate != 0))
    return loft_json_scanner_fail (self,
                                   "half a surrogate pair stands alone",
                                   position,
                                   error);

  if (is_low)
    {
      gunichar high = self->high_surrogate - 0xd800;

      self->high_surrogate = 0;
      return take_escaped (self,
                           0x10000 + (high << 10) + (self->code - 0xdc00),
                           error);
    }

  if (self->code >= 0xd800 && self->code <= 0xdbff)
    {
      self->high_surrogate = self->code;
      self->state = STATE_LOW_BACKSLASH;
      return TRUE;
    }

  if (self->code == 0)
    return loft_json_scanner_fail (self,
                                   "“\\u0000” is not taken",
                                   position,
                                   error);

  return take_escaped (self, self->code, error);
}

/**
 * loft_json_string_take_escape:
 * @self: a scanner within an escape
 * @c: the next byte
 * @position: its offset in the whole text
 * @error: return location for a #GError
 *
 * Takes a byte of an escape.
 *
 * Returns: %FALSE with @error set if the string is refused
 */
gboolean
loft_json_string_take_escape (LoftJsonScanner *self,
                              char c,
                              guint64 position,
                              GError **error)
{
  if (self->state == STATE_HEX)
    return take_hex (self, c, position, error);

  if (self->state == STATE_LOW_BACKSLASH)
    {
      if (c != '\\')
        return loft_json_scanner_fail (self,
                                       "half a surrogate pair stands alone",
                                       position,
                                       error);
      self->state = STATE_LOW_U;
      return TRUE;
    }

  if (c == 'u')
    {
      self->state = STATE_HEX;
      self->hex_left = 4;
      self->code = 0;
      return TRUE;
    }

  if (self->state == STATE_LOW_U)
    return loft_json_scanner_fail (self,
                                   "half a surrogate pair stands alone",
                                   position,
                                   error);

  const char *found = c != '\0' ? strchr (escape_names, c) : NULL;
  if (found == NULL)
    return loft_json_scanner_fail (self,
                                   "there is no such escape",
                                   position,
                                   error);

  return take_escaped (self, escape_values[found - escape_names], error);
}

/**
 * loft_json_string_take:
 * @self: a scanner within a string
 * @data: where the text goes on; left behind what was taken
 * @end: where it ends
 * @position: the offset of @data in the whole text
 * @error: return location for a #GError
 *
 * Takes as much of a string as is there, up to a backslash, which is taken too,
 * or a closing quote, which is not.
 *
 * Returns: %FALSE with @error set if the string is refused
 */
gboolean
loft_json_string_take (LoftJsonScanner *self,
                       const char **data,
                       const char *end,
                       guint64 position,
                       GError **error)
{
  const guint8 *plain = plain_characters ();
  const char *start = *data;
  const char *p = start;

  for (;;)
    {
      if (self->utf8.left == 0)
        while (p < end && plain[(guint8) *p])
          p++;
      if (p == end || (self->utf8.left == 0 && (*p == '"' || *p == '\\')))
        break;

      const char *problem = NULL;
      if (self->utf8.left == 0 && (guint8) *p < 0x80)
        problem = "a control character stands in a string";
      else if (!loft_utf8_take (&self->utf8, *p))
        problem = "a string is not valid UTF-8";
      if (problem != NULL)
        return loft_json_scanner_fail (self,
                                       problem,
                                       position + (p - start),
                                       error);
      p++;
    }

  *data = p;
  if (!take_run (self, start, p - start, error))
    return FALSE;
  if (p == end)
    return TRUE;

  self->state = *p == '"' ? STATE_STRING_END : STATE_ESCAPE;
  if (*p == '\\')
    (*data)++;

  return TRUE;
}
