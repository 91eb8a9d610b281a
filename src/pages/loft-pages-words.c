/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-pages-private.h"

#include "pages/loft-escape.h"
#include "registry/loft-json.h"

/* What the registry answers, in words that people read. */

/**
 * loft_pages_format_size:
 * @size: bytes
 *
 * Returns: (transfer full): a size for people
 */
char *
loft_pages_format_size (gint64 size)
{
  return g_format_size_full ((guint64) MAX (size, 0), G_FORMAT_SIZE_DEFAULT);
}

static char *
format_count (gint64 n, const char *one, const char *unit)
{
  return n == 1 ? g_strdup (one) : g_strdup_printf ("%d %s ago", (int) n, unit);
}

static gint64
count_days (GDateTime *time)
{
  return g_date_time_to_unix (time) / (24 * 60 * 60);
}

/**
 * loft_pages_format_age:
 * @time: when something was published
 * @now: what time it is
 *
 * Tells how old something is, by days of UTC: so what was said holds until
 * midnight.
 *
 * Returns: (transfer full): an age for people
 */
char *
loft_pages_format_age (GDateTime *time, GDateTime *now)
{
  g_return_val_if_fail (time != NULL && now != NULL, NULL);

  gint64 days = count_days (now) - count_days (time);

  if (days <= 0)
    return g_strdup ("today");
  if (days < 14)
    return format_count (days, "yesterday", "days");
  if (days < 61)
    return format_count (days / 7, "a week ago", "weeks");
  if (days < 730)
    return format_count (days * 12 / 365, "a month ago", "months");

  return format_count (days / 365, "a year ago", "years");
}

static void
add_time (JsonObject *element, gboolean ages)
{
  const char *text = loft_json_get_string (element, "published_at");
  g_autoptr (GDateTime) time =
    text != NULL ? g_date_time_new_from_iso8601 (text, NULL) : NULL;

  if (time == NULL)
    return;

  g_autofree char *date = g_date_time_format (time, "%Y-%m-%d");
  g_autofree char *full = g_date_time_format (time, "%Y-%m-%d %H:%M UTC");
  json_object_set_string_member (element, "date", date);
  json_object_set_string_member (element, "full_time", full);
  if (!ages)
    return;

  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *age = loft_pages_format_age (time, now);
  json_object_set_string_member (element, "age", age);
}

/**
 * loft_pages_add_words:
 * @element: a version, as the registry has it
 * @ages: whether to tell how old it is: not where a page is kept for ever
 *
 * Adds to a version what people read instead of numbers.
 */
void
loft_pages_add_words (JsonObject *element, gboolean ages)
{
  g_return_if_fail (element != NULL);

  gint64 size = loft_json_get_int (element, "size", -1);
  const char *repository = loft_json_get_string (element, "repository");

  add_time (element, ages);
  if (size >= 0)
    {
      g_autofree char *text = loft_pages_format_size (size);

      json_object_set_string_member (element, "size_text", text);
    }
  if (repository != NULL)
    json_object_set_boolean_member (
      element,
      "has_link",
      loft_escape_is_good_url (repository) &&
        (g_ascii_strncasecmp (repository, "http", 4) == 0));
}
