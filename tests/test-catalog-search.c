/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/catalog-kit.h"
#include "registry/loft-registry-error.h"

static void
assert_found (Kit *kit, const char *query, const char *expected)
{
  g_autofree char *names =
    kit_search (kit->catalog, query, LOFT_SORT_RELEVANCE, 3);

  g_assert_cmpstr (names, ==, expected);
}

static void
publish_text (Kit *kit,
              const char *name,
              const char *version,
              const char *keyword,
              const char *description,
              const char *readme)
{
  LoftDocument *document = kit_document (name, version);

  g_strfreev (document->keywords);
  document->keywords = g_strsplit (keyword, " ", -1);
  g_free (document->description);
  document->description = g_strdup (description);
  document->readme = g_strdup (readme);
  kit_publish_document (kit->catalog, document);
}

/* The name itself comes first, then names that begin so, then keywords, then
 * the description, then the README. */
static void
test_ranking (Kit *kit, gconstpointer test_data)
{
  publish_text (kit, "readers", "1.0.0", "x", "x", "It reads yaml");
  publish_text (kit, "describes", "1.0.0", "x", "A yaml parser", "x");
  publish_text (kit, "keyed", "1.0.0", "yaml", "x", "x");
  publish_text (kit, "fast-yaml", "1.0.0", "x", "x", "x");
  publish_text (kit, "yaml-tools", "1.0.0", "x", "x", "x");
  publish_text (kit, "yaml", "1.0.0", "x", "x", "x");
  publish_text (kit, "unrelated", "1.0.0", "x", "x", "x");

  assert_found (kit,
                "yaml",
                "yaml yaml-tools fast-yaml keyed describes readers");
  assert_found (kit,
                "YAML",
                "yaml yaml-tools fast-yaml keyed describes readers");
  assert_found (kit, "yaml tools", "yaml-tools");
  assert_found (kit, "yaml_tools", "yaml-tools");
  assert_found (kit, "nothing", "");
}

/* All words must be there, in any field; the last one may be a beginning. */
static void
test_words (Kit *kit, gconstpointer test_data)
{
  publish_text (kit, "one", "1.0.0", "alpha", "beta words", "gamma delta");
  publish_text (kit, "two", "1.0.0", "alpha", "other", "Ünïcode naïve");
  publish_text (kit, "snake_case-name", "1.0.0", "x", "x", "日本語のテキスト");

  assert_found (kit, "alpha", "one two");
  assert_found (kit, "alpha gamma", "one");
  assert_found (kit, "gamma alpha", "one");
  assert_found (kit, "alpha gam", "one");
  assert_found (kit, "alph gamma", "");
  assert_found (kit, "unicode", "two");
  assert_found (kit, "NAIVE", "two");
  assert_found (kit, "case", "snake_case-name");
  assert_found (kit, "snake-case_name", "snake_case-name");
  assert_found (kit, "日本", "snake_case-name");
}

/* What was published last is found at once, and what it replaced is not. */
static void
test_update (Kit *kit, gconstpointer test_data)
{
  publish_text (kit, "hello", "1.0.0", "old", "old", "old");
  assert_found (kit, "old", "hello");
  publish_text (kit, "hello", "1.1.0", "new", "new", "new");
  assert_found (kit, "old", "");
  assert_found (kit, "new", "hello");
  publish_text (kit, "hello", "1.0.1", "patch", "patch", "patch");
  assert_found (kit, "patch", "");
  assert_found (kit, "new", "hello");

  kit_reopen (kit);
  assert_found (kit, "new", "hello");
}

/* Elements are those of the full list; packages that it leaves out are not
 * found either. */
static void
test_elements (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  kit_publish (kit->catalog, "hello", "1.0.0");
  kit_publish (kit->catalog, "hello", "1.1.0");
  kit_publish (kit->catalog, "gone", "1.0.0");
  kit_change (kit->catalog, "gone", kit_state (1, NULL, "1.0.0"));
  kit_change (kit->catalog, "hello", kit_state (1, NULL, "1.1.0"));

  g_autoptr (GBytes) list =
    loft_catalog_list_packages (kit->catalog, NULL, &error);
  g_assert_no_error (error);
  for (LoftSort sort = LOFT_SORT_RELEVANCE; sort <= LOFT_SORT_DEPENDENTS;
       sort++)
    {
      g_autoptr (GBytes) all =
        loft_catalog_search (kit->catalog, NULL, sort, NULL, 10, NULL, &error);
      g_assert_no_error (error);
      g_autoptr (GBytes) found = loft_catalog_search (kit->catalog,
                                                      "does",
                                                      sort,
                                                      NULL,
                                                      10,
                                                      NULL,
                                                      &error);
      g_assert_no_error (error);

      g_assert_true (g_bytes_equal (list, all));
      g_assert_true (g_bytes_equal (list, found));
    }
}

/* Whatever a client writes is a search, never an error. */
static void
test_hostile (Kit *kit, gconstpointer test_data)
{
  static const char *const queries[] = {
    "\"",
    "'",
    "\"\"",
    "*",
    "^",
    "hello*",
    "hello NEAR(x",
    "NEAR(\"a\" \"b\", 3)",
    "AND",
    "OR",
    "NOT hello",
    "hello AND",
    "name:hello",
    "{name readme}: x",
    "- hello",
    "(((((",
    ")",
    "hello + lib",
    "a\\b",
    "%",
    "_",
    "-",
    "---",
    "hello;--",
    "'; DROP TABLE packages; --",
    "\U0001f600",
    "\U0001f600 \U0001f468\u200d\U0001f469",
    "\u0301",
    "x\u0301",
    "\u202e",
    "½ ² ⅷ",
    "\xff\xfe",
    "a\xc3",
    "\n\t\r",
    "\x01\x02",
    "hello\u00a0lib",
    " ",
    "\xf4\x8f\xbf\xbf",
    "İstanbul ſ ß",
    "ﬁ",
    "߀ ٣ 〇",
  };
  g_autofree char *quotes = g_strnfill (10000, '"');
  g_autofree char *letters = g_strnfill (10000, 'a');
  g_autofree char *spaced = g_strnfill (10000, ' ');
  g_autofree char *stars = g_strnfill (10000, '*');

  for (guint i = 0; i < 10000; i += 2)
    spaced[i] = 'a' + i % 26;
  kit_publish (kit->catalog, "hello", "1.0.0");
  for (LoftSort sort = LOFT_SORT_RELEVANCE; sort <= LOFT_SORT_DEPENDENTS;
       sort++)
    {
      const char *const long_ones[] = { quotes, letters, spaced, stars };

      for (gsize i = 0; i < G_N_ELEMENTS (queries); i++)
        {
          g_autofree char *names =
            kit_search (kit->catalog, queries[i], sort, 10);
        }
      for (gsize i = 0; i < G_N_ELEMENTS (long_ones); i++)
        {
          g_autofree char *names =
            kit_search (kit->catalog, long_ones[i], sort, 10);
        }
    }

  assert_found (kit, "hello*", "hello");
  assert_found (kit, "\"hello\"", "hello");
  assert_found (kit, "***", "");
}

/* No string of bytes at all is an error. */
static void
test_random (Kit *kit, gconstpointer test_data)
{
  static const char parts[] = "ab\"'*^()-+:{}, \xc3\xa9\xff\n\\NEAROT";
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);

  kit_publish (kit->catalog, "hello", "1.0.0");
  for (guint i = 0; i < 3000; i++)
    {
      char query[24];
      guint length = g_rand_int_range (rand, 0, sizeof query);

      for (guint j = 0; j < length; j++)
        query[j] = parts[g_rand_int_range (rand, 0, sizeof parts - 1)];
      query[length] = '\0';

      g_autofree char *names =
        kit_search (kit->catalog, query, LOFT_SORT_RELEVANCE, 10);
    }
}

/* Pages put together are the whole, in the same order, whatever their size,
 * and though everything is equal but the name. */
static void
test_pages (Kit *kit, gconstpointer test_data)
{
  static const char *const queries[] = { "", "does", "package", "what do" };

  for (guint i = 0; i < 47; i++)
    {
      g_autofree char *name = g_strdup_printf ("package-%02u", (i * 7) % 47);

      kit_publish (kit->catalog, name, "1.0.0");
    }

  for (LoftSort sort = LOFT_SORT_RELEVANCE; sort <= LOFT_SORT_DEPENDENTS;
       sort++)
    for (gsize i = 0; i < G_N_ELEMENTS (queries); i++)
      {
        g_autofree char *whole =
          kit_search (kit->catalog, queries[i], sort, 100);
        g_auto (GStrv) names = g_strsplit (whole, " ", -1);

        g_assert_cmpuint (g_strv_length (names), ==, 47);
        for (guint j = 0; names[j] != NULL; j++)
          {
            g_autofree char *name = g_strdup_printf ("package-%02u", j);

            g_assert_cmpstr (names[j], ==, name);
          }
        for (guint limit = 1; limit < 50; limit += 3)
          {
            g_autofree char *pages =
              kit_search (kit->catalog, queries[i], sort, limit);

            g_assert_cmpstr (pages, ==, whole);
          }
      }
}

/* The latest change comes first; a state is a change. */
static void
test_updated (Kit *kit, gconstpointer test_data)
{
  for (guint i = 0; i < 6; i++)
    {
      g_autofree char *name = g_strdup_printf ("package%u", i);
      LoftDocument *document = kit_document (name, "1.0.0");

      document->published_at += i / 2;
      kit_publish_document (kit->catalog, document);
    }
  LoftState *state = kit_state (1, "ann", NULL);
  state->changed_at += 1000;
  kit_change (kit->catalog, "package1", state);

  for (guint limit = 1; limit < 8; limit++)
    {
      g_autofree char *all =
        kit_search (kit->catalog, NULL, LOFT_SORT_UPDATED, limit);
      g_autofree char *found =
        kit_search (kit->catalog, "does", LOFT_SORT_UPDATED, limit);
      const char *expected =
        "package1 package4 package5 package2 package3 package0";

      g_assert_cmpstr (all, ==, expected);
      g_assert_cmpstr (found, ==, expected);
    }
}

/* A cursor is what the list gave out, for the same order; anything else is the
 * client's mistake. */
static void
test_bad_cursor (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *next = NULL;

  kit_publish (kit->catalog, "one", "1.0.0");
  kit_publish (kit->catalog, "two", "1.0.0");
  g_autoptr (GBytes) page = loft_catalog_search (kit->catalog,
                                                 "",
                                                 LOFT_SORT_UPDATED,
                                                 NULL,
                                                 1,
                                                 &next,
                                                 &error);
  g_assert_no_error (error);
  g_assert_nonnull (next);

  g_autofree char *long_one = g_strnfill (5000, 'A');
  g_autofree char *padded = g_strconcat (next, "=", NULL);
  const char *const bad[] = {
    next,
    padded,
    long_one,
    "",
    "x",
    "====",
    "bjow",
    "bjowOjA6MA",
    "bjo5OTk5OTk5OTk5OTk5OTk5OTk5OTk6MDowOng",
    "bjowOjA6MDr_",
    "bjowOjA6MDoAYQ",
    "bjowOjA6MDph=",
    "bjowOjA6MDph\n",
    "bjowOjA6YQ",
    "ü",
  };
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) local_error = NULL;
      g_autoptr (GError) dependents_error = NULL;

      g_assert_null (loft_catalog_search (kit->catalog,
                                          "",
                                          LOFT_SORT_NAME,
                                          bad[i],
                                          10,
                                          NULL,
                                          &local_error));
      g_assert_error (local_error,
                      LOFT_REGISTRY_ERROR,
                      LOFT_REGISTRY_ERROR_MALFORMED);
      g_assert_null (loft_catalog_list_dependents (kit->catalog,
                                                   "one",
                                                   bad[i],
                                                   10,
                                                   NULL,
                                                   &dependents_error));
      g_assert_error (dependents_error,
                      LOFT_REGISTRY_ERROR,
                      LOFT_REGISTRY_ERROR_MALFORMED);
    }
}

static GPtrArray *
make_many (guint n)
{
  GPtrArray *events =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("p%04u", i);
      LoftDocument *document = kit_document (name, "1.0.0");

      if (i < 100)
        kit_depend (document, "p1499", "*");
      g_ptr_array_add (events, kit_event (document, i + 1));
    }

  return events;
}

/* Of more matches than are ranked, those that others depend on are kept. */
static void
test_bounded (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) events = make_many (1500);

  loft_catalog_apply (kit->catalog, events, &error);
  g_assert_no_error (error);

  g_autofree char *found =
    kit_search (kit->catalog, "does", LOFT_SORT_RELEVANCE, 100);
  g_auto (GStrv) names = g_strsplit (found, " ", -1);
  g_assert_cmpuint (g_strv_length (names), ==, 400);
  g_assert_cmpstr (names[0], ==, "p1499");
  assert_found (kit, "p1200", "p1200");
}

/* While the catalog is built the index waits; then everything is found. */
static void
test_incomplete (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (loft_catalog_reset (kit->catalog, &error));
  publish_text (kit, "hello", "1.0.0", "old", "old", "old");
  publish_text (kit, "hello", "1.1.0", "new", "new", "new");
  for (guint i = 0; i < 1200; i++)
    {
      g_autofree char *name = g_strdup_printf ("p%04u", i);
      g_autoptr (LoftDocument) document = kit_document (name, "1.0.0");

      loft_catalog_apply_unlogged (kit->catalog, document, NULL, &error);
      g_assert_no_error (error);
    }
  kit_reopen (kit);
  g_assert_true (loft_catalog_set_complete (kit->catalog, NULL, &error));
  g_assert_true (loft_catalog_set_complete (kit->catalog, NULL, &error));
  assert_found (kit, "old", "");
  assert_found (kit, "new", "hello");
  assert_found (kit, "does p1199", "p1199");
}

static gpointer
set_complete_cb (gpointer data)
{
  Kit *kit = data;
  g_autoptr (GError) error = NULL;

  loft_catalog_set_complete (kit->catalog, NULL, &error);
  g_assert_no_error (error);

  return NULL;
}

/* Building the index can be cut short and is gone on with; what is written
 * while it lasts is found too. */
static void
test_completing (Kit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) events = make_many (5000);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  g_assert_true (loft_catalog_reset (kit->catalog, &error));
  loft_catalog_apply (kit->catalog, events, &error);
  g_assert_no_error (error);
  g_cancellable_cancel (cancellable);
  g_assert_false (
    loft_catalog_set_complete (kit->catalog, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (loft_catalog_is_complete (kit->catalog));

  kit_reopen (kit);
  g_assert_false (loft_catalog_is_complete (kit->catalog));
  GThread *thread = g_thread_new ("completing", set_complete_cb, kit);
  for (guint i = 0; i < 50; i++)
    {
      g_autofree char *name = g_strdup_printf ("p%04u", i * 100);
      g_autofree char *word = g_strdup_printf ("word%02u", i);

      publish_text (kit, name, "2.0.0", word, "x", "x");
    }
  g_thread_join (thread);

  g_assert_true (loft_catalog_is_complete (kit->catalog));
  for (guint i = 0; i < 50; i++)
    {
      g_autofree char *name = g_strdup_printf ("p%04u", i * 100);
      g_autofree char *word = g_strdup_printf ("word%02u", i);
      g_autofree char *old = g_strdup_printf ("does %s", name);

      assert_found (kit, word, name);
      assert_found (kit, old, "");
    }
  assert_found (kit, "does p4999", "p4999");
}

static void
add_test (const char *path, void (*func) (Kit *, gconstpointer))
{
  g_test_add (path, Kit, NULL, kit_setup, func, kit_teardown);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  add_test ("/catalog-search/ranking", test_ranking);
  add_test ("/catalog-search/words", test_words);
  add_test ("/catalog-search/update", test_update);
  add_test ("/catalog-search/elements", test_elements);
  add_test ("/catalog-search/hostile", test_hostile);
  add_test ("/catalog-search/random", test_random);
  add_test ("/catalog-search/pages", test_pages);
  add_test ("/catalog-search/updated", test_updated);
  add_test ("/catalog-search/bad-cursor", test_bad_cursor);
  add_test ("/catalog-search/bounded", test_bounded);
  add_test ("/catalog-search/incomplete", test_incomplete);
  add_test ("/catalog-search/completing", test_completing);

  return g_test_run ();
}
