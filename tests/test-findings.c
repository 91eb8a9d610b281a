/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-error.h"

#include "registry/loft-quote.h"

/* No findings are no error, and leave the error alone. */
static void
test_empty (void)
{
  g_autoptr (LoftFindings) findings = loft_findings_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (loft_findings_to_error (findings, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (loft_findings_get_length (findings), ==, 0);
  g_assert_false (loft_findings_has (findings, "any"));
}

/* An error carries all findings, through copies and prefixes too. */
static void
test_error (void)
{
  g_autoptr (LoftFindings) findings = loft_findings_new ();
  g_autoptr (GError) error = NULL;

  loft_findings_add (findings, "one", "a/b", "The %s one", "first");
  g_assert_false (loft_findings_to_error (findings, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_RULES);
  g_assert_cmpstr (error->message, ==, "The first one");
  g_assert_true (loft_findings_from_error (error) == findings);
  g_clear_error (&error);

  loft_findings_add (findings, "two", NULL, "The second one");
  loft_findings_add (findings, "two", NULL, "The third one");
  g_assert_false (loft_findings_to_error (findings, &error));
  g_clear_pointer (&findings, loft_findings_unref);

  g_autoptr (GError) copy = g_error_copy (error);
  g_clear_error (&error);
  g_prefix_error (&copy, "Refused: ");
  g_assert_cmpstr (copy->message, ==, "Refused: The first one (and 2 more)");

  LoftFindings *carried = loft_findings_from_error (copy);
  g_assert_nonnull (carried);
  g_assert_cmpuint (loft_findings_get_length (carried), ==, 3);
  g_assert_true (loft_findings_has (carried, "two"));
  g_assert_cmpstr (loft_findings_get (carried, 0)->rule, ==, "one");
  g_assert_cmpstr (loft_findings_get (carried, 0)->subject, ==, "a/b");
  g_assert_null (loft_findings_get (carried, 1)->subject);
}

/* Other errors carry no findings. */
static void
test_other_errors (void)
{
  g_autoptr (GError) ours = g_error_new_literal (LOFT_REGISTRY_ERROR,
                                                 LOFT_REGISTRY_ERROR_EXISTS,
                                                 "There");
  g_autoptr (GError) foreign =
    g_error_new_literal (G_FILE_ERROR, G_FILE_ERROR_IO, "Broken");

  g_assert_null (loft_findings_from_error (ours));
  g_assert_null (loft_findings_from_error (foreign));
}

/* However much is wrong, a hundred findings are kept and the rest counted. */
static void
test_bounded (void)
{
  g_autoptr (LoftFindings) findings = loft_findings_new ();
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 100000; i++)
    loft_findings_add (findings, "many", NULL, "Number %u", i);

  g_assert_cmpuint (loft_findings_get_length (findings), ==, 100);
  g_assert_cmpuint (loft_findings_get_total (findings), ==, 100000);
  g_assert_false (loft_findings_to_error (findings, &error));
  g_assert_cmpstr (error->message, ==, "Number 0 (and 99999 more)");
}

/* Foreign bytes in findings and quotes become short, valid, harmless text. */
static void
test_foreign_bytes (void)
{
  g_autoptr (LoftFindings) findings = loft_findings_new ();
  g_autofree char *hostile = loft_quote ("a\nb\x1b[2J\xff\xe2\x80\xae");
  g_autofree char *endless = g_strnfill (1000000, 'x');
  g_autofree char *shortened = loft_quote (endless);
  g_autofree char *with_nul = loft_quote_length ("a\0b", 3);
  g_autofree char *kept = loft_quote ("Größe “x”");

  g_assert_cmpstr (hostile, ==, "“a\\x0ab\\x1b[2J\\xff\\xe2\\x80\\xae”");
  g_assert_cmpuint (g_utf8_strlen (shortened, -1), ==, 63);
  g_assert_true (g_str_has_suffix (shortened, "x…”"));
  g_assert_cmpstr (with_nul, ==, "“a\\x00b”");
  g_assert_cmpstr (kept, ==, "“Größe “x””");

  loft_findings_add (findings, "path", "a\xff\n", "Broken: %s", "\xff");
  loft_findings_add (findings, "path", endless, "Long");
  g_assert_cmpstr (loft_findings_get (findings, 0)->subject, ==, "a\\xff\\x0a");
  g_assert_cmpstr (loft_findings_get (findings, 0)->detail,
                   ==,
                   "Broken: \xef\xbf\xbd");
  g_assert_cmpuint (strlen (loft_findings_get (findings, 1)->subject), <, 300);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/findings/empty", test_empty);
  g_test_add_func ("/findings/error", test_error);
  g_test_add_func ("/findings/other-errors", test_other_errors);
  g_test_add_func ("/findings/bounded", test_bounded);
  g_test_add_func ("/findings/foreign-bytes", test_foreign_bytes);

  return g_test_run ();
}
