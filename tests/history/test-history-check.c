/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gstdio.h>

#include "history/history-check.h"
#include "history/history-sample.h"

/* The checker of histories: what is sound passes, and each way to break that is
 * found and called by its name. */

static void
change_nothing (GPtrArray *records)
{
}

/* The first try did it, and the second is told so. */
static void
answer_late (GPtrArray *records)
{
  sample_publish (records, 0, "1.0.0", "x", 0, 8, 9);
  sample_find (records, HISTORY_PUBLISH, 0, "1.0.0")->status = 200;
}

/* Somebody whose answer was lost was first. */
static void
lose_to_unanswered (GPtrArray *records)
{
  HistoryRecord *record = sample_find (records, HISTORY_PUBLISH, 0, "1.0.0");

  record->status = 0;
  sample_set (&record->got, NULL);
}

/* A node that is not there yet has nothing to say. */
static void
read_nothing (GPtrArray *records)
{
  sample_find (records, HISTORY_READ, 0, "1.0.0")->status = 503;
  sample_set (&sample_find (records, HISTORY_READ, 0, "1.0.0")->got, NULL);
  sample_read (records, HISTORY_READ, 0, "1.0.0", NULL, 11, 19);
}

static void
yank_in_the_end (GPtrArray *records)
{
  for (guint node = 0; node < N_NODES; node++)
    sample_find_final (records, HISTORY_READ, node, "1.1.0")->yanked = TRUE;
}

/* A yank whose answer was lost may come when it likes. */
static void
yank_late (GPtrArray *records)
{
  yank_in_the_end (records);
  sample_toggle (records, HISTORY_YANK, 0, "1.1.0", 0, 61, 62);
}

/* Of two who want the opposite at once either may be last. */
static void
yank_and_take_back (GPtrArray *records)
{
  sample_toggle (records, HISTORY_YANK, 1, "1.1.0", 200, 67, 69);
  yank_in_the_end (records);
}

/* A node may have to learn of a version that another has. */
static void
yank_unknown (GPtrArray *records)
{
  sample_toggle (records, HISTORY_YANK, 2, "1.0.0", 404, 60, 61);
}

static const HistoryCase sound[] = {
  { "all", "", change_nothing },
  { "answered-late", "", answer_late },
  { "lost-to-unanswered", "", lose_to_unanswered },
  { "read-nothing", "", read_nothing },
  { "yanked-late", "", yank_late },
  { "yanked-at-once", "", yank_and_take_back },
  { "yank-unknown", "", yank_unknown },
};

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const char *const *) a, *(const char *const *) b);
}

/* Each rule once, in order. */
static char *
list_rules (GPtrArray *faults)
{
  g_autoptr (GPtrArray) rules = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < faults->len; i++)
    {
      g_auto (GStrv) parts = g_strsplit (faults->pdata[i], ":", 2);

      g_test_message ("%s", (char *) faults->pdata[i]);
      if (!g_ptr_array_find_with_equal_func (rules,
                                             parts[0],
                                             g_str_equal,
                                             NULL))
        g_ptr_array_add (rules, g_strdup (parts[0]));
    }
  g_ptr_array_sort (rules, compare_strings);
  g_ptr_array_add (rules, NULL);

  return g_strjoinv (" ", (char **) rules->pdata);
}

/* Exactly what was broken is found. */
static void
test_case (gconstpointer data)
{
  const HistoryCase *test = data;
  g_autoptr (GPtrArray) records = sample_new ();

  test->change (records);
  g_autoptr (GPtrArray) faults = history_check (records);
  g_autofree char *rules = list_rules (faults);
  g_assert_cmpstr (rules, ==, test->rules);
}

/* What was written down can be read again. */
static void
test_lines (void)
{
  g_autoptr (GPtrArray) records = sample_new ();
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *path =
    g_build_filename (g_get_user_cache_dir (), "history", NULL);

  for (guint i = 0; i < records->len; i++)
    {
      g_autofree char *line = history_record_format (records->pdata[i]);

      g_string_append_printf (text, "%s\n", line);
    }
  g_mkdir_with_parents (g_get_user_cache_dir (), 0700);
  g_file_set_contents (path, text->str, -1, &error);
  g_assert_no_error (error);

  g_autoptr (GPtrArray) again = history_load (path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (again->len, ==, records->len);
  for (guint i = 0; i < records->len; i++)
    {
      g_autofree char *line = history_record_format (records->pdata[i]);
      g_autofree char *other = history_record_format (again->pdata[i]);

      g_assert_cmpstr (line, ==, other);
    }
}

/* A line that is none is told of. */
static void
test_bad_lines (void)
{
  static const char *const lines[] = {
    "", "[]", "{}", "{\"op\":\"dance\"}", "{\"op\":\"publish\"",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (history_record_parse (lines[i], &error));
      g_assert_nonnull (error);
    }
}

static void
add_cases (const char *kind, const HistoryCase *cases, gsize n)
{
  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *path =
        g_strdup_printf ("/history-check/%s/%s", kind, cases[i].name);

      g_test_add_data_func (path, &cases[i], test_case);
    }
}

int
main (int argc, char **argv)
{
  gsize n_broken;
  const HistoryCase *broken = history_broken_cases (&n_broken);

  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  add_cases ("sound", sound, G_N_ELEMENTS (sound));
  add_cases ("broken", broken, n_broken);
  g_test_add_func ("/history-check/lines", test_lines);
  g_test_add_func ("/history-check/bad-lines", test_bad_lines);

  return g_test_run ();
}
