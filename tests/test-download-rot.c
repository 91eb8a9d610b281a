/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit/store-kit.h"

/* Copies of tarballs on a disk that does not keep what was written. */

#define SMALL 2000
#define LARGE (2 * 1024 * 1024)

typedef struct
{
  StoreKit kit;
  int gets; /* atomic: how often tarballs were asked for at the store */
} Fixture;

static void
filter_cb (const S3Question *question, S3Reply *reply, gpointer data)
{
  Fixture *fixture = data;

  if (g_str_equal (question->method, "GET") &&
      g_str_has_suffix (question->path, ".tar.gz"))
    g_atomic_int_inc (&fixture->gets);
}

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  store_kit_set_up (&fixture->kit);
  s3_double_set_filter (fixture->kit.engine, filter_cb, fixture);
  store_kit_start (&fixture->kit);
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  store_kit_tear_down (&fixture->kit);
}

static void
check_part (Fixture *fixture, const char *name, GBytes *tarball)
{
  g_autoptr (GBytes) wanted = g_bytes_new_from_bytes (tarball, 300000, 1000000);
  g_autoptr (WireAnswer) answer =
    store_kit_ask (&fixture->kit,
                   "GET",
                   name,
                   "Range: bytes=300000-1299999\r\n");

  g_assert_nonnull (answer);
  g_assert_cmpuint (answer->status, ==, 206);
  g_assert_true (g_bytes_equal (answer->body, wanted));
}

static WireAnswer *
ask_file (Fixture *fixture, const char *name)
{
  g_autoptr (Wire) wire = wire_new (fixture->kit.daemon->port);
  g_autofree char *target =
    g_strdup_printf ("/packages/%s/1.0.0/raw/manifest.json", name);

  return wire_request (wire, "GET", target, NULL, NULL, NULL);
}

static char *
find_folder (Fixture *fixture)
{
  return g_build_filename (fixture->kit.daemon->cache, "tarballs", NULL);
}

/* A copy gets its name only after it has been sent. */
static void
wait_for_copies (Fixture *fixture, guint wanted)
{
  g_autofree char *path = find_folder (fixture);
  guint n = 0;

  for (guint i = 0; i < 2000 && n != wanted; i++)
    {
      g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);

      n = 0;
      for (const char *name;
           folder != NULL && (name = g_dir_read_name (folder)) != NULL;)
        if (strlen (name) == 64)
          n++;
      g_usleep (5000);
    }
  g_assert_cmpuint (n, ==, wanted);
}

/* Changes a bit of each copy, and nothing else, as a disk does. */
static void
rot (Fixture *fixture, guint copies, goffset offset)
{
  g_autofree char *path = find_folder (fixture);

  wait_for_copies (fixture, copies);
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  g_assert_nonnull (folder);
  for (const char *name; (name = g_dir_read_name (folder)) != NULL;)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);
      GStatBuf status;
      guint8 byte = 0;

      if (strlen (name) != 64)
        continue;
      g_assert_cmpint (g_chmod (file, 0600), ==, 0);
      int fd = g_open (file, O_RDWR, 0);
      g_assert_cmpint (fd, !=, -1);
      g_assert_cmpint (fstat (fd, &status), ==, 0);
      g_assert_cmpint (pread (fd, &byte, 1, offset), ==, 1);
      byte ^= 1;
      g_assert_cmpint (pwrite (fd, &byte, 1, offset), ==, 1);
      futimens (fd, (struct timespec[]){ status.st_atim, status.st_mtim });
      close (fd);
    }
}

static void
check_damaged (Fixture *fixture, int damaged, int gets)
{
  g_assert_cmpfloat (
    store_kit_get_figure (&fixture->kit, "loft_tarball_damaged_total"),
    ==,
    damaged);
  g_assert_cmpint (g_atomic_int_get (&fixture->gets), ==, gets);
}

/* A copy that rots is not handed out, neither whole nor in part: everybody gets
 * what was published, and it is fetched anew once. */
static void
test_rotten (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GBytes) tarball =
    store_kit_publish (&fixture->kit, "hello", LARGE);

  store_kit_check (&fixture->kit, "hello", tarball);
  rot (fixture, 1, LARGE / 2);
  for (guint i = 0; i < 4; i++)
    store_kit_check (&fixture->kit, "hello", tarball);
  check_damaged (fixture, 1, 2);

  rot (fixture, 1, LARGE / 2);
  check_part (fixture, "hello", tarball);
  check_damaged (fixture, 2, 3);

  rot (fixture, 1, 100);
  g_autoptr (WireAnswer) answer = ask_file (fixture, "hello");
  g_assert_cmpuint (answer->status, ==, 200);
  check_damaged (fixture, 3, 4);

  g_autofree char *log = daemon_kit_dup_log (fixture->kit.daemon);
  g_assert_nonnull (strstr (log, "has changed on the disk of the cache"));
}

/* Nor is one that has rotted before the registry was started. */
static void
test_rotten_before (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GBytes) small = store_kit_publish (&fixture->kit, "small", SMALL);
  g_autoptr (GBytes) large = store_kit_publish (&fixture->kit, "large", LARGE);

  store_kit_check (&fixture->kit, "small", small);
  store_kit_check (&fixture->kit, "large", large);
  wait_for_copies (fixture, 2);
  store_kit_stop (&fixture->kit);
  rot (fixture, 2, SMALL / 2);
  store_kit_start (&fixture->kit);

  check_part (fixture, "large", large);
  store_kit_check (&fixture->kit, "small", small);
  store_kit_check (&fixture->kit, "large", large);
  check_damaged (fixture, 2, 4);
}

/* Who has begun to get a copy that rots meanwhile gets the rest of what was
 * published. */
static void
test_rotten_later (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GBytes) tarball =
    store_kit_publish (&fixture->kit, "hello", 8 * LARGE);
  g_autoptr (Wire) slow = wire_new (fixture->kit.daemon->port);
  g_autoptr (GError) error = NULL;
  double hits = 0;
  static const char question[] =
    "GET /packages/hello/1.0.0/download HTTP/1.1\r\nHost: x\r\n\r\n";

  store_kit_check (&fixture->kit, "hello", tarball);
  wire_write (slow, question, strlen (question), &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 2000 && hits < 1; i++)
    {
      g_usleep (5000);
      hits = store_kit_get_figure (&fixture->kit, "loft_tarball_hits_total");
    }
  g_usleep (100000);
  rot (fixture, 1, 8 * LARGE - 100000);

  g_autoptr (WireAnswer) answer = wire_read (slow, TRUE, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_true (g_bytes_equal (answer->body, tarball));
  check_damaged (fixture, 1, 2);
}

/* With a store that is away, nobody gets what is left of it. */
static void
test_rotten_away (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GBytes) tarball =
    store_kit_publish (&fixture->kit, "hello", LARGE);

  store_kit_check (&fixture->kit, "hello", tarball);
  rot (fixture, 1, 0);
  s3_double_set_hanging (fixture->kit.engine, TRUE);
  g_autoptr (WireAnswer) answer =
    store_kit_ask (&fixture->kit, "GET", "hello", NULL);
  s3_double_set_hanging (fixture->kit.engine, FALSE);
  g_assert_nonnull (answer);
  g_assert_cmpuint (answer->status, ==, 503);
}

/* One that comes later makes the folder without a word. */
static void
wait_for_workers (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  daemon_kit_wait_workers (fixture->kit.daemon, STORE_KIT_WORKERS, &error);
  g_assert_no_error (error);

  g_autoptr (GArray) workers = daemon_kit_list_workers (fixture->kit.daemon);
  for (guint i = 0; i < workers->len; i++)
    {
      g_autoptr (Wire) wire =
        daemon_kit_connect (fixture->kit.daemon,
                            g_array_index (workers, GPid, i),
                            &error);
      g_assert_no_error (error);
      g_autoptr (WireAnswer) answer = wire_get (wire, "/livez", &error);
      g_assert_no_error (error);
    }
}

/* A folder of copies that somebody deletes is made again, and that is said
 * once.
 */
static void
test_deleted (Fixture *fixture, gconstpointer test_data)
{
  static const char *const names[] = { "one", "two", "three" };
  g_autofree char *path = find_folder (fixture);
  g_autofree char *total = g_build_filename (path, "total", NULL);

  wait_for_workers (fixture);
  g_assert_cmpint (g_unlink (total), ==, 0);
  g_assert_cmpint (g_rmdir (path), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GBytes) tarball =
        store_kit_publish (&fixture->kit, names[i], LARGE);

      for (guint j = 0; j < 4; j++)
        store_kit_check (&fixture->kit, names[i], tarball);
    }
  wait_for_copies (fixture, G_N_ELEMENTS (names));
  check_damaged (fixture, 0, G_N_ELEMENTS (names));

  g_autofree char *log = daemon_kit_dup_log (fixture->kit.daemon);
  g_auto (GStrv) parts = g_strsplit (log, "and is made again", -1);
  g_assert_cmpuint (g_strv_length (parts), ==, 2);
}

#define add(name, func)                                                        \
  g_test_add ("/download-rot/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  add ("now", test_rotten);
  add ("before", test_rotten_before);
  add ("later", test_rotten_later);
  add ("away", test_rotten_away);
  add ("deleted", test_deleted);

  return g_test_run ();
}
