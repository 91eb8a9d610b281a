/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-words.h"

#include <glib/gi18n.h>
#include <string.h>

/* Numbers, sizes and times, as a language writes them. */

/* The signs between the digits of a number. */
typedef struct
{
  char *group;   /* owned; empty if digits stand together */
  char *decimal; /* owned */
  guint from;    /* how many digits have groups */
} Signs;

/* Translators write two numbers down as they are used to, and that tells. */
static void
find_signs (const LoftWords *words, Signs *out_signs)
{
  /* Translators: how your language writes this number. */
  const char *few = loft_words_get_in (words, "number", "1,234");
  /* Translators: how your language writes this number. */
  const char *many = loft_words_get_in (words, "number", "12,345.6");
  const char *after_group = strstr (many, "345");
  const char *last = strrchr (many, '6');

  *out_signs = (Signs){ NULL, NULL, strlen (few) > strlen ("1234") ? 4 : 5 };
  if (g_str_has_prefix (many, "12") && after_group != NULL &&
      after_group >= many + 2 && last != NULL && last > after_group + 3)
    {
      const char *before = many + strlen ("12");
      const char *decimal = after_group + strlen ("345");

      out_signs->group = g_strndup (before, (gsize) (after_group - before));
      out_signs->decimal = g_strndup (decimal, (gsize) (last - decimal));
      return;
    }
  out_signs->group = g_strdup (",");
  out_signs->decimal = g_strdup (".");
}

static void
signs_clear (Signs *self)
{
  g_free (self->group);
  g_free (self->decimal);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Signs, signs_clear)

static void
append_whole (GString *text, const Signs *signs, guint64 n)
{
  g_autofree char *digits = g_strdup_printf ("%" G_GUINT64_FORMAT, n);
  gsize length = strlen (digits);

  for (gsize i = 0; i < length; i++)
    {
      if (i > 0 && (length - i) % 3 == 0 && length >= signs->from)
        g_string_append (text, signs->group);
      g_string_append_c (text, digits[i]);
    }
}

/**
 * loft_words_format_number:
 * @self: (nullable): a language; %NULL for English
 * @n: a number
 *
 * Returns: (transfer full): the number for people
 */
char *
loft_words_format_number (const LoftWords *self, gint64 n)
{
  g_auto (Signs) signs = { 0 };
  GString *text = g_string_new (n < 0 ? "−" : NULL);

  find_signs (self, &signs);
  append_whole (text, &signs, n < 0 ? -(guint64) n : (guint64) n);

  return g_string_free (text, FALSE);
}

/* Which text it is, the compiler can't know. */
static char *
put_number (const char *text, const char *number)
{
  GString *filled = g_string_new (text);

  g_string_replace (filled, "%s", number, 1);

  return g_string_free (filled, FALSE);
}

/**
 * loft_words_format_size:
 * @self: (nullable): a language; %NULL for English
 * @size: bytes
 *
 * Returns: (transfer full): a size for people
 */
char *
loft_words_format_size (const LoftWords *self, gint64 size)
{
  static const char *const units[] = {
    NC_ ("size", "%s kB"),
    NC_ ("size", "%s MB"),
    NC_ ("size", "%s GB"),
    NC_ ("size", "%s TB"),
  };
  guint64 tenths = (guint64) MAX (size, 0) / 100;
  gsize unit = 0;

  if (size < 1000)
    {
      g_autofree char *number = loft_words_format_number (self, MAX (size, 0));

      return put_number (loft_words_get_plural (self,
                                                "size",
                                                "%s byte",
                                                "%s bytes",
                                                (guint64) MAX (size, 0)),
                         number);
    }

  for (; tenths >= 10000 && unit + 1 < G_N_ELEMENTS (units); unit++)
    tenths /= 1000;

  g_auto (Signs) signs = { 0 };
  g_autoptr (GString) number = g_string_new (NULL);
  find_signs (self, &signs);
  append_whole (number, &signs, tenths / 10);
  g_string_append (number, signs.decimal);
  g_string_append_c (number, (char) ('0' + tenths % 10));

  return put_number (loft_words_get_in (self, "size", units[unit]),
                     number->str);
}

/**
 * loft_words_format_date:
 * @self: (nullable): a language; %NULL for English
 * @time: a time
 *
 * Returns: (transfer full): its day for people
 */
char *
loft_words_format_date (const LoftWords *self, GDateTime *time)
{
  g_return_val_if_fail (time != NULL, NULL);

  static const char *const months[] = {
    NC_ ("month", "January"),   NC_ ("month", "February"),
    NC_ ("month", "March"),     NC_ ("month", "April"),
    NC_ ("month", "May"),       NC_ ("month", "June"),
    NC_ ("month", "July"),      NC_ ("month", "August"),
    NC_ ("month", "September"), NC_ ("month", "October"),
    NC_ ("month", "November"),  NC_ ("month", "December"),
  };
  int year = 0;
  int month = 0;
  int day = 0;

  g_date_time_get_ymd (time, &year, &month, &day);

  /* Translators: day, month and year; the first form is used where your
   * language's singular is, such as “1er janvier”. */
  return g_strdup_printf (loft_words_get_plural (self,
                                                 "date",
                                                 "%1$d %2$s %3$d",
                                                 "%1$d %2$s %3$d",
                                                 (guint64) day),
                          day,
                          loft_words_get_in (self, "month", months[month - 1]),
                          year);
}

/**
 * loft_words_format_time:
 * @self: (nullable): a language; %NULL for English
 * @time: a time
 *
 * Returns: (transfer full): its day and hour of UTC, for people
 */
char *
loft_words_format_time (const LoftWords *self, GDateTime *time)
{
  g_return_val_if_fail (time != NULL, NULL);

  g_autoptr (GDateTime) utc = g_date_time_to_utc (time);
  g_autofree char *date = loft_words_format_date (self, utc);

  /* Translators: a date, hours and minutes. */
  return g_strdup_printf (
    loft_words_get_in (self, "time", "%1$s, %2$02d:%3$02d UTC"),
    date,
    g_date_time_get_hour (utc),
    g_date_time_get_minute (utc));
}

static gint64
count_days (GDateTime *time)
{
  return g_date_time_to_unix (time) / (24 * 60 * 60);
}

static const char *
get_age (const LoftWords *self, gint64 days, gint64 *out_n)
{
  *out_n = days;
  if (days <= 0)
    return loft_words_get_in (self, "age", "today");
  if (days == 1)
    return loft_words_get_in (self, "age", "yesterday");
  if (days < 14)
    return loft_words_get_plural (self,
                                  "age",
                                  "%s day ago",
                                  "%s days ago",
                                  (guint64) days);
  *out_n = days / 7;
  if (days < 61)
    return loft_words_get_plural (self,
                                  "age",
                                  "%s week ago",
                                  "%s weeks ago",
                                  (guint64) *out_n);
  *out_n = days * 12 / 365;
  if (days < 730)
    return loft_words_get_plural (self,
                                  "age",
                                  "%s month ago",
                                  "%s months ago",
                                  (guint64) *out_n);
  *out_n = days / 365;

  return loft_words_get_plural (self,
                                "age",
                                "%s year ago",
                                "%s years ago",
                                (guint64) *out_n);
}

/**
 * loft_words_format_age:
 * @self: (nullable): a language; %NULL for English
 * @time: when something was published
 * @now: what time it is
 *
 * Tells how old something is, by days of UTC: so what was said holds until
 * midnight.
 *
 * Returns: (transfer full): an age for people
 */
char *
loft_words_format_age (const LoftWords *self, GDateTime *time, GDateTime *now)
{
  g_return_val_if_fail (time != NULL && now != NULL, NULL);

  gint64 n = 0;
  const char *text = get_age (self, count_days (now) - count_days (time), &n);
  g_autofree char *number = loft_words_format_number (self, n);

  return put_number (text, number);
}
