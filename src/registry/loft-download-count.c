/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-download-count.h"

#include <stdlib.h>
#include <string.h>

#include "registry/loft-json.h"

/* Numbers of downloads, and how they are written where other nodes find them:
 *
 *   {"days":{"2026-11-26":{"hello":{"1.0.0":3}}},"covers":["…"]}
 *
 * where `covers` is left out unless they stand in the place of others. Nobody
 * can tell from them who has downloaded anything. */

#define DAY (G_GINT64_CONSTANT (24) * 60 * 60 * G_USEC_PER_SEC)

/* GDate counts from the year 1. */
#define EPOCH 719163

/* The days that can be written with four digits for the year. */
#define DAY_MAX 2932896

/* What no version was downloaded as often as in a day: sums stay numbers. */
#define COUNT_MAX G_GINT64_CONSTANT (1000000000000)

static void
count_free (gpointer data)
{
  LoftDownloadCount *count = data;

  g_free (count->name);
  g_free (count->version);
  g_free (count);
}

/**
 * loft_download_counts_new:
 *
 * Returns: (transfer full) (element-type LoftDownloadCount): none yet
 */
GPtrArray *
loft_download_counts_new (void)
{
  return g_ptr_array_new_with_free_func (count_free);
}

/**
 * loft_download_counts_add:
 * @counts: (element-type LoftDownloadCount): counts
 * @day: on which day
 * @name: a package
 * @version: key of one of its documents
 * @n: how often
 *
 * Adds another one.
 */
void
loft_download_counts_add (GPtrArray *counts,
                          gint64 day,
                          const char *name,
                          const char *version,
                          gint64 n)
{
  LoftDownloadCount *count = g_new (LoftDownloadCount, 1);

  count->day = day;
  count->name = g_strdup (name);
  count->version = g_strdup (version);
  count->n = n;
  g_ptr_array_add (counts, count);
}

static void
append_days (GString *text, GPtrArray *counts)
{
  const LoftDownloadCount *before = NULL;

  for (guint i = 0; i < counts->len; i++)
    {
      const LoftDownloadCount *count = counts->pdata[i];
      gboolean same_day = before != NULL && before->day == count->day;
      gboolean same_name = same_day && g_str_equal (before->name, count->name);

      if (before != NULL)
        g_string_append (text, same_name ? "," : same_day ? "}," : "}},");
      if (!same_day)
        {
          g_autofree char *day = loft_download_day_format (count->day);

          g_string_append_printf (text, "\"%s\":{", day);
        }
      if (!same_name)
        {
          loft_json_append_string (text, count->name);
          g_string_append (text, ":{");
        }
      loft_json_append_string (text, count->version);
      g_string_append_printf (text, ":%" G_GINT64_FORMAT, count->n);
      before = count;
    }
  if (before != NULL)
    g_string_append (text, "}}");
}

/**
 * loft_download_counts_to_bytes:
 * @counts: (element-type LoftDownloadCount): counts, by day, name and version,
 *   each once
 * @covers: (nullable): the keys of the objects in whose place they stand
 *
 * Writes counts.
 *
 * Returns: (transfer full): JSON
 */
GBytes *
loft_download_counts_to_bytes (GPtrArray *counts, const char *const *covers)
{
  g_return_val_if_fail (counts != NULL, NULL);

  g_autoptr (GString) text = g_string_new ("{\"days\":{");

  append_days (text, counts);
  g_string_append_c (text, '}');
  if (covers != NULL)
    {
      g_string_append (text, ",\"covers\":[");
      for (gsize i = 0; covers[i] != NULL; i++)
        {
          g_string_append (text, i > 0 ? "," : "");
          loft_json_append_string (text, covers[i]);
        }
      g_string_append_c (text, ']');
    }
  g_string_append (text, "}\n");

  return g_string_free_to_bytes (g_steal_pointer (&text));
}

static gboolean
take_versions (GPtrArray *counts,
               gint64 day,
               const char *name,
               JsonNode *versions)
{
  JsonObjectIter iter;
  const char *version = NULL;
  JsonNode *node = NULL;

  if (!JSON_NODE_HOLDS_OBJECT (versions))
    return FALSE;
  json_object_iter_init_ordered (&iter, json_node_get_object (versions));
  while (json_object_iter_next_ordered (&iter, &version, &node))
    {
      gint64 n =
        loft_json_get_int (json_node_get_object (versions), version, -1);

      if (n < 0 || n > COUNT_MAX)
        return FALSE;
      loft_download_counts_add (counts, day, name, version, n);
    }

  return TRUE;
}

static gboolean
take_days (GPtrArray *counts, JsonObject *days)
{
  JsonObjectIter iter;
  const char *text = NULL;
  JsonNode *names = NULL;

  json_object_iter_init_ordered (&iter, days);
  while (json_object_iter_next_ordered (&iter, &text, &names))
    {
      gint64 day;
      JsonObjectIter inner;
      const char *name = NULL;
      JsonNode *versions = NULL;

      if (!loft_download_day_parse (text, &day) ||
          !JSON_NODE_HOLDS_OBJECT (names))
        return FALSE;
      json_object_iter_init_ordered (&inner, json_node_get_object (names));
      while (json_object_iter_next_ordered (&inner, &name, &versions))
        if (!take_versions (counts, day, name, versions))
          return FALSE;
    }

  return TRUE;
}

static GStrv
take_covers (JsonObject *object)
{
  JsonArray *array = loft_json_get_array (object, "covers");
  guint length = array != NULL ? json_array_get_length (array) : 0;
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; i < length; i++)
    {
      JsonNode *node = json_array_get_element (array, i);

      if (JSON_NODE_HOLDS_VALUE (node) &&
          json_node_get_value_type (node) == G_TYPE_STRING)
        g_strv_builder_add (builder, json_node_get_string (node));
    }

  return g_strv_builder_end (builder);
}

/**
 * loft_download_counts_parse:
 * @text: what loft_download_counts_to_bytes() wrote, or anybody else
 * @out_covers: (out) (optional): the keys in whose place they stand
 *
 * Reads counts.
 *
 * Returns: (transfer full) (nullable) (element-type LoftDownloadCount): the
 *   counts; %NULL if that is something else
 */
GPtrArray *
loft_download_counts_parse (GBytes *text, GStrv *out_covers)
{
  g_return_val_if_fail (text != NULL, NULL);

  gsize length = 0;
  const char *data = g_bytes_get_data (text, &length);
  g_autoptr (JsonNode) node = loft_json_parse (data, length, NULL);
  g_autoptr (GPtrArray) counts = loft_download_counts_new ();
  JsonObject *object = node != NULL && JSON_NODE_HOLDS_OBJECT (node)
                         ? json_node_get_object (node)
                         : NULL;
  JsonObject *days =
    object != NULL ? loft_json_get_object (object, "days") : NULL;

  if (days == NULL || !take_days (counts, days))
    return NULL;
  if (out_covers != NULL)
    *out_covers = take_covers (object);

  return g_steal_pointer (&counts);
}

/**
 * loft_download_day:
 * @time: microseconds since 1970
 *
 * Returns: which day that is in UTC, from 0 for the first of 1970
 */
gint64
loft_download_day (gint64 time)
{
  return time / DAY;
}

/**
 * loft_download_day_format:
 * @day: a day
 *
 * Returns: (transfer full): the day as it is written: `2026-11-26`
 */
char *
loft_download_day_format (gint64 day)
{
  GDate date;

  g_date_clear (&date, 1);
  g_date_set_julian (&date, (guint32) (CLAMP (day, 0, DAY_MAX) + EPOCH));

  return g_strdup_printf ("%04u-%02u-%02u",
                          (guint) g_date_get_year (&date),
                          (guint) g_date_get_month (&date),
                          (guint) g_date_get_day (&date));
}

/**
 * loft_download_day_parse:
 * @text: a day as loft_download_day_format() writes it
 * @out_day: (out): the day
 *
 * Reads a day.
 *
 * Returns: whether it is one
 */
gboolean
loft_download_day_parse (const char *text, gint64 *out_day)
{
  g_return_val_if_fail (text != NULL && out_day != NULL, FALSE);

  if (strlen (text) != LOFT_DOWNLOAD_DAY_LENGTH)
    return FALSE;
  for (guint i = 0; i < LOFT_DOWNLOAD_DAY_LENGTH; i++)
    if (i == 4 || i == 7 ? text[i] != '-' : !g_ascii_isdigit (text[i]))
      return FALSE;

  GDateDay day = (GDateDay) atoi (text + 8);
  GDateMonth month = (GDateMonth) atoi (text + 5);
  GDateYear year = (GDateYear) atoi (text);
  GDate date;

  if (year < 1970 || !g_date_valid_dmy (day, month, year))
    return FALSE;
  g_date_clear (&date, 1);
  g_date_set_dmy (&date, day, month, year);
  *out_day = (gint64) g_date_get_julian (&date) - EPOCH;

  return TRUE;
}
