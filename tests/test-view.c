/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "registry/loft-registry-error.h"
#include "registry/loft-view.h"

typedef gboolean (*ParseFunc) (const char *text, LoftView *out, GError **error);

typedef struct
{
  const char *text;
  LoftViewKind kind;
  gint64 value;
} Good;

#define DAY G_TIME_SPAN_DAY

static const Good good_moments[] = {
  { "0", LOFT_VIEW_AT_EVENT, 0 },
  { "7", LOFT_VIEW_AT_EVENT, 7 },
  { "20260901", LOFT_VIEW_AT_EVENT, 20260901 },
  { "999999999999999999",
    LOFT_VIEW_AT_EVENT,
    G_GINT64_CONSTANT (999999999999999999) },
  { "1970-01-01", LOFT_VIEW_AT_TIME, 0 },
  { "1970-01-02", LOFT_VIEW_AT_TIME, DAY },
  { "1969-12-31", LOFT_VIEW_AT_TIME, -DAY },
  { "2026-09-01",
    LOFT_VIEW_AT_TIME,
    G_GINT64_CONSTANT (1788220800) * G_USEC_PER_SEC },
  { "2024-02-29",
    LOFT_VIEW_AT_TIME,
    G_GINT64_CONSTANT (1709164800) * G_USEC_PER_SEC },
};

static const char *const bad_moments[] = {
  "",
  "-",
  "-1",
  "+1",
  "01",
  "00",
  " 1",
  "1 ",
  "1.0",
  "1e3",
  "0x10",
  "1000000000000000000",
  "99999999999999999999999",
  "now",
  "latest",
  "2026-09",
  "2026-9-1",
  "2026-09-1",
  "26-09-01",
  "2026-00-01",
  "2026-13-01",
  "2026-02-29",
  "2026-04-31",
  "2026-09-00",
  "0000-01-01",
  "2026-09-01T00:00:00Z",
  "2026-09-01 ",
  "2026/09/01",
  "2026-09-0१",
  "-026-09-01",
  "7d",
};

static const Good good_ages[] = {
  { "1h", LOFT_VIEW_MIN_AGE, G_TIME_SPAN_HOUR },
  { "12h", LOFT_VIEW_MIN_AGE, 12 * G_TIME_SPAN_HOUR },
  { "7d", LOFT_VIEW_MIN_AGE, 7 * DAY },
  { "2w", LOFT_VIEW_MIN_AGE, 14 * DAY },
  { "99999w", LOFT_VIEW_MIN_AGE, 7 * 99999 * DAY },
};

static const char *const bad_ages[] = {
  "",     "d",   "7",          "0d",      "07d", "-7d", "+7d",
  " 7d",  "7d ", "7D",         "7m",      "7dd", "7s",  "7.5d",
  "1d1h", "P7D", "2026-09-01", "100000d", "७d",
};

static void
check_good (ParseFunc parse, const Good *good, gsize n)
{
  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GError) error = NULL;
      LoftView view = { LOFT_VIEW_AT_EVENT, -1 };

      g_test_message ("“%s”", good[i].text);
      g_assert_true (parse (good[i].text, &view, &error));
      g_assert_no_error (error);
      g_assert_cmpint (view.kind, ==, good[i].kind);
      g_assert_cmpint (view.value, ==, good[i].value);
    }
}

static void
check_bad (ParseFunc parse, const char *const *bad, gsize n)
{
  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GError) error = NULL;
      LoftView view = { LOFT_VIEW_AT_EVENT, -1 };

      g_test_message ("“%s”", bad[i]);
      g_assert_false (parse (bad[i], &view, &error));
      g_assert_error (error,
                      LOFT_REGISTRY_ERROR,
                      LOFT_REGISTRY_ERROR_MALFORMED);
    }
}

/* A moment is a date or the number of an event, in one spelling only. */
static void
test_at (void)
{
  check_good (loft_view_parse_at, good_moments, G_N_ELEMENTS (good_moments));
  check_bad (loft_view_parse_at, bad_moments, G_N_ELEMENTS (bad_moments));
}

/* An age is a number with a unit. */
static void
test_min_age (void)
{
  check_good (loft_view_parse_min_age, good_ages, G_N_ELEMENTS (good_ages));
  check_bad (loft_view_parse_min_age, bad_ages, G_N_ELEMENTS (bad_ages));
}

/* Whatever is read means something, and nothing that is written a little
 * differently means the same. */
static void
test_random (void)
{
  static const char letters[] = "0123456789-dhw +TZ";
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autoptr (GHashTable) seen =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  for (guint i = 0; i < 300000; i++)
    {
      char text[12] = { 0 };
      gsize length = (gsize) g_rand_int_range (rand, 0, 11);
      LoftView view = { LOFT_VIEW_AT_EVENT, -1 };

      for (gsize n = 0; n < length; n++)
        text[n] = letters[g_rand_int_range (rand, 0, strlen (letters))];
      if (!loft_view_parse_at (text, &view, NULL))
        continue;

      g_autofree char *meaning =
        g_strdup_printf ("%d %" G_GINT64_FORMAT, view.kind, view.value);
      const char *other = g_hash_table_lookup (seen, meaning);
      if (view.kind == LOFT_VIEW_AT_EVENT)
        g_assert_cmpint (view.value, >=, 0);
      if (other != NULL)
        g_assert_cmpstr (other, ==, text);
      else
        g_hash_table_insert (seen, g_steal_pointer (&meaning), g_strdup (text));
    }
  g_assert_cmpuint (g_hash_table_size (seen), >, 1000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/view/at", test_at);
  g_test_add_func ("/view/min-age", test_min_age);
  g_test_add_func ("/view/random", test_random);

  return g_test_run ();
}
