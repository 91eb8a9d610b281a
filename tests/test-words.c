/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/words-kit.h"
#include "pages/loft-words-private.h"
#include "pages/loft-words.h"

#include <string.h>

typedef struct
{
  const char *name;
  const char *rule;
  const char *forms; /* of 0, 1, 2, … */
} PluralCase;

/* Rules that languages have, and some that are none. */
static const PluralCase plural_cases[] = {
  { "german", "(n != 1);\n", "101111" },
  { "french", "(n > 1);\n", "001111" },
  { "chinese", "0;\n", "000000" },
  { "latvian",
    "(n%10==1 && n%100!=11 ? 0 : n != 0 ? 1 : 2);\n",
    "20111111111111111111101" },
  { "polish",
    "n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2;",
    "2011122222222222222222111222" },
  { "arabic",
    "n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 "
    ": n%100>=11 ? 4 : 5;",
    "0123333333344" },
  { "arithmetic", "n * 2 - n / 1 + 1 - !n", "0234" },
  { "left", "9 - 4 - 3 == 2", "1" },
  { "nothing", "", "000" },
  { "no-operand", "n +;", "000" },
  { "no-end", "(n != 1;", "000" },
  { "no-colon", "n ? 1;", "000" },
  { "rest", "1 1;", "000" },
  { "zero", "1 / 0 + 2 % 0;", "000" },
};

static void
test_plural (gconstpointer data)
{
  const PluralCase *test = data;

  for (guint n = 0; test->forms[n] != '\0'; n++)
    {
      g_test_message ("%u", n);
      g_assert_cmpuint (loft_plural_find (test->rule, n),
                        ==,
                        (guint) (test->forms[n] - '0'));
    }
}

/* A rule that has no bottom does not bring the program down. */
static void
test_plural_deep (void)
{
  static const char *const signs[] = { "(", "!", "n?", "n?1:" };

  for (gsize i = 0; i < G_N_ELEMENTS (signs); i++)
    {
      g_autoptr (GString) rule = g_string_new (NULL);

      for (int n = 0; n < 100000; n++)
        g_string_append (rule, signs[i]);
      g_assert_cmpuint (loft_plural_find (rule->str, 1), ==, 0);
    }
}

static const WordsKitMessage messages[] = {
  { "", "Language: xx\nPlural-Forms: nplurals=3; plural=n < 2 ? n : 2;\n" },
  { "a", "A" },
  { "b|bs", "none|one|many" },
  { "c", "C" },
  { "verb~a", "V" },
  { "verb~b|bs", "V0|V1" },
};

static void
check_words (LoftWords *words)
{
  g_assert_cmpstr (loft_words_get (words, "a"), ==, "A");
  g_assert_cmpstr (loft_words_get (words, "c"), ==, "C");
  g_assert_cmpstr (loft_words_get (words, "d"), ==, "d");
  g_assert_cmpstr (loft_words_get (words, ""), ==, "");
  g_assert_cmpstr (loft_words_get_in (words, "verb", "a"), ==, "V");
  g_assert_cmpstr (loft_words_get_in (words, "noun", "a"), ==, "a");
  g_assert_cmpstr (loft_words_get_plural (words, NULL, "b", "bs", 0),
                   ==,
                   "none");
  g_assert_cmpstr (loft_words_get_plural (words, NULL, "b", "bs", 1),
                   ==,
                   "one");
  g_assert_cmpstr (loft_words_get_plural (words, NULL, "b", "bs", 7),
                   ==,
                   "many");
  g_assert_cmpstr (loft_words_get_plural (words, "verb", "b", "bs", 7),
                   ==,
                   "V1");
  g_assert_cmpstr (loft_words_get_plural (words, NULL, "e", "es", 1), ==, "e");
  g_assert_cmpstr (loft_words_get_plural (words, NULL, "e", "es", 2), ==, "es");
}

/* What a catalog has is found, and all else stays as it is. */
static void
test_catalog (void)
{
  for (int swapped = 0; swapped < 2; swapped++)
    {
      g_autoptr (GBytes) bytes =
        words_kit_make (messages, G_N_ELEMENTS (messages), swapped);
      g_autoptr (LoftWords) words = loft_words_new ("xx", bytes);

      g_assert_nonnull (words);
      check_words (words);
    }
}

/* A catalog that was cut off is none, wherever it was. */
static void
test_catalog_cut (void)
{
  g_autoptr (GBytes) bytes =
    words_kit_make (messages, G_N_ELEMENTS (messages), FALSE);
  gsize size = g_bytes_get_size (bytes);

  for (gsize i = 0; i < size; i++)
    {
      g_autoptr (GBytes) part = g_bytes_new_from_bytes (bytes, 0, i);
      g_autofree char *copy = g_memdup2 (g_bytes_get_data (part, NULL), i);
      g_autoptr (GBytes) exact = g_bytes_new (copy, i);

      g_assert_null (loft_words_new ("xx", exact));
    }
}

/* All languages of the program are part of it, whatever the locale. */
static void
test_languages (void)
{
  static const char *const tags[] = { "de", "es", "fr", "zh-CN" };

  for (gsize i = 0; i < G_N_ELEMENTS (tags); i++)
    {
      const LoftWords *words = loft_words_find (tags[i]);

      g_assert_nonnull (words);
      g_assert_cmpstr (loft_words_get (words, "Next page"), !=, "Next page");
    }
  g_assert_cmpstr (loft_words_get (loft_words_find ("en"), "Next page"),
                   ==,
                   "Next page");
  g_assert_null (loft_words_find ("xx"));
  g_assert_null (loft_words_find ("zh_CN"));
}

typedef struct
{
  const char *tag;
  const char *numbers[3];
  const char *sizes[5];
  const char *dates[2];
  const char *time;
  const char *ages[6];
} FormatCase;

static const gint64 numbers[] = { 999, 1234, -1234567 };
static const gint64 sizes[] = { 1,
                                999,
                                1000,
                                1234567,
                                5 * G_GINT64_CONSTANT (1000000000000000) };
static const int ages[] = { 0, 1, 7, 14, 61, 800 };

static const FormatCase format_cases[] = {
  { "en",
    { "999", "1,234", "−1,234,567" },
    { "1 byte", "999 bytes", "1.0 kB", "1.2 MB", "5,000.0 TB" },
    { "1 May 2026", "24 December 2026" },
    "1 May 2026, 08:05 UTC",
    { "today",
      "yesterday",
      "7 days ago",
      "2 weeks ago",
      "2 months ago",
      "2 years ago" } },
  { "de",
    { "999", "1.234", "−1.234.567" },
    { "1 Byte", "999 Byte", "1,0 kB", "1,2 MB", "5.000,0 TB" },
    { "1. Mai 2026", "24. Dezember 2026" },
    "1. Mai 2026, 08:05 Uhr UTC",
    { "heute",
      "gestern",
      "vor 7 Tagen",
      "vor 2 Wochen",
      "vor 2 Monaten",
      "vor 2 Jahren" } },
  { "es",
    { "999", "1234", "−1.234.567" },
    { "1 byte", "999 bytes", "1,0 kB", "1,2 MB", "5000,0 TB" },
    { "1 de mayo de 2026", "24 de diciembre de 2026" },
    "1 de mayo de 2026, 08:05 UTC",
    { "hoy",
      "ayer",
      "hace 7 días",
      "hace 2 semanas",
      "hace 2 meses",
      "hace 2 años" } },
  { "fr",
    { "999", "1 234", "−1 234 567" },
    { "1 octet", "999 octets", "1,0 ko", "1,2 Mo", "5 000,0 To" },
    { "1er mai 2026", "24 décembre 2026" },
    "1er mai 2026 à 08:05 UTC",
    { "aujourd’hui",
      "hier",
      "il y a 7 jours",
      "il y a 2 semaines",
      "il y a 2 mois",
      "il y a 2 ans" } },
  { "zh-CN",
    { "999", "1,234", "−1,234,567" },
    { "1 字节", "999 字节", "1.0 kB", "1.2 MB", "5,000.0 TB" },
    { "2026年5月1日", "2026年12月24日" },
    "2026年5月1日 08:05 UTC",
    { "今天", "昨天", "7 天前", "2 周前", "2 个月前", "2 年前" } },
};

/* Takes the text. That a space may not be broken is not looked at. */
static void
check_text (char *text, const char *expected)
{
  g_autofree char *owned = text;
  g_autoptr (GString) plain = g_string_new (owned);

  g_string_replace (plain, "\u00a0", " ", 0);
  g_string_replace (plain, "\u202f", " ", 0);
  g_assert_cmpstr (plain->str, ==, expected);
}

/* Numbers, sizes and times read as those of the language do. */
static void
test_format (gconstpointer data)
{
  const FormatCase *test = data;
  const LoftWords *words = loft_words_find (test->tag);
  g_autoptr (GDateTime) first = g_date_time_new_utc (2026, 5, 1, 8, 5, 59);
  g_autoptr (GDateTime) last = g_date_time_new_utc (2026, 12, 24, 0, 0, 0);

  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    check_text (loft_words_format_number (words, numbers[i]), test->numbers[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    check_text (loft_words_format_size (words, sizes[i]), test->sizes[i]);
  check_text (loft_words_format_date (words, first), test->dates[0]);
  check_text (loft_words_format_date (words, last), test->dates[1]);
  check_text (loft_words_format_time (words, first), test->time);
  for (gsize i = 0; i < G_N_ELEMENTS (ages); i++)
    {
      g_autoptr (GDateTime) before = g_date_time_add_days (last, -ages[i]);

      check_text (loft_words_format_age (words, before, last), test->ages[i]);
    }
}

int
main (int argc, char **argv)
{
  g_setenv ("LANGUAGE", "es", TRUE);
  g_setenv ("LC_ALL", "fr_FR.UTF-8", TRUE);
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (plural_cases); i++)
    {
      g_autofree char *path =
        g_strconcat ("/words/plural/", plural_cases[i].name, NULL);

      g_test_add_data_func (path, &plural_cases[i], test_plural);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (format_cases); i++)
    {
      g_autofree char *path =
        g_strconcat ("/words/format/", format_cases[i].tag, NULL);

      g_test_add_data_func (path, &format_cases[i], test_format);
    }
  g_test_add_func ("/words/plural-deep", test_plural_deep);
  g_test_add_func ("/words/catalog", test_catalog);
  g_test_add_func ("/words/catalog-cut", test_catalog_cut);
  g_test_add_func ("/words/languages", test_languages);

  return g_test_run ();
}
