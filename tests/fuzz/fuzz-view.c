/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "fuzz/fuzz.h"

#include <string.h>

#include "registry/loft-registry-error.h"
#include "registry/loft-view.h"

/* Each view has one spelling: what was read is written the same again. */
static char *
spell (const LoftView *view)
{
  if (view->kind == LOFT_VIEW_AT_EVENT)
    return g_strdup_printf ("%" G_GINT64_FORMAT, view->value);

  g_autoptr (GDateTime) date =
    g_date_time_new_from_unix_utc (view->value / G_USEC_PER_SEC);

  return g_strdup_printf ("%04d-%02d-%02d",
                          g_date_time_get_year (date),
                          g_date_time_get_month (date),
                          g_date_time_get_day_of_month (date));
}

/* An age can be said in hours, days and weeks, but only once in each. */
static void
check_age (const LoftView *view, const char *text)
{
  gint64 unit = g_str_has_suffix (text, "h")   ? G_TIME_SPAN_HOUR
                : g_str_has_suffix (text, "d") ? G_TIME_SPAN_DAY
                                               : 7 * G_TIME_SPAN_DAY;
  g_autofree char *again = g_strdup_printf ("%" G_GINT64_FORMAT "%c",
                                            view->value / unit,
                                            text[strlen (text) - 1]);

  g_assert_cmpint (view->kind, ==, LOFT_VIEW_MIN_AGE);
  g_assert_cmpint (view->value, >, 0);
  g_assert_cmpint (view->value % unit, ==, 0);
  g_assert_cmpstr (again, ==, text);
}

static void
check_refused (const GError *error)
{
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_MALFORMED);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_null (strpbrk (error->message, "\r\n"));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (GError) at_error = NULL;
  g_autoptr (GError) age_error = NULL;
  LoftView view = { 0 };

  if (loft_view_parse_at (text, &view, &at_error))
    {
      g_autofree char *again = spell (&view);

      g_assert_no_error (at_error);
      g_assert_cmpstr (again, ==, text);
    }
  else
    check_refused (at_error);

  if (loft_view_parse_min_age (text, &view, &age_error))
    {
      g_assert_no_error (age_error);
      g_assert_nonnull (at_error);
      check_age (&view, text);
    }
  else
    check_refused (age_error);

  return 0;
}
