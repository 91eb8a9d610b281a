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

#include <glib/gstdio.h>

/* What was written can be read back, and its digest is right, wherever it is
 * kept. */
static void
test_write (gconstpointer user_data)
{
  const goffset *size = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = g_dir_make_tmp ("loft-XXXXXX", &error);
  g_assert_no_error (error);
  LoftSpool *spool = loft_spool_new (directory, *size, &error);
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

  g_assert_null (loft_spool_new ("/nonexistent/loft", -1, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_FAILED);
}

static gboolean
is_on_disk (LoftSpool *spool, const char *directory)
{
  struct stat ours;
  struct stat there;

  g_assert_cmpint (fstat (loft_spool_get_fd (spool), &ours), ==, 0);
  g_assert_cmpint (g_stat (directory, &there), ==, 0);

  return ours.st_dev == there.st_dev;
}

/* A small tarball needs no file, a large one does, and so does a small one
 * where many others are in memory already; one that has gone makes room. */
static void
test_memory (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = g_dir_make_tmp ("loft-XXXXXX", &error);
  g_autoptr (GPtrArray) spools =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_spool_unref);

  for (guint i = 0; i < 64; i++)
    {
      g_ptr_array_add (spools, loft_spool_new (directory, 256 * 1024, &error));
      g_assert_no_error (error);
      g_assert_false (is_on_disk (spools->pdata[i], directory));
    }

  for (goffset size = 1; size < G_MAXINT32; size *= 1024)
    {
      g_autoptr (LoftSpool) other = loft_spool_new (directory, size, &error);
      g_assert_no_error (error);
      g_assert_true (is_on_disk (other, directory));
    }

  g_ptr_array_set_size (spools, 63);
  g_autoptr (LoftSpool) large =
    loft_spool_new (directory, 256 * 1024 + 1, &error);
  g_assert_no_error (error);
  g_assert_true (is_on_disk (large, directory));
  g_autoptr (LoftSpool) small = loft_spool_new (directory, 256 * 1024, &error);
  g_assert_no_error (error);
  g_assert_false (is_on_disk (small, directory));

  g_assert_cmpint (rmdir (directory), ==, 0);
}

/* What the disk has no space for is refused before it is written. */
static void
test_no_space (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = g_dir_make_tmp ("loft-XXXXXX", &error);

  g_assert_null (loft_spool_new (directory, G_MAXINT64, &error));
  g_assert_error (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_NO_SPACE);
  g_assert_cmpint (rmdir (directory), ==, 0);
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
  g_autoptr (LoftSpool) spool = loft_spool_new (directory, -1, &error);
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

  static const goffset unknown = -1;
  static const goffset few = 3;

  g_test_add_data_func ("/spool/write/file", &unknown, test_write);
  g_test_add_data_func ("/spool/write/memory", &few, test_write);
  g_test_add_func ("/spool/memory", test_memory);
  g_test_add_func ("/spool/no-space", test_no_space);
  g_test_add_func ("/spool/no-directory", test_no_directory);
  g_test_add_func ("/spool/full", test_full);

  return g_test_run ();
}
