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

static void
add_time (const LoftPagesPlace *place, JsonObject *element)
{
  const char *text = loft_json_get_string (element, "published_at");
  g_autoptr (GDateTime) time =
    text != NULL ? g_date_time_new_from_iso8601 (text, NULL) : NULL;

  if (time == NULL)
    return;

  g_autofree char *date = loft_words_format_date (place->words, time);
  g_autofree char *full = loft_words_format_time (place->words, time);
  json_object_set_string_member (element, "date", date);
  json_object_set_string_member (element, "full_time", full);

  /* A view's page may be kept for ever, and would be wrong tomorrow. */
  if (place->view != NULL)
    return;

  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *age = loft_words_format_age (place->words, time, now);
  json_object_set_string_member (element, "age", age);
}

/**
 * loft_pages_add_words:
 * @place: where the page is
 * @element: a version, as the registry has it
 *
 * Adds to a version what people read instead of numbers.
 */
void
loft_pages_add_words (const LoftPagesPlace *place, JsonObject *element)
{
  g_return_if_fail (place != NULL && element != NULL);

  gint64 size = loft_json_get_int (element, "size", -1);
  const char *repository = loft_json_get_string (element, "repository");

  add_time (place, element);
  if (size >= 0)
    {
      g_autofree char *text = loft_words_format_size (place->words, size);

      json_object_set_string_member (element, "size_text", text);
    }
  if (repository != NULL)
    json_object_set_boolean_member (
      element,
      "has_link",
      loft_escape_is_good_url (repository) &&
        (g_ascii_strncasecmp (repository, "http", 4) == 0));
}
