/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "ctl/loft-ctl-moment.h"

#include <string.h>

/* The past that may be meant: a hundred years. */
#define SECONDS_MAX (G_GINT64_CONSTANT (100) * 366 * 24 * 60 * 60)

static const struct
{
  const char *name;
  gint64 seconds;
} units[] = {
  { "s", 1 },    { "m", 60 },    { "min", 60 },
  { "h", 3600 }, { "d", 86400 }, { "w", 604800 },
};

static gboolean
parse_ago (const char *text, gint64 now, gint64 *out_moment)
{
  const char *digits = *text == '-' ? text + 1 : text;
  char *unit;

  if (!g_ascii_isdigit (*digits))
    return FALSE;

  guint64 count = g_ascii_strtoull (digits, &unit, 10);
  for (gsize i = 0; i < G_N_ELEMENTS (units); i++)
    if (g_str_equal (units[i].name, unit))
      {
        if (count > (guint64) (SECONDS_MAX / units[i].seconds))
          return FALSE;
        *out_moment =
          now - (gint64) count * units[i].seconds * G_TIME_SPAN_SECOND;
        return TRUE;
      }

  return FALSE;
}

static gboolean
parse_day (const char *text, gint64 now, gint64 *out_moment)
{
  gboolean yesterday = g_str_equal (text, "yesterday");

  if (!yesterday && !g_str_equal (text, "today"))
    return FALSE;

  g_autoptr (GDateTime) utc =
    g_date_time_new_from_unix_utc (now / G_TIME_SPAN_SECOND);
  g_autoptr (GDateTime) local = g_date_time_to_local (utc);
  g_autoptr (GDateTime) midnight =
    g_date_time_new_local (g_date_time_get_year (local),
                           g_date_time_get_month (local),
                           g_date_time_get_day_of_month (local),
                           0,
                           0,
                           0);
  g_autoptr (GDateTime) day =
    g_date_time_add_days (midnight, yesterday ? -1 : 0);
  *out_moment = g_date_time_to_unix (day) * G_TIME_SPAN_SECOND;

  return TRUE;
}

/* A date, or a date and a time, of here where no zone follows. */
static gboolean
parse_date (const char *text, gint64 *out_moment)
{
  const char *rest = strlen (text) == strlen ("2000-01-01") ? "T00:00:00"
                     : strlen (text) == strlen ("2000-01-01 00:00") ? ":00"
                                                                    : "";
  g_autofree char *full = g_strconcat (text, rest, NULL);
  g_autoptr (GTimeZone) zone = g_time_zone_new_local ();
  g_autoptr (GDateTime) time = g_date_time_new_from_iso8601 (full, zone);

  if (time == NULL)
    return FALSE;
  *out_moment = g_date_time_to_unix (time) * G_TIME_SPAN_SECOND +
                g_date_time_get_microsecond (time);

  return TRUE;
}

/**
 * loft_ctl_moment_parse:
 * @text: a date, a date and a time, “today”, “yesterday”, or how long ago, such
 *   as `2h`
 * @now: microseconds since 1970
 * @out_moment: (out): what is meant, in microseconds since 1970
 *
 * Reads when something was.
 *
 * Returns: whether that means anything
 */
gboolean
loft_ctl_moment_parse (const char *text, gint64 now, gint64 *out_moment)
{
  g_return_val_if_fail (text != NULL && out_moment != NULL, FALSE);

  return parse_ago (text, now, out_moment) ||
         parse_day (text, now, out_moment) || parse_date (text, out_moment);
}
