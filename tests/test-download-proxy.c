/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "kit/store-kit.h"

/* Tarballs that the registry fetches from an object store for its clients. */

#define SMALL 2000
#define LARGE (2 * 1024 * 1024)
#define CLIENTS 64
#define SECONDS_MAX 5

typedef struct
{
  StoreKit kit;
  int gets; /* atomic: how often tarballs were asked for at the store */
  int flip; /* atomic: whether a bit of each is another one */
  int slow; /* atomic: µs before each is given */
  int half; /* atomic: of how many only the first half is given */
} Fixture;

/* The rest is promised, and never comes. */
static void
give_half (Fixture *fixture, S3Reply *reply)
{
  gsize size = g_bytes_get_size (reply->body);
  g_autoptr (GBytes) whole = g_steal_pointer (&reply->body);

  g_atomic_int_add (&fixture->half, -1);
  reply->length = (goffset) size;
  reply->body = g_bytes_new_from_bytes (whole, 0, size / 2);
}

static void
filter_cb (const S3Question *question, S3Reply *reply, gpointer data)
{
  Fixture *fixture = data;

  if (!g_str_equal (question->method, "GET") ||
      !g_str_has_suffix (question->path, ".tar.gz"))
    return;

  g_atomic_int_inc (&fixture->gets);
  if (g_atomic_int_get (&fixture->slow) > 0)
    g_usleep ((gulong) g_atomic_int_get (&fixture->slow));
  if (g_atomic_int_get (&fixture->half) > 0)
    give_half (fixture, reply);
  if (!g_atomic_int_get (&fixture->flip))
    return;

  gsize size = 0;
  char *copy = g_bytes_unref_to_data (g_steal_pointer (&reply->body), &size);

  copy[size / 2] ^= 1;
  reply->body = g_bytes_new_take (copy, size);
}

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  store_kit_set_up (&fixture->kit);
  s3_double_set_filter (fixture->kit.engine, filter_cb, fixture);
  if (test_data != NULL)
    store_kit_configure (&fixture->kit, "tarball-cache-size", test_data);
  store_kit_start (&fixture->kit);
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  store_kit_tear_down (&fixture->kit);
}

static gpointer
ask_thread (gpointer data)
{
  return store_kit_ask (data, "GET", "hello", NULL);
}

/* However many ask at the same time, and whichever worker, the store is asked
 * once; and never again. */
static void
test_once (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GBytes) tarball =
    store_kit_publish (&fixture->kit, "hello", LARGE);
  GThread *threads[CLIENTS];

  g_atomic_int_set (&fixture->slow, 300000);
  for (guint i = 0; i < CLIENTS; i++)
    threads[i] = g_thread_new ("client", ask_thread, &fixture->kit);
  for (guint i = 0; i < CLIENTS; i++)
    {
      g_autoptr (WireAnswer) answer = g_thread_join (threads[i]);

      g_assert_nonnull (answer);
      g_assert_cmpuint (answer->status, ==, 200);
      g_assert_true (g_bytes_equal (answer->body, tarball));
    }
  store_kit_check (&fixture->kit, "hello", tarball);

  g_assert_cmpint (g_atomic_int_get (&fixture->gets), ==, 1);
  g_assert_cmpfloat (
    store_kit_get_figure (&fixture->kit, "loft_tarball_fetches_total"),
    ==,
    1);
  g_assert_cmpfloat (
    store_kit_get_figure (&fixture->kit, "loft_tarball_hits_total"),
    >=,
    1);
}

/* Nobody gets a tarball of which a bit is wrong, whether it is so small that
 * the answer has not begun, or is broken off; and the next one gets it. */
static void
test_flipped (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GBytes) small = store_kit_publish (&fixture->kit, "small", SMALL);
  g_autoptr (GBytes) large = store_kit_publish (&fixture->kit, "large", LARGE);

  g_atomic_int_set (&fixture->flip, TRUE);
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (WireAnswer) first =
        store_kit_ask (&fixture->kit, "GET", "small", NULL);
      g_autoptr (WireAnswer) second =
        store_kit_ask (&fixture->kit, "GET", "large", NULL);
      g_autoptr (WireAnswer) part =
        store_kit_ask (&fixture->kit, "GET", "large", "Range: bytes=0-9\r\n");

      g_assert_nonnull (first);
      g_assert_cmpuint (first->status, ==, 500);
      g_assert_true (second == NULL || second->status == 500);
      g_assert_nonnull (part);
      g_assert_cmpuint (part->status, ==, 500);
    }
  g_assert_cmpfloat (
    store_kit_get_figure (&fixture->kit, "loft_tarball_corrupt_total"),
    ==,
    g_atomic_int_get (&fixture->gets));

  g_atomic_int_set (&fixture->flip, FALSE);
  store_kit_check (&fixture->kit, "small", small);
  store_kit_check (&fixture->kit, "large", large);

  /* Each worker tells of each of them once at most. */
  g_autofree char *log = daemon_kit_dup_log (fixture->kit.daemon);
  g_auto (GStrv) parts =
    g_strsplit (log, "What the storage gives is damaged", -1);
  g_assert_cmpuint (g_strv_length (parts), >, 2);
  g_assert_cmpuint (g_strv_length (parts), <=, 1 + 2 * STORE_KIT_WORKERS);
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

/* Parts are given before and after all is there; what is known of a tarball is
 * told without fetching it. */
static void
test_parts (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GBytes) tarball =
    store_kit_publish (&fixture->kit, "hello", LARGE);
  g_autofree char *length =
    g_strdup_printf ("%" G_GSIZE_FORMAT, g_bytes_get_size (tarball));
  g_autoptr (WireAnswer) head =
    store_kit_ask (&fixture->kit, "HEAD", "hello", NULL);
  g_autofree char *told = wire_answer_get_header (head, "Content-Length");
  g_autofree char *tag = wire_answer_get_header (head, "ETag");
  g_autofree char *condition = g_strdup_printf ("If-None-Match: %s\r\n", tag);
  g_autoptr (WireAnswer) known =
    store_kit_ask (&fixture->kit, "GET", "hello", condition);
  g_autoptr (WireAnswer) none =
    store_kit_ask (&fixture->kit, "GET", "hello", "Range: bytes=9999999-\r\n");

  g_assert_cmpuint (head->status, ==, 200);
  g_assert_cmpstr (told, ==, length);
  g_assert_cmpuint (known->status, ==, 304);
  g_assert_cmpuint (none->status, ==, 416);

  check_part (fixture, "hello", tarball);
  check_part (fixture, "hello", tarball);
  g_autoptr (WireAnswer) other =
    store_kit_ask (&fixture->kit, "GET", "hello", "If-None-Match: \"x\"\r\n");
  g_assert_cmpuint (other->status, ==, 200);
  g_assert_true (g_bytes_equal (other->body, tarball));
}

static guint64
measure_copies (Fixture *fixture, guint *out_parts)
{
  g_autofree char *path =
    g_build_filename (fixture->kit.daemon->cache, "tarballs", NULL);
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  guint64 size = 0;

  g_assert_nonnull (folder);
  *out_parts = 0;
  for (const char *name; (name = g_dir_read_name (folder)) != NULL;)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);
      GStatBuf status;

      if (g_str_has_suffix (name, ".part"))
        (*out_parts)++;
      if (g_stat (file, &status) == 0)
        size += (guint64) status.st_size;
    }

  return size;
}

/* Waits until so many are being fetched. */
static void
wait_for_parts (Fixture *fixture, guint wanted)
{
  guint parts = 0;

  measure_copies (fixture, &parts);
  for (guint i = 0; i < 2000 && parts != wanted; i++)
    {
      g_usleep (5000);
      measure_copies (fixture, &parts);
    }
  g_assert_cmpuint (parts, ==, wanted);
}

/* Copies take no more than they may, and outlive a restart. */
static void
test_bound (Fixture *fixture, gconstpointer test_data)
{
  GBytes *tarballs[8];
  guint parts = 0;

  for (guint i = 0; i < G_N_ELEMENTS (tarballs); i++)
    {
      g_autofree char *name = g_strdup_printf ("package%u", i);

      tarballs[i] = store_kit_publish (&fixture->kit, name, LARGE / 2);
      store_kit_check (&fixture->kit, name, tarballs[i]);
      store_kit_check (&fixture->kit, name, tarballs[i]);
      g_assert_cmpuint (measure_copies (fixture, &parts),
                        <,
                        4 * 1024 * 1024 + 4096);
    }
  g_assert_cmpfloat (
    store_kit_get_figure (&fixture->kit, "loft_tarball_evicted_total"),
    >=,
    4);

  store_kit_stop (&fixture->kit);
  g_assert_cmpuint (measure_copies (fixture, &parts), >, LARGE);
  g_assert_cmpuint (parts, ==, 0);
  store_kit_start (&fixture->kit);
  g_atomic_int_set (&fixture->gets, 0);
  store_kit_check (&fixture->kit, "package7", tarballs[7]);
  g_assert_cmpint (g_atomic_int_get (&fixture->gets), ==, 0);
  store_kit_check (&fixture->kit, "package0", tarballs[0]);
  g_assert_cmpint (g_atomic_int_get (&fixture->gets), ==, 1);

  for (guint i = 0; i < G_N_ELEMENTS (tarballs); i++)
    g_bytes_unref (tarballs[i]);
}

/* With a store that hangs, and with one that is gone, what there is a copy of
 * is given, and for the rest nobody waits. */
static void
test_hanging (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GBytes) kept = store_kit_publish (&fixture->kit, "kept", LARGE);
  g_autoptr (GBytes) other = store_kit_publish (&fixture->kit, "other", LARGE);

  store_kit_check (&fixture->kit, "kept", kept);
  s3_double_set_hanging (fixture->kit.engine, TRUE);
  for (guint i = 0; i < 4; i++)
    {
      gint64 start = g_get_monotonic_time ();
      g_autoptr (WireAnswer) answer =
        store_kit_ask (&fixture->kit, "GET", "other", NULL);
      g_autofree char *retry = wire_answer_get_header (answer, "Retry-After");

      g_assert_cmpuint (answer->status, ==, 503);
      g_assert_nonnull (retry);
      g_assert_cmpint (g_get_monotonic_time () - start,
                       <,
                       SECONDS_MAX * G_USEC_PER_SEC);
      store_kit_check (&fixture->kit, "kept", kept);
    }
  s3_double_set_hanging (fixture->kit.engine, FALSE);
}

/* Nothing is kept, but what is given is right, in parts too. */
static void
test_nothing_kept (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GBytes) tarball =
    store_kit_publish (&fixture->kit, "hello", LARGE);
  guint parts = 0;

  store_kit_check (&fixture->kit, "hello", tarball);
  check_part (fixture, "hello", tarball);
  wait_for_parts (fixture, 0);
  g_assert_cmpuint (measure_copies (fixture, &parts), <, 4096);

  g_atomic_int_set (&fixture->flip, TRUE);
  g_autoptr (WireAnswer) answer =
    store_kit_ask (&fixture->kit, "GET", "hello", NULL);
  g_assert_true (answer == NULL || answer->status == 500);
}

/* Where no copy can be made, nobody fails for that. */
static void
test_no_folder (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GBytes) tarball =
    store_kit_publish (&fixture->kit, "hello", LARGE);
  g_autoptr (GError) error = NULL;
  g_autofree char *path =
    g_build_filename (fixture->kit.daemon->cache, "tarballs", NULL);
  g_autofree char *total = g_build_filename (path, "total", NULL);

  store_kit_stop (&fixture->kit);
  g_assert_cmpint (g_unlink (total), ==, 0);
  g_assert_cmpint (g_rmdir (path), ==, 0);
  g_file_set_contents (path, "", 0, &error);
  g_assert_no_error (error);
  store_kit_start (&fixture->kit);
  store_kit_check (&fixture->kit, "hello", tarball);
  check_part (fixture, "hello", tarball);
}

/* One that dies while it fetches leaves nothing that is in the way, or stays.
 */
static void
test_killed (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GBytes) tarball =
    store_kit_publish (&fixture->kit, "hello", LARGE);
  guint parts = 0;

  g_atomic_int_set (&fixture->slow, 60 * G_USEC_PER_SEC / 100);
  GThread *client = g_thread_new ("client", ask_thread, &fixture->kit);
  wait_for_parts (fixture, 1);

  g_autoptr (GArray) workers = daemon_kit_list_workers (fixture->kit.daemon);
  for (guint i = 0; i < workers->len; i++)
    kill (g_array_index (workers, GPid, i), SIGKILL);
  g_autoptr (WireAnswer) none = g_thread_join (client);
  g_assert_null (none);
  measure_copies (fixture, &parts);
  g_assert_cmpuint (parts, ==, 1);

  g_atomic_int_set (&fixture->slow, 0);
  daemon_kit_kill (fixture->kit.daemon);
  store_kit_start (&fixture->kit);
  wait_for_parts (fixture, 0);
  store_kit_check (&fixture->kit, "hello", tarball);
}

/* What stops to come is asked for again from where it was. */
static void
test_stalled (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GBytes) tarball =
    store_kit_publish (&fixture->kit, "hello", 2 * LARGE);

  g_atomic_int_set (&fixture->half, 1);
  store_kit_check (&fixture->kit, "hello", tarball);
  g_assert_cmpint (g_atomic_int_get (&fixture->gets), ==, 2);
}

/* Where it does not go on, nobody waits for ever, and all is well when it does.
 */
static void
test_stuck (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GBytes) tarball =
    store_kit_publish (&fixture->kit, "hello", 2 * LARGE);

  g_atomic_int_set (&fixture->half, 1);
  GThread *client = g_thread_new ("client", ask_thread, &fixture->kit);
  for (guint i = 0; i < 2000 && g_atomic_int_get (&fixture->half) > 0; i++)
    g_usleep (5000);
  s3_double_set_hanging (fixture->kit.engine, TRUE);
  g_autoptr (WireAnswer) none = g_thread_join (client);
  g_assert_null (none);

  s3_double_set_hanging (fixture->kit.engine, FALSE);
  g_autoptr (WireAnswer) again = NULL;
  for (guint i = 0; i < 100 && (again == NULL || again->status == 503); i++)
    {
      g_clear_pointer (&again, wire_answer_free);
      again = store_kit_ask (&fixture->kit, "GET", "hello", NULL);
      g_usleep (100000);
    }
  g_assert_nonnull (again);
  g_assert_cmpuint (again->status, ==, 200);
  g_assert_true (g_bytes_equal (again->body, tarball));
}

/* Who takes nothing holds up nobody, and gets all of it when he does. */
static void
test_slow_reader (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GBytes) tarball =
    store_kit_publish (&fixture->kit, "hello", 8 * LARGE);
  g_autoptr (Wire) slow = wire_new (fixture->kit.daemon->port);
  g_autoptr (GError) error = NULL;
  static const char question[] =
    "GET /packages/hello/1.0.0/download HTTP/1.1\r\nHost: x\r\n\r\n";

  wire_write (slow, question, strlen (question), &error);
  g_assert_no_error (error);
  store_kit_check (&fixture->kit, "hello", tarball);
  store_kit_check (&fixture->kit, "hello", tarball);
  g_autoptr (WireAnswer) answer = wire_read (slow, TRUE, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_true (g_bytes_equal (answer->body, tarball));
  g_assert_cmpint (g_atomic_int_get (&fixture->gets), ==, 1);
}

/* In KiB. */
static guint64
read_memory (GPid pid, const char *name)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/status", (int) pid);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  const char *line = strstr (text, name);
  g_assert_nonnull (line);

  return g_ascii_strtoull (line + strlen (name), NULL, 10);
}

static void
forget_peak (GPid pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/clear_refs", (int) pid);
  FILE *file = fopen (path, "w");

  g_assert_nonnull (file);
  fputs ("5", file);
  fclose (file);
}

/* However large tarballs are, a process needs no more memory for them. The
 * address sanitizer, however, keeps what was freed. */
static void
test_memory (Fixture *fixture, gconstpointer test_data)
{
  static const char *const names[] = { "one", "two" };
  GBytes *tarballs[G_N_ELEMENTS (names)];
  g_autoptr (GArray) workers = daemon_kit_list_workers (fixture->kit.daemon);
  guint64 before[STORE_KIT_WORKERS];

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    tarballs[i] = store_kit_publish (&fixture->kit, names[i], 26 * LARGE);
  g_assert_cmpuint (workers->len, ==, STORE_KIT_WORKERS);
  for (guint i = 0; i < workers->len; i++)
    {
      forget_peak (g_array_index (workers, GPid, i));
      before[i] = read_memory (g_array_index (workers, GPid, i), "VmRSS:");
    }

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      store_kit_check (&fixture->kit, names[i], tarballs[i]);
      store_kit_check (&fixture->kit, names[i], tarballs[i]);
      g_bytes_unref (tarballs[i]);
    }
#ifndef __SANITIZE_ADDRESS__
  for (guint i = 0; i < workers->len; i++)
    g_assert_cmpuint (read_memory (g_array_index (workers, GPid, i), "VmHWM:"),
                      <,
                      before[i] + 32 * 1024);
#endif
}

static WireAnswer *
ask_file (Fixture *fixture, const char *name, const char *folder)
{
  g_autoptr (Wire) wire = wire_new (fixture->kit.daemon->port);
  g_autofree char *target =
    g_strdup_printf ("/packages/%s/%s/manifest.json", name, folder);

  return wire_request (wire, "GET", target, NULL, NULL, NULL);
}

/* A file of a package comes out of the copy, which is fetched for it, and none
 * comes out of one that is not right. */
static void
test_file (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GBytes) tarball =
    store_kit_publish (&fixture->kit, "hello", LARGE);
  g_autoptr (GBytes) other = store_kit_publish (&fixture->kit, "other", LARGE);
  g_autoptr (WireAnswer) answer = ask_file (fixture, "hello", "1.0.0/raw");
  g_assert_nonnull (answer);
  g_autofree char *text = wire_answer_dup_text (answer);

  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_nonnull (strstr (text, "hello"));
  g_autoptr (WireAnswer) both = ask_file (fixture, "hello", "diff/1.0.0/1.0.0");
  g_assert_nonnull (both);
  g_autofree char *change = wire_answer_dup_text (both);
  g_assert_nonnull (strstr (change, "\"change\":\"none\""));
  store_kit_check (&fixture->kit, "hello", tarball);
  g_assert_cmpint (g_atomic_int_get (&fixture->gets), ==, 1);

  g_atomic_int_set (&fixture->flip, 1);
  g_autoptr (WireAnswer) wrong = ask_file (fixture, "other", "1.0.0/raw");
  g_assert_nonnull (wrong);
  g_assert_cmpuint (wrong->status, >=, 500);

  g_atomic_int_set (&fixture->flip, 0);
  g_autoptr (WireAnswer) right = ask_file (fixture, "other", "1.0.0/raw");
  g_assert_nonnull (right);
  g_assert_cmpuint (right->status, ==, 200);
}

#define add(name, func, size)                                                  \
  g_test_add ("/download-proxy/" name, Fixture, size, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  add ("once", test_once, NULL);
  add ("flipped", test_flipped, NULL);
  add ("parts", test_parts, NULL);
  add ("bound", test_bound, "4 MiB");
  add ("hanging", test_hanging, NULL);
  add ("nothing-kept", test_nothing_kept, "0");
  add ("no-folder", test_no_folder, NULL);
  add ("killed", test_killed, NULL);
  add ("stalled", test_stalled, NULL);
  add ("stuck", test_stuck, NULL);
  add ("slow-reader", test_slow_reader, NULL);
  add ("memory", test_memory, NULL);
  add ("file", test_file, NULL);

  return g_test_run ();
}
