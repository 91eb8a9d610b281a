/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-spool.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

/* What was written can be read back, and its digest is right. */
static void
test_write (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = g_dir_make_tmp ("loft-XXXXXX", &error);
  g_assert_no_error (error);
  LoftSpool *spool = loft_spool_new (directory, &error);
  g_assert_no_error (error);

  g_assert_true (loft_spool_write (spool, "ab", 2, &error));
  g_assert_true (loft_spool_write (spool, "", 0, &error));
  g_assert_true (loft_spool_write (spool, "c", 1, &error));
  g_assert_true (loft_spool_finish (spool, &error));
  g_assert_no_error (error);

  char read[8];
  g_assert_cmpint (loft_spool_get_size (spool), ==, 3);
  g_assert_cmpint (pread (loft_spool_get_fd (spool), read, 8, 0), ==, 3);
  g_assert_cmpmem (read, 3, "abc", 3);
  /* FIPS 180-2, B.1 */
  g_assert_cmpstr (
    loft_spool_get_sha256 (spool),
    ==,
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");

  loft_spool_unref (spool);
  g_assert_cmpint (rmdir (directory), ==, 0);
}

/* A folder that is not there is an error that says so. */
static void
test_no_directory (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (loft_spool_new ("/nonexistent/loft", &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_FAILED);
}

/* Where there is no more room, the error says so. The limit on the size of a
 * file stands for the disk's. */
static void
test_full (void)
{
  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
      g_test_trap_assert_passed ();
      return;
    }

  g_autoptr (GError) error = NULL;
  g_autofree char *chunk = g_malloc0 (8192);
  g_autofree char *directory = g_dir_make_tmp ("loft-XXXXXX", NULL);
  g_autoptr (LoftSpool) spool = loft_spool_new (directory, &error);
  g_assert_no_error (error);

  const struct rlimit limit = { 4096, 4096 };
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  g_assert_false (loft_spool_write (spool, chunk, 8192, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_NO_SPACE);
  g_assert_cmpint (rmdir (directory), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/spool/write", test_write);
  g_test_add_func ("/spool/no-directory", test_no_directory);
  g_test_add_func ("/spool/full", test_full);

  return g_test_run ();
}
