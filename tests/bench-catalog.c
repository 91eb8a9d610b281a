/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <stdlib.h>
#include <time.h>

#include "kit/catalog-kit.h"

/* Builds a catalog and measures it:
 * bench-catalog DIRECTORY [PACKAGES [VERSIONS-EACH]]. An existing one of the
 * directory is measured as it is. */

#define BATCH 1000
#define ROUNDS 2000

#define WORDS 8000

static void
append_word (GString *text, guint word)
{
  static const char syllables[] = "kalomituresanodepibagofu";

  do
    {
      g_string_append_len (text, syllables + 2 * (word % 12), 2);
      word /= 12;
    }
  while (word > 0);
}

/* Words whose frequencies differ as those of a language do. */
static char *
make_text (GRand *rand, guint n_words)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < n_words; i++)
    {
      double r = g_rand_double (rand);

      if (i > 0)
        g_string_append_c (text, ' ');
      append_word (text, (guint) (WORDS * r * r * r));
    }

  return g_string_free (text, FALSE);
}

static char *
make_name (guint package)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (package);
  g_autofree char *words = make_text (rand, 2);

  g_strdelimit (words, " ", '-');

  return g_strdup_printf ("%s-%u", words, package);
}

static LoftDocument *
make_document (guint package, guint version)
{
  g_autofree char *name = make_name (package);
  g_autofree char *text = g_strdup_printf ("1.%u.0", version);
  g_autoptr (GRand) rand = g_rand_new_with_seed (package + 1000000);
  LoftDocument *document = kit_document (name, text);

  g_free (document->description);
  document->description = make_text (rand, 10);
  document->readme = make_text (rand, 300);
  document->repository = g_strdup_printf ("https://example.org/git/%s", name);
  document->license = g_strdup ("MIT");
  document->published_at += ((gint64) version * 100000 + package) * 1000;
  for (guint i = g_rand_int_range (rand, 0, 6); package > 0 && i > 0; i--)
    {
      double r = g_rand_double (rand);
      g_autofree char *other = make_name ((guint) (package * r * r));

      kit_depend (document, other, "^1.0.0");
    }

  return document;
}

static void
build (LoftCatalog *catalog, guint n_packages, guint n_versions)
{
  gint64 start = g_get_monotonic_time ();
  clock_t applying = 0;
  guint64 seq = 1;
  guint64 end = (guint64) n_packages * n_versions;

  while (seq <= end)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GPtrArray) events =
        g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);

      for (; events->len < BATCH && seq <= end; seq++)
        g_ptr_array_add (events,
                         kit_event (make_document ((seq - 1) % n_packages,
                                                   (seq - 1) / n_packages),
                                    seq));
      applying -= clock ();
      loft_catalog_apply (catalog, events, &error);
      g_assert_no_error (error);
      applying += clock ();
      if (seq / BATCH % 20 == 0)
        loft_catalog_checkpoint (catalog, NULL);
    }
  g_print (
    "%" G_GUINT64_FORMAT
    " events applied: %.1f s of processor time, %.1f s with making them\n",
    end,
    (double) applying / CLOCKS_PER_SEC,
    (g_get_monotonic_time () - start) / 1e6);

  g_autoptr (GError) error = NULL;
  start = g_get_monotonic_time ();
  loft_catalog_set_complete (catalog, NULL, &error);
  g_assert_no_error (error);
  loft_catalog_checkpoint (catalog, &error);
  g_assert_no_error (error);
  g_print ("indexed in %.1f s\n", (g_get_monotonic_time () - start) / 1e6);
}

static int
compare_times_cb (gconstpointer a, gconstpointer b)
{
  return *(const gint64 *) a > *(const gint64 *) b ? 1 : -1;
}

/* Of this thread, in microseconds: other than the time that passes, it hardly
 * depends on what else the machine does. */
static gint64
get_processor_time (void)
{
  struct timespec time;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time);

  return (gint64) time.tv_sec * G_USEC_PER_SEC + time.tv_nsec / 1000;
}

typedef void (*BenchFunc) (LoftCatalog *catalog, guint package, GRand *rand);

static void
bench (LoftCatalog *catalog, const char *what, guint rounds, BenchFunc func)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autofree gint64 *times = g_new0 (gint64, rounds);
  g_autofree gint64 *processor = g_new0 (gint64, rounds);
  guint64 n_packages = 0;

  loft_catalog_count (catalog, &n_packages, NULL, NULL);
  for (guint i = 0; i < rounds; i++)
    {
      guint package = g_rand_int_range (rand, 0, n_packages);
      gint64 start = g_get_monotonic_time ();
      gint64 processor_start = get_processor_time ();

      func (catalog, package, rand);
      times[i] = g_get_monotonic_time () - start;
      processor[i] = get_processor_time () - processor_start;
    }

  qsort (times, rounds, sizeof *times, compare_times_cb);
  qsort (processor, rounds, sizeof *processor, compare_times_cb);
  g_print ("%-27s p50 %7" G_GINT64_FORMAT " µs, p99 %7" G_GINT64_FORMAT
           " µs; processor p50 %7" G_GINT64_FORMAT " µs, p99 %7" G_GINT64_FORMAT
           " µs\n",
           what,
           times[rounds / 2],
           times[rounds * 99 / 100],
           processor[rounds / 2],
           processor[rounds * 99 / 100]);
}

static void
list_versions (LoftCatalog *catalog, guint package, GRand *rand)
{
  g_autofree char *name = make_name (package);
  g_autoptr (GBytes) list = loft_catalog_list_versions (catalog, name, NULL);

  g_assert_nonnull (list);
}

static void
list_versions_hot (LoftCatalog *catalog, guint package, GRand *rand)
{
  list_versions (catalog, 7, rand);
}

static void
get_version (LoftCatalog *catalog, guint package, GRand *rand)
{
  g_autofree char *name = make_name (package);
  g_autoptr (LoftCatalogVersion) version =
    loft_catalog_get_version (catalog, name, "1.0.0", NULL);

  g_assert_nonnull (version);
}

static void
search (LoftCatalog *catalog, const char *query, LoftSort sort)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) page =
    loft_catalog_search (catalog, query, sort, NULL, 20, NULL, &error);

  g_assert_no_error (error);
}

static void
search_one_word (LoftCatalog *catalog, guint package, GRand *rand)
{
  g_autofree char *query = make_text (rand, 1);

  search (catalog, query, LOFT_SORT_RELEVANCE);
}

static void
search_two_words (LoftCatalog *catalog, guint package, GRand *rand)
{
  g_autofree char *query = make_text (rand, 2);

  search (catalog, query, LOFT_SORT_RELEVANCE);
}

/* As much as a query may ask for, of words that are in most READMEs, and of
 * such that are in few. */
static void
search_many_words (LoftCatalog *catalog, guint package, GRand *rand)
{
  g_autofree char *query = make_text (rand, 12);

  search (catalog, query, LOFT_SORT_RELEVANCE);
}

static void
search_two_uncommon (LoftCatalog *catalog, guint package, GRand *rand)
{
  g_autoptr (GString) query = g_string_new (NULL);

  append_word (query, g_rand_int_range (rand, WORDS / 8, WORDS));
  g_string_append_c (query, ' ');
  append_word (query, g_rand_int_range (rand, WORDS / 8, WORDS));
  search (catalog, query->str, LOFT_SORT_RELEVANCE);
}

static void
search_name (LoftCatalog *catalog, guint package, GRand *rand)
{
  g_autofree char *query = make_name (package);

  search (catalog, query, LOFT_SORT_RELEVANCE);
}

static void
search_word_between (LoftCatalog *catalog, GRand *rand, guint begin, guint end)
{
  g_autoptr (GString) query = g_string_new (NULL);

  append_word (query, g_rand_int_range (rand, begin, end));
  search (catalog, query->str, LOFT_SORT_RELEVANCE);
}

/* In every README, and in many names. */
static void
search_common_word (LoftCatalog *catalog, guint package, GRand *rand)
{
  search_word_between (catalog, rand, 0, 20);
}

/* In one README of a hundred. */
static void
search_uncommon_word (LoftCatalog *catalog, guint package, GRand *rand)
{
  search_word_between (catalog, rand, WORDS - 2000, WORDS);
}

/* In one package. */
static void
search_rare_word (LoftCatalog *catalog, guint package, GRand *rand)
{
  g_autofree char *name = make_name (package);

  search (catalog, strrchr (name, '-') + 1, LOFT_SORT_RELEVANCE);
}

static void
search_missing_word (LoftCatalog *catalog, guint package, GRand *rand)
{
  search (catalog, "quux", LOFT_SORT_RELEVANCE);
}

static void
search_prefix (LoftCatalog *catalog, GRand *rand, guint length)
{
  g_autoptr (GString) query = g_string_new (NULL);

  while (query->len < length)
    {
      g_string_truncate (query, 0);
      append_word (query, g_rand_int_range (rand, 0, WORDS));
    }
  g_string_truncate (query, length);
  search (catalog, query->str, LOFT_SORT_RELEVANCE);
}

static void
search_one_letter (LoftCatalog *catalog, guint package, GRand *rand)
{
  search_prefix (catalog, rand, 1);
}

static void
search_three_letters (LoftCatalog *catalog, guint package, GRand *rand)
{
  search_prefix (catalog, rand, 3);
}

static void
search_five_letters (LoftCatalog *catalog, guint package, GRand *rand)
{
  search_prefix (catalog, rand, 5);
}

static void
search_updated (LoftCatalog *catalog, guint package, GRand *rand)
{
  search (catalog, "", LOFT_SORT_UPDATED);
}

static void
list_packages (LoftCatalog *catalog, guint package, GRand *rand)
{
  g_autoptr (GBytes) list = loft_catalog_list_packages (catalog, NULL, NULL);

  g_assert_cmpuint (g_bytes_get_size (list), >, 100);
}

static void
list_dependents (LoftCatalog *catalog, guint package, GRand *rand)
{
  g_autofree char *name = make_name (0);
  g_autoptr (GBytes) list =
    loft_catalog_list_dependents (catalog, name, NULL, 100, NULL, NULL);

  g_assert_nonnull (list);
}

static void
list_changes (LoftCatalog *catalog, guint package, GRand *rand)
{
  g_autoptr (GBytes) list =
    loft_catalog_list_changes (catalog, package, 100, NULL, NULL);

  g_assert_nonnull (list);
}

/* The moment when half of the events had happened. */
static LoftView
half (LoftCatalog *catalog)
{
  LoftView view = { LOFT_VIEW_AT_EVENT,
                    (gint64) loft_catalog_get_sequence (catalog) / 2 };

  return view;
}

static void
view_versions (LoftCatalog *catalog, const LoftView *view, guint package)
{
  LoftValidity validity = { 0 };
  g_autofree char *name = make_name (package);
  g_autoptr (GBytes) list =
    loft_catalog_view_versions (catalog, view, name, &validity, NULL);

  g_assert_nonnull (list);
}

static void
view_half_versions (LoftCatalog *catalog, guint package, GRand *rand)
{
  LoftView view = half (catalog);

  view_versions (catalog, &view, package);
}

static void
view_day_versions (LoftCatalog *catalog, guint package, GRand *rand)
{
  LoftView view = { LOFT_VIEW_AT_TIME, g_get_real_time () };

  view_versions (catalog, &view, package);
}

static void
view_age_versions (LoftCatalog *catalog, guint package, GRand *rand)
{
  LoftView view = { LOFT_VIEW_MIN_AGE, 7 * G_TIME_SPAN_DAY };

  view_versions (catalog, &view, package);
}

static void
view_dependents (LoftCatalog *catalog, guint package, GRand *rand)
{
  LoftView view = half (catalog);
  LoftValidity validity = { 0 };
  g_autofree char *name = make_name (0);
  g_autoptr (GBytes) list = loft_catalog_view_dependents (catalog,
                                                          &view,
                                                          name,
                                                          NULL,
                                                          100,
                                                          NULL,
                                                          &validity,
                                                          NULL);

  g_assert_nonnull (list);
}

static void
view_page (LoftCatalog *catalog, guint package, GRand *rand)
{
  LoftView view = half (catalog);
  LoftValidity validity = { 0 };
  g_autoptr (GBytes) list =
    loft_catalog_view_page (catalog, &view, NULL, 50, NULL, &validity, NULL);

  g_assert_nonnull (list);
}

static void
view_count (LoftCatalog *catalog, guint package, GRand *rand)
{
  LoftView view = half (catalog);
  LoftValidity validity = { 0 };
  guint64 packages = 0;

  loft_catalog_view_count (catalog, &view, &packages, &validity, NULL);
  g_assert_cmpuint (packages, >, 0);
}

static void
view_packages (LoftCatalog *catalog, guint package, GRand *rand)
{
  LoftView view = half (catalog);
  LoftValidity validity = { 0 };
  g_autoptr (GBytes) list =
    loft_catalog_view_packages (catalog, &view, NULL, &validity, NULL);

  g_assert_cmpuint (g_bytes_get_size (list), >, 100);
}

static void
publish (LoftCatalog *catalog, guint package, GRand *rand)
{
  guint64 seq = loft_catalog_get_sequence (catalog) + 1;

  kit_publish_document (catalog, make_document (package, 100000 + seq));
}

static void
print_memory (const char *when)
{
  g_autofree char *status = NULL;

  g_file_get_contents ("/proc/self/status", &status, NULL, NULL);
  const char *line = status != NULL ? strstr (status, "RssAnon:") : NULL;
  if (line != NULL)
    g_print ("memory %s: %.*s\n", when, (int) strcspn (line, "\n"), line);
}

static void
measure (LoftCatalog *catalog)
{
  print_memory ("before");
  bench (catalog, "versions, one package", ROUNDS, list_versions_hot);
  bench (catalog, "versions, any package", ROUNDS, list_versions);
  bench (catalog, "one version", ROUNDS, get_version);
  bench (catalog, "search, one word", 500, search_one_word);
  bench (catalog, "search, two words", 500, search_two_words);
  bench (catalog, "search, two uncommon words", 500, search_two_uncommon);
  bench (catalog, "search, twelve words", 500, search_many_words);
  bench (catalog, "search, a name", 500, search_name);
  bench (catalog, "search, common word", 500, search_common_word);
  bench (catalog, "search, uncommon word", 500, search_uncommon_word);
  bench (catalog, "search, rare word", 500, search_rare_word);
  bench (catalog, "search, missing word", 500, search_missing_word);
  bench (catalog, "search, one letter", 500, search_one_letter);
  bench (catalog, "search, three letters", 500, search_three_letters);
  bench (catalog, "search, five letters", 500, search_five_letters);
  bench (catalog, "latest changes", 200, search_updated);
  bench (catalog, "dependents", 200, list_dependents);
  bench (catalog, "changes", 200, list_changes);
  bench (catalog, "versions, half ago", ROUNDS, view_half_versions);
  bench (catalog, "versions, today", ROUNDS, view_day_versions);
  bench (catalog, "versions, of age", ROUNDS, view_age_versions);
  bench (catalog, "dependents, half ago", 200, view_dependents);
  bench (catalog, "page, half ago", 200, view_page);
  bench (catalog, "count, half ago", 200, view_count);
  bench (catalog, "publish", 500, publish);
  print_memory ("before the full list");
  bench (catalog, "full list", 5, list_packages);
  bench (catalog, "full list, half ago", 5, view_packages);
  print_memory ("after");
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  guint n_packages = argc > 2 ? strtoul (argv[2], NULL, 10) : 10000;
  guint n_versions = argc > 3 ? strtoul (argv[3], NULL, 10) : 10;

  setlocale (LC_ALL, "");
  if (argc < 2)
    {
      g_printerr ("usage: bench-catalog DIRECTORY [PACKAGES [VERSIONS]]\n");
      return 2;
    }

  gint64 start = g_get_monotonic_time ();
  LoftCatalog *catalog = loft_catalog_open (argv[1], "bench", NULL, &error);
  g_assert_no_error (error);
  g_print ("opened in %.2f ms\n", (g_get_monotonic_time () - start) / 1e3);
  if (!loft_catalog_is_complete (catalog))
    build (catalog, n_packages, n_versions);
  measure (catalog);
  start = g_get_monotonic_time ();
  g_assert_finalize_object (catalog);
  g_print ("closed in %.2f ms\n", (g_get_monotonic_time () - start) / 1e3);

  return 0;
}
