/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "fuzz/fuzz.h"

#include <string.h>

#include "registry/loft-registry-error.h"
#include "registry/loft-version.h"

#define VERSIONS 3

static int
sign (int n)
{
  return (n > 0) - (n < 0);
}

static int
compare_keys (const char *a, const char *b)
{
  g_autoptr (GBytes) one = loft_version_sort_key (a);
  g_autoptr (GBytes) other = loft_version_sort_key (b);

  return sign (g_bytes_compare (one, other));
}

static gboolean
check (gboolean (*func) (const char *text, GError **error), const char *text)
{
  g_autoptr (GError) error = NULL;
  gboolean good = func (text, &error);

  g_assert_true (good == (error == NULL));
  if (!good)
    {
      g_assert_error (error,
                      LOFT_REGISTRY_ERROR,
                      LOFT_REGISTRY_ERROR_MALFORMED);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      g_assert_null (strpbrk (error->message, "\r\n"));
    }

  return good;
}

/* Clients have room for 64 bits, which a constraint must not exceed. */
static gboolean
has_large_number (const char *text)
{
  gsize digits = 0;

  for (; *text != '\0' && digits <= 15; text++)
    digits = g_ascii_isdigit (*text) ? digits + 1 : 0;

  return digits > 15;
}

/* Build metadata makes no version distinct. */
static void
check_one (const char *text)
{
  gboolean good = check (loft_version_check, text);
  g_autofree char *plain = loft_version_without_build (text);
  g_autofree char *plainer = loft_version_without_build (plain);

  check (loft_constraint_check, text);
  g_assert_cmpstr (plain, ==, plainer);
  g_assert_cmpint (loft_version_compare (text, text), ==, 0);
  g_assert_cmpint (loft_version_compare (text, plain), ==, 0);
  g_assert_cmpint (loft_version_is_prerelease (text),
                   ==,
                   loft_version_is_prerelease (plain));
  if (!good)
    return;

  g_assert_cmpuint (strlen (text), <=, LOFT_VERSION_MAX);
  g_assert_true (g_str_is_ascii (text));
  g_assert_null (strchr (plain, '+'));
  g_assert_true (check (loft_version_check, plain));
  g_assert_true (loft_version_is_prerelease (text) ==
                 (strchr (plain, '-') != NULL));

  g_autofree char *exact = g_strconcat ("=", plain, NULL);
  g_assert_true (has_large_number (plain) ||
                 check (loft_constraint_check, exact));
}

/* The order is one, and the keys have it too. */
static void
check_order (char *const *versions)
{
  int order[VERSIONS][VERSIONS];

  for (guint i = 0; i < VERSIONS; i++)
    for (guint j = 0; j < VERSIONS; j++)
      {
        order[i][j] = loft_version_compare (versions[i], versions[j]);
        g_assert_cmpint (order[i][j], ==, sign (order[i][j]));
        g_assert_cmpint (order[i][j],
                         ==,
                         compare_keys (versions[i], versions[j]));
      }

  for (guint i = 0; i < VERSIONS; i++)
    for (guint j = 0; j < VERSIONS; j++)
      {
        g_assert_cmpint (order[i][j], ==, -order[j][i]);
        for (guint k = 0; k < VERSIONS; k++)
          if (order[i][j] <= 0 && order[j][k] <= 0)
            g_assert_cmpint (order[i][k], <=, 0);
      }
}

/* Three versions, one a line. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_auto (GStrv) lines = g_strsplit (text, "\n", VERSIONS);
  char *versions[VERSIONS] = { (char *) "", (char *) "", (char *) "" };

  for (guint i = 0; lines[i] != NULL; i++)
    versions[i] = lines[i];
  for (guint i = 0; i < VERSIONS; i++)
    check_one (versions[i]);
  check_order (versions);

  return 0;
}
