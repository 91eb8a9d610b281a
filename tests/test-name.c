/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-name.h"

#include <string.h>

#define SIXTY_FOUR                                                             \
  "a123456789a123456789a123456789a123456789a123456789a123456789a123"

/* New names have the form that the contract says, and no other. */
static void
test_valid (void)
{
  static const char *const good[] = {
    "a",   "a1",    "hello", "hello-lib", "hello_lib",
    "a-1", "a-b_c", "x2y",   SIXTY_FOUR,
  };
  static const char *const bad[] = {
    "",     "1a", "-a",  "_a",        "a-",    "a_",           "a--b", "a__b",
    "a-_b", "A",  "aB",  "hello lib", "a.b",   "a/b",          "..",   "../a",
    "a\\b", "ä",  "a\n", "a%2fb",     "a\xff", SIXTY_FOUR "x",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    if (!loft_name_is_valid (good[i]))
      g_error ("“%s” was refused", good[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    if (loft_name_is_valid (bad[i]))
      g_error ("“%s” was taken", bad[i]);
}

/* Names that something else goes by are reserved, in all their foldings. */
static void
test_reserved (void)
{
  static const char *const reserved[] = {
    "std", "publish", "docs", "json", "text", "web",
    "con", "nul",     "com1", "lpt9", "CON",
  };
  static const char *const also[] = { "acme_core", NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (reserved); i++)
    if (!loft_name_is_reserved (reserved[i], NULL))
      g_error ("“%s” is not reserved", reserved[i]);

  g_assert_false (loft_name_is_reserved ("com", NULL));
  g_assert_false (loft_name_is_reserved ("com0", NULL));
  g_assert_false (loft_name_is_reserved ("com10", NULL));
  g_assert_false (loft_name_is_reserved ("json-lines", NULL));
  g_assert_false (loft_name_is_reserved ("acme-core", NULL));
  g_assert_true (loft_name_is_reserved ("acme-core", also));
  g_assert_true (loft_name_is_reserved ("acme_core", also));
  g_assert_false (loft_name_is_reserved ("acme-cores", also));
}

/* A refused name is told apart by rule, and quoted in bounds. */
static void
test_check_new (void)
{
  static const struct
  {
    const char *name;
    const char *rule;
  } rows[] = {
    { "hello-lib", NULL },
    { "std", "name-reserved" },
    { "../up", "name-pattern" },
    { "Hello", "name-pattern" },
    { "", "name-pattern" },
    { SIXTY_FOUR, NULL },
    { SIXTY_FOUR "x", "name-length" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (LoftFindings) findings = loft_findings_new ();

      g_assert_cmpint (loft_name_check_new (rows[i].name, NULL, findings),
                       ==,
                       rows[i].rule == NULL);
      g_assert_cmpuint (loft_findings_get_total (findings),
                        ==,
                        rows[i].rule == NULL ? 0 : 1);
      if (rows[i].rule != NULL)
        g_assert_cmpstr (loft_findings_get (findings, 0)->rule,
                         ==,
                         rows[i].rule);
    }

  g_autoptr (LoftFindings) findings = loft_findings_new ();
  g_autofree char *endless = g_strnfill (10 * 1000 * 1000, 'a');
  g_assert_false (loft_name_check_new (endless, NULL, findings));
  g_assert_cmpuint (strlen (loft_findings_get (findings, 0)->detail), <, 300);
}

/* Odd folders of the original server are served; what is part of the layout,
 * or no segment of a path, is not. */
static void
test_adoptable (void)
{
  static const char *const good[] = {
    "hello-lib", "Hello Lib", "std",       "publish", "1a",
    "a..b",      "...",       ".hidden",   "Größe",   "a\\b",
    "a:b",       "registry_", "documents",
  };
  static const char *const bad[] = {
    "",     ".",          "..",          "a/b",       "/",
    "docs", "users.json", "tokens.json", "_registry", "_registry-old",
    "a\nb", "a\x7f",      "a\xc2\x85",   "a\xff",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    if (!loft_name_is_adoptable (good[i]))
      g_error ("“%s” was refused", good[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    if (loft_name_is_adoptable (bad[i]))
      g_error ("“%s” was taken", bad[i]);

  g_autofree char *longest = g_strnfill (255, 'x');
  g_autofree char *too_long = g_strnfill (256, 'x');
  g_assert_true (loft_name_is_adoptable (longest));
  g_assert_false (loft_name_is_adoptable (too_long));
}

/* Names that people confuse fold onto each other, and others do not. */
static void
test_fold (void)
{
  g_autofree char *one = loft_name_fold ("Hello_Lib-x");
  g_autofree char *two = loft_name_fold ("hello-lib_x");
  g_autofree char *other = loft_name_fold ("hellolib-x");
  g_autofree char *foreign = loft_name_fold ("GRÖSSE");

  g_assert_cmpstr (one, ==, "hello-lib-x");
  g_assert_cmpstr (one, ==, two);
  g_assert_cmpstr (one, !=, other);
  g_assert_cmpstr (foreign, ==, "grÖsse");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/name/valid", test_valid);
  g_test_add_func ("/name/reserved", test_reserved);
  g_test_add_func ("/name/check-new", test_check_new);
  g_test_add_func ("/name/adoptable", test_adoptable);
  g_test_add_func ("/name/fold", test_fold);

  return g_test_run ();
}
