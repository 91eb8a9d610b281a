/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "docs/loft-builder-log.h"

#include <string.h>

/**
 * loft_builder_log_append:
 * @log: what is kept so far
 * @data: (array length=length): any bytes
 * @length: how many
 *
 * Appends to a log, and forgets its beginning where it becomes long.
 */
void
loft_builder_log_append (GString *log, const char *data, gsize length)
{
  g_return_if_fail (log != NULL);
  g_return_if_fail (data != NULL || length == 0);

  if (length > LOFT_BUILDER_LOG_MAX)
    {
      data += length - LOFT_BUILDER_LOG_MAX;
      length = LOFT_BUILDER_LOG_MAX;
    }
  g_string_append_len (log, data, (gssize) length);

  /* Seldom, since the rest moves each time. */
  if (log->len > 2 * LOFT_BUILDER_LOG_MAX)
    g_string_erase (log, 0, (gssize) (log->len - LOFT_BUILDER_LOG_MAX));
}

static gboolean
is_printable (gunichar c)
{
  return c == '\n' || c == '\t' || !g_unichar_iscntrl (c);
}

/**
 * loft_builder_log_to_text:
 * @log: what was appended
 *
 * Makes text of the end of a log, whatever bytes it has.
 *
 * Returns: (transfer full): valid UTF-8 without control characters other than
 *   tabs and ends of lines, %LOFT_BUILDER_LOG_MAX bytes at most
 */
char *
loft_builder_log_to_text (const GString *log)
{
  g_return_val_if_fail (log != NULL, NULL);

  gsize length = MIN (log->len, LOFT_BUILDER_LOG_MAX);
  const char *next = log->str + log->len - length;
  const char *end = log->str + log->len;
  GString *text = g_string_sized_new (length);

  /* What is left of a character whose beginning was forgotten. */
  while (length < log->len && next < end && (*next & 0xc0) == 0x80)
    next++;

  while (next < end)
    {
      gunichar c = g_utf8_get_char_validated (next, end - next);
      gboolean is_valid = c < (gunichar) -2 && c != 0;

      if (is_valid && *next != '\r')
        g_string_append_unichar (text, is_printable (c) ? c : 0xfffd);
      else if (!is_valid)
        g_string_append_unichar (text, 0xfffd);
      next = is_valid ? g_utf8_next_char (next) : next + 1;
    }

  /* A byte that is none became three. */
  if (text->len > LOFT_BUILDER_LOG_MAX)
    {
      const char *start = text->str + text->len - LOFT_BUILDER_LOG_MAX;

      while ((*start & 0xc0) == 0x80)
        start++;
      g_string_erase (text, 0, start - text->str);
    }

  return g_string_free (text, FALSE);
}
