/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "fuzz/fuzz.h"

#include <string.h>

#include "registry/loft-name.h"

/* The pattern of the contract, by other means than the function's. */
static gboolean
matches (const char *name)
{
  static GRegex *pattern = NULL;

  if (pattern == NULL)
    pattern = g_regex_new ("\\A[a-z][a-z0-9]*([-_][a-z0-9]+)*\\z",
                           G_REGEX_RAW | G_REGEX_OPTIMIZE,
                           0,
                           NULL);

  return strlen (name) <= LOFT_NAME_MAX &&
         g_regex_match (pattern, name, 0, NULL);
}

static void
check_findings (LoftFindings *findings)
{
  for (guint i = 0; i < loft_findings_get_length (findings); i++)
    {
      const LoftFinding *finding = loft_findings_get (findings, i);

      g_assert_true (g_utf8_validate (finding->detail, -1, NULL));
      g_assert_null (strpbrk (finding->detail, "\r\n"));
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *name = g_strndup ((const char *) data, size);
  g_autofree char *folded = loft_name_fold (name);
  g_autofree char *again = loft_name_fold (folded);
  g_autoptr (LoftFindings) findings = loft_findings_new ();
  gboolean valid = loft_name_is_valid (name);
  gboolean reserved = loft_name_is_reserved (name, NULL);
  gboolean allowed = loft_name_check_new (name, NULL, findings);

  g_assert_true (valid == matches (name));
  g_assert_true (allowed == (valid && !reserved));
  g_assert_true (allowed == (loft_findings_get_total (findings) == 0));
  check_findings (findings);

  /* A folding is one name for all that are confused with it. */
  g_assert_cmpstr (folded, ==, again);
  g_assert_cmpuint (strlen (folded), ==, strlen (name));
  g_assert_true (reserved == loft_name_is_reserved (folded, NULL));
  if (valid)
    {
      g_assert_true (loft_name_is_valid (folded));
      g_assert_true (loft_name_is_adoptable (name) ||
                     g_str_equal (name, "docs"));
    }
  if (loft_name_is_adoptable (name))
    {
      g_assert_true (g_utf8_validate (name, -1, NULL));
      g_assert_null (strpbrk (name, "/\r\n"));
      g_assert_true (name[0] != '\0' && !g_str_equal (name, ".."));
    }

  return 0;
}
