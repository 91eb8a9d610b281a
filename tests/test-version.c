/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-version.h"

#include <string.h>

#include "registry/loft-registry-error.h"

/* What Semantic Versioning 2.0.0 calls a version is one, by its own examples
 * and at the limits. */
static void
test_valid (void)
{
  static const char *const versions[] = {
    "0.0.0",
    "0.0.4",
    "1.2.3",
    "10.20.30",
    "1.9.0",
    "1.10.0",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-0.3.7",
    "1.0.0-x.7.z.92",
    "1.0.0-x-y-z.--",
    "1.0.0-0",
    "1.0.0-0a",
    "1.0.0-0-1",
    "1.0.0-00a",
    "1.0.0--",
    "1.0.0-alpha+001",
    "1.0.0+20130313144700",
    "1.0.0-beta+exp.sha.5114f85",
    "1.0.0+21AF26D3----117B344092BD",
    "1.0.0+001",
    "1.0.0+0.00.-",
    "1.2.3----RC-SNAPSHOT.12.9.1--.12+788",
    "99999999999999999999999.999999999999999999.99999999999999999",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (versions); i++)
    {
      g_autoptr (GError) error = NULL;

      loft_version_check (versions[i], &error);
      g_assert_no_error (error);
    }

  g_autofree char *digits = g_strnfill (LOFT_VERSION_MAX - 4, '7');
  g_autofree char *longest = g_strconcat ("0.0.", digits, NULL);
  g_autofree char *too_long = g_strconcat (longest, "7", NULL);
  g_assert_true (loft_version_check (longest, NULL));
  g_assert_false (loft_version_check (too_long, NULL));
}

/* Everything else is refused, in a sentence that quotes it and says why. */
static void
test_invalid (void)
{
  static const struct
  {
    const char *version;
    const char *why;
  } rows[] = {
    { "", "“”*a number is missing" },
    { "1", "“1”*three numbers" },
    { "1.2", "*three numbers" },
    { "1.2.", "*number is missing" },
    { "1..2", "*number is missing" },
    { ".1.2", "*number is missing" },
    { "1.2.3.4", "*does not belong" },
    { "v1.2.3", "*number is missing" },
    { " 1.2.3", "*number is missing" },
    { "1.2.3 ", "*does not belong" },
    { "1.2.3\n", "“1.2.3\\\\x0a”*does not belong" },
    { "01.2.3", "*begins with a zero" },
    { "1.02.3", "*begins with a zero" },
    { "1.2.00", "*begins with a zero" },
    { "1.2.3-", "*pre-release identifier is empty*" },
    { "1.2.3-a.", "*pre-release identifier is empty*" },
    { "1.2.3-.a", "*pre-release identifier is empty*" },
    { "1.2.3-a..b", "*pre-release identifier is empty*" },
    { "1.2.3-01", "*pre-release identifier begins with a zero" },
    { "1.2.3-a.00", "*pre-release identifier begins with a zero" },
    { "1.2.3-ä", "*other than letters, digits and hyphens" },
    { "1.2.3-a_b", "*does not belong*" },
    { "1.2.3+", "*build identifier is empty*" },
    { "1.2.3+a..b", "*build identifier is empty*" },
    { "1.2.3+a+b", "*does not belong*" },
    { "1.2.3-+a", "*pre-release identifier is empty*" },
    { "-1.2.3", "*number is missing" },
    { "+1.2.3", "*number is missing" },
    { "1.-2.3", "*number is missing" },
    { "1,2,3", "*three numbers*" },
    { "../1.2.3", "*number is missing" },
    { "1.2.3/..", "*does not belong*" },
    { "1.2.3\xff", "“1.2.3\\\\xff”*does not belong*" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *unescaped = g_strcompress (rows[i].why);
      g_autofree char *pattern = g_strconcat ("*", unescaped, "*", NULL);

      g_assert_false (loft_version_check (rows[i].version, &error));
      g_assert_error (error,
                      LOFT_REGISTRY_ERROR,
                      LOFT_REGISTRY_ERROR_MALFORMED);
      if (!g_pattern_match_simple (pattern, error->message))
        g_error ("“%s” does not match “%s”", error->message, pattern);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
    }

  g_autoptr (GError) error = NULL;
  g_autofree char *endless = g_strnfill (10 * 1000 * 1000, '1');
  g_assert_false (loft_version_check (endless, &error));
  g_assert_cmpuint (strlen (error->message), <, 300);
}

static int
compare_keys (const char *a, const char *b)
{
  g_autoptr (GBytes) key_a = loft_version_sort_key (a);
  g_autoptr (GBytes) key_b = loft_version_sort_key (b);
  int order = g_bytes_compare (key_a, key_b);

  return (order > 0) - (order < 0);
}

static void
assert_order (const char *a, const char *b, int order)
{
  if (loft_version_compare (a, b) != order || compare_keys (a, b) != order ||
      loft_version_compare (b, a) != -order || compare_keys (b, a) != -order)
    g_error ("“%s” and “%s” are not in the order %d", a, b, order);
}

/* The order is that of the specification, whose examples are the first rows. */
static void
test_order (void)
{
  static const char *const ascending[] = {
    "",
    "1",
    "1.0",
    "latest",
    "v3.0.0",
    "ÿ",
    "0.0.0-0",
    "0.0.0",
    "0.0.1-a.1.b",
    "0.0.1",
    "0.9.9",
    "0.10.0",
    "1.0.0--",
    "1.0.0-A",
    "1.0.0-Z",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.2",
    "1.0.0-alpha.10",
    "1.0.0-alpha.99999999999999999999999999998",
    "1.0.0-alpha.99999999999999999999999999999",
    "1.0.0-alpha.beta",
    "1.0.0-alpha-",
    "1.0.0-alpha0",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.9.0",
    "1.10.0",
    "1.11.0",
    "2.0.0",
    "2.1.0",
    "2.1.1",
    "18446744073709551615.0.0",
    "18446744073709551616.0.0",
    "99999999999999999999999999.0.0",
    "100000000000000000000000000.0.0",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ascending); i++)
    for (gsize j = i; j < G_N_ELEMENTS (ascending); j++)
      assert_order (ascending[i], ascending[j], i == j ? 0 : -1);

  assert_order ("1.0.0+a", "1.0.0+b", 0);
  assert_order ("1.0.0", "1.0.0+b.2", 0);
  assert_order ("1.0.0-rc.1+a", "1.0.0-rc.1", 0);

  g_autofree char *digits = g_strnfill (300, '9');
  g_autofree char *huge = g_strconcat ("1.0.", digits, NULL);
  g_autofree char *huger = g_strconcat ("1.0.", digits, "0", NULL);
  assert_order (huge, huger, -1);
  assert_order ("1.0.9", huge, -1);
  assert_order (huge, "1.1.0", -1);
}

static char *
random_version (void)
{
  static const char *const pieces[] = {
    "0",
    "1",
    "2",
    "9",
    "10",
    "11",
    "255",
    "256",
    "a",
    "b",
    "A",
    "-",
    "alpha",
    "rc1",
    "0a",
    "1-",
    "99999999999999999999",
    "00",
    "",
    "ä",
    "+",
  };
  GString *text = g_string_new (NULL);
  guint count = g_test_rand_int_range (1, 7);

  for (guint i = 0; i < count; i++)
    {
      const char *separators = i == 3 ? "--+." : "....";
      guint known = i < 3 ? 8 : G_N_ELEMENTS (pieces);

      if (i > 0)
        g_string_append_c (text, separators[g_test_rand_int_range (0, 4)]);
      g_string_append (text, pieces[g_test_rand_int_range (0, known)]);
    }

  return g_string_free (text, FALSE);
}

/* For any two strings, the keys have the order of the comparison; and that is
 * an order, which a random third string cannot break. */
static void
test_sort_key_property (void)
{
  for (guint i = 0; i < 20000; i++)
    {
      g_autofree char *a = random_version ();
      g_autofree char *b = random_version ();
      g_autofree char *c = random_version ();
      int order = loft_version_compare (a, b);

      assert_order (a, b, order);
      if (order <= 0 && loft_version_compare (b, c) <= 0)
        g_assert_cmpint (loft_version_compare (a, c), <=, 0);
    }
}

/* Build metadata is taken off versions and off nothing else; what is not known
 * to be stable is listed with the pre-releases. */
static void
test_parts (void)
{
  static const struct
  {
    const char *version;
    const char *without_build;
    gboolean is_prerelease;
  } rows[] = {
    { "1.0.0", "1.0.0", FALSE },    { "1.0.0+a-b.c", "1.0.0", FALSE },
    { "1.0.0-a", "1.0.0-a", TRUE }, { "1.0.0-a+b", "1.0.0-a", TRUE },
    { "1.0+b", "1.0+b", TRUE },     { "", "", TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *bare = loft_version_without_build (rows[i].version);

      g_assert_cmpstr (bare, ==, rows[i].without_build);
      g_assert_cmpint (loft_version_is_prerelease (rows[i].version),
                       ==,
                       rows[i].is_prerelease);
    }
}

/* Constraints are what the released client's resolver takes. */
static void
test_constraints (void)
{
  static const char *const good[] = {
    "*",           " * ",          "x",           "X",
    "1",           "1.2",          "1.2.3",       "=1.2.3",
    "= 1.2.3",     ">1",           ">=1.2",       "<2",
    "<=2.0.0",     "~1",           "~1.2",        "~1.2.3",
    "^0",          "^0.0.0",       "^1.2.3-rc.1", "1.2.3-rc.1+build.5",
    "1.2.3+build", "1.*",          "1.x",         "1.2.*",
    "1.2.X",       "1.*.*",        ">=1.*",       ">=1, <2",
    ">=1,<2",      " >= 1 , < 2 ", "~0.2.0",      "18446744073709551615",
    "^1.2.3--",
  };
  static const char *const bad[] = {
    "",           " ",        ",",
    "1,",         ",1",       "*, 1",
    "1, *",       "*.1",      "^*",
    ">=*",        "1.*.2",    "a",
    "v1",         "1.",       "1..2",
    ".1",         "1.2.3.4",  "01",
    "1.02",       "1.2.3-",   "1.2.3-01",
    "1.2.3-a..b", "1.2.3+",   "1.2-rc",
    "1-rc",       "1.2.x-rc", "1+b",
    "=>1",        "==1",      ">>1",
    "!1",         "^^1",      "~>1",
    "> = 1",      "1 2",      "1 || 2",
    "1\t",        "\t1",      "1\n",
    "latest",     "../local", "18446744073709551616",
    ">= 1 2",     "\xff",     "1;2",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;

      loft_constraint_check (good[i], &error);
      g_assert_no_error (error);
    }

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      if (loft_constraint_check (bad[i], &error))
        g_error ("“%s” was taken for a constraint", bad[i]);
      g_assert_error (error,
                      LOFT_REGISTRY_ERROR,
                      LOFT_REGISTRY_ERROR_MALFORMED);
    }

  GString *many = g_string_new ("1");
  for (guint i = 1; i < 32; i++)
    g_string_append (many, ",1");
  g_assert_true (loft_constraint_check (many->str, NULL));
  g_string_append (many, ",1");
  g_assert_false (loft_constraint_check (many->str, NULL));
  g_string_free (many, TRUE);

  g_autofree char *endless = g_strnfill (10 * 1000 * 1000, ' ');
  g_assert_false (loft_constraint_check (endless, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/version/valid", test_valid);
  g_test_add_func ("/version/invalid", test_invalid);
  g_test_add_func ("/version/order", test_order);
  g_test_add_func ("/version/sort-key-property", test_sort_key_property);
  g_test_add_func ("/version/parts", test_parts);
  g_test_add_func ("/version/constraints", test_constraints);

  return g_test_run ();
}
