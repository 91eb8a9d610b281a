/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-time.h"

/**
 * loft_time_format:
 * @time: microseconds since 1970
 *
 * Writes a time as RFC 3339 has it, in UTC and with microseconds, so that no
 * precision is lost and texts sort as times do.
 *
 * Returns: (transfer full): the text
 */
char *
loft_time_format (gint64 time)
{
  gint64 seconds = time / G_USEC_PER_SEC;
  gint64 rest = time % G_USEC_PER_SEC;
  if (rest < 0)
    {
      seconds--;
      rest += G_USEC_PER_SEC;
    }

  g_autoptr (GDateTime) date_time = g_date_time_new_from_unix_utc (seconds);
  if (date_time == NULL)
    return g_strdup ("1970-01-01T00:00:00.000000Z");

  g_autofree char *text = g_date_time_format (date_time, "%Y-%m-%dT%H:%M:%S");

  return g_strdup_printf ("%s.%06dZ", text, (int) rest);
}

/**
 * loft_time_parse:
 * @text: a time
 * @out_time: (out): microseconds since 1970
 *
 * Reads what loft_time_format() writes, and any other RFC 3339 time.
 *
 * Returns: whether @text is a time
 */
gboolean
loft_time_parse (const char *text, gint64 *out_time)
{
  g_return_val_if_fail (text != NULL, FALSE);
  g_return_val_if_fail (out_time != NULL, FALSE);

  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr (GDateTime) date_time = g_date_time_new_from_iso8601 (text, utc);
  if (date_time == NULL)
    return FALSE;

  *out_time = g_date_time_to_unix (date_time) * G_USEC_PER_SEC +
              g_date_time_get_microsecond (date_time);

  return TRUE;
}
