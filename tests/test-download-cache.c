/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-download-cache.h"

#include <string.h>

#define SIZE 1000

static LoftDownload *
make_download (const char *name)
{
  LoftDownload *download = g_new0 (LoftDownload, 1);

  download->bytes = g_bytes_new_take (g_malloc0 (SIZE), SIZE);
  download->sha256 = g_strdup ("00");
  download->filename = g_strdup (name);

  return download;
}

static const char *
find (LoftDownloadCache *cache, const char *version, guint64 epoch)
{
  const LoftDownload *found =
    loft_download_cache_lookup (cache, "hello", version, epoch);

  return found != NULL ? found->filename : NULL;
}

static void
store (LoftDownloadCache *cache, const char *version, guint64 epoch)
{
  loft_download_cache_store (cache,
                             "hello",
                             version,
                             epoch,
                             make_download (version));
}

/* A tarball is found under its version, unless everything may have changed. */
static void
test_lookup (void)
{
  g_autoptr (LoftDownloadCache) cache = loft_download_cache_new (10 * SIZE, 60);

  g_assert_null (find (cache, "1.0.0", 1));
  store (cache, "1.0.0", 1);
  store (cache, "2.0.0", 1);
  g_assert_cmpstr (find (cache, "1.0.0", 1), ==, "1.0.0");
  g_assert_cmpstr (find (cache, "2.0.0", 1), ==, "2.0.0");
  g_assert_null (find (cache, "1.0.0", 2));
  store (cache, "1.0.0", 2);
  g_assert_cmpstr (find (cache, "1.0.0", 2), ==, "1.0.0");
}

/* There is never more than was allowed, but for the one that was asked for. */
static void
test_bound (void)
{
  g_autoptr (LoftDownloadCache) cache = loft_download_cache_new (2 * SIZE, 60);

  store (cache, "1.0.0", 1);
  store (cache, "2.0.0", 1);
  store (cache, "3.0.0", 1);
  g_assert_null (find (cache, "1.0.0", 1));
  g_assert_nonnull (find (cache, "2.0.0", 1));
  g_assert_nonnull (find (cache, "3.0.0", 1));

  g_autoptr (LoftDownloadCache) small = loft_download_cache_new (SIZE / 2, 60);
  store (small, "1.0.0", 1);
  g_assert_nonnull (find (small, "1.0.0", 1));
  store (small, "2.0.0", 1);
  g_assert_null (find (small, "1.0.0", 1));
}

/* Nothing is kept for long. */
static void
test_age (void)
{
  g_autoptr (LoftDownloadCache) cache = loft_download_cache_new (10 * SIZE, 1);
  gint64 end = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND;

  store (cache, "1.0.0", 1);
  while (find (cache, "1.0.0", 1) != NULL)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_main_context_iteration (NULL, TRUE);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/download-cache/lookup", test_lookup);
  g_test_add_func ("/download-cache/bound", test_bound);
  g_test_add_func ("/download-cache/age", test_age);

  return g_test_run ();
}
