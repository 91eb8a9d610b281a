/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-view.h"

#include <string.h>

#include "registry/loft-quote.h"
#include "registry/loft-registry-error.h"

/*
 * Each view has one spelling, so that caches keep one answer and not many:
 * no sign, no space, no zero in front.
 */

/* Digits of a number that surely fits, and of an age in hours, days or weeks
 * whose microseconds do. */
#define EVENT_DIGITS_MAX 18
#define AGE_DIGITS_MAX 5

static gboolean
refuse (GError **error, const char *text, const char *expected)
{
  g_autofree char *quoted = loft_quote (text);

  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_MALFORMED,
               "%s is not %s",
               quoted,
               expected);

  return FALSE;
}

/* Reads exactly @length digits. */
static gboolean
read_digits (const char *text, gsize length, gint64 *out_number)
{
  gint64 number = 0;

  for (gsize i = 0; i < length; i++)
    {
      if (!g_ascii_isdigit (text[i]))
        return FALSE;
      number = 10 * number + g_ascii_digit_value (text[i]);
    }
  *out_number = number;

  return TRUE;
}

static gboolean
read_date (const char *text, gint64 *out_time)
{
  gint64 year, month, day;

  if (strlen (text) != strlen ("YYYY-MM-DD") || text[4] != '-' ||
      text[7] != '-' || !read_digits (text, 4, &year) ||
      !read_digits (text + 5, 2, &month) || !read_digits (text + 8, 2, &day))
    return FALSE;

  g_autoptr (GDateTime) date =
    g_date_time_new_utc ((int) year, (int) month, (int) day, 0, 0, 0);
  if (date == NULL)
    return FALSE;

  *out_time = g_date_time_to_unix (date) * G_USEC_PER_SEC;

  return TRUE;
}

static gboolean
read_event (const char *text, gint64 *out_event)
{
  gsize length = strlen (text);

  return length > 0 && length <= EVENT_DIGITS_MAX &&
         (text[0] != '0' || length == 1) &&
         read_digits (text, length, out_event);
}

/**
 * loft_view_parse_at:
 * @text: what stands behind `/at/`
 * @out: (out): the view
 * @error: return location for a #GError
 *
 * Reads a moment: a date such as `2026-09-01`, which means its first moment in
 * UTC, or the number of an event.
 *
 * Returns: %TRUE on success; %FALSE with @error set to
 *   %LOFT_REGISTRY_ERROR_MALFORMED
 */
gboolean
loft_view_parse_at (const char *text, LoftView *out, GError **error)
{
  g_return_val_if_fail (text != NULL && out != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  out->kind = LOFT_VIEW_AT_EVENT;
  if (read_event (text, &out->value))
    return TRUE;

  out->kind = LOFT_VIEW_AT_TIME;

  return read_date (text, &out->value) ||
         refuse (error,
                 text,
                 "a date such as 2026-09-01, nor the number of an event");
}

/**
 * loft_view_parse_min_age:
 * @text: what stands behind `/min-age/`
 * @out: (out): the view
 * @error: return location for a #GError
 *
 * Reads an age: a number of hours, days or weeks, such as `12h`, `7d` or `2w`.
 *
 * Returns: %TRUE on success; %FALSE with @error set to
 *   %LOFT_REGISTRY_ERROR_MALFORMED
 */
gboolean
loft_view_parse_min_age (const char *text, LoftView *out, GError **error)
{
  g_return_val_if_fail (text != NULL && out != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  gsize length = strlen (text);
  gint64 unit = 0;
  gint64 number = 0;

  if (g_str_has_suffix (text, "h"))
    unit = G_TIME_SPAN_HOUR;
  else if (g_str_has_suffix (text, "d"))
    unit = G_TIME_SPAN_DAY;
  else if (g_str_has_suffix (text, "w"))
    unit = 7 * G_TIME_SPAN_DAY;

  if (unit == 0 || length < 2 || length > AGE_DIGITS_MAX + 1 ||
      text[0] == '0' || !read_digits (text, length - 1, &number))
    return refuse (error, text, "an age such as 12h, 7d or 2w");

  out->kind = LOFT_VIEW_MIN_AGE;
  out->value = number * unit;

  return TRUE;
}
