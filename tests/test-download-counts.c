/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "kit/metrics-kit.h"
#include "kit/package-kit.h"
#include "kit/store-kit.h"

/* The real program, and what it says of how often something was downloaded. */

#define WORKERS 3
#define ROUNDS 4
#define READY_SECONDS 60
#define SMALL 2000
#define LARGE (12 * 1024 * 1024)

typedef struct
{
  DaemonKit *daemon; /* owned */
} Fixture;

static void
configure (DaemonKit *daemon,
           const char *group,
           const char *key,
           const char *to)
{
  g_autoptr (GError) error = NULL;

  daemon_kit_configure (daemon, group, key, to, &error);
  g_assert_no_error (error);
}

static void
start (DaemonKit *daemon)
{
  g_autoptr (GError) error = NULL;

  daemon_kit_start (daemon, &error);
  g_assert_no_error (error);
  daemon_kit_wait_ready (daemon, READY_SECONDS, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  const char *hot = test_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *workers = g_strdup_printf ("%d", WORKERS);

  fixture->daemon = daemon_kit_new (NULL, &error);
  g_assert_no_error (error);
  configure (fixture->daemon, "http", "workers", workers);
  configure (fixture->daemon, "http", "hot-responses", hot);
  configure (fixture->daemon, "registry", "download-count-interval", "1");
  start (fixture->daemon);
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  daemon_kit_free (fixture->daemon);
}

static void
publish (DaemonKit *daemon, const char *name, gsize size)
{
  g_autoptr (Wire) wire = wire_new (daemon->port);
  g_autoptr (GBytes) tarball = package_kit_make (name, "1.0.0", size, 1);

  g_assert_cmpuint (wire_publish (wire, name, "1.0.0", tarball), ==, 201);
}

static void
ask (Wire *wire,
     const char *method,
     const char *name,
     const char *headers,
     guint status)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *target =
    g_strdup_printf ("/packages/%s/1.0.0/download", name);
  g_autoptr (WireAnswer) answer =
    wire_request (wire, method, target, headers, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (answer->status, ==, status);
}

static char *
read_counts (DaemonKit *daemon, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Wire) wire = wire_new (daemon->port);
  g_autofree char *target = g_strdup_printf ("/packages/%s/downloads", name);
  g_autoptr (WireAnswer) answer = wire_get (wire, target, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (answer->status, ==, 200);

  return wire_answer_dup_text (answer);
}

/* Waits until so many downloads are told of, in all, today and of the version;
 * the test ends if that takes too long, or if it ever are more. */
static void
await_total (DaemonKit *daemon, const char *name, guint total)
{
  g_autofree char *wanted = g_strdup_printf ("\"total\":%u,", total);
  g_autofree char *day =
    g_strdup_printf (",\"downloads\":%u}],\"versions\":"
                     "[{\"version\":\"1.0.0\",\"downloads\":%u}]}",
                     total,
                     total);

  for (guint i = 0; i < 300; i++)
    {
      g_autofree char *text = read_counts (daemon, name);
      const char *found = strstr (text, "\"total\":");

      g_assert_nonnull (found);
      g_assert_cmpuint (g_ascii_strtoull (found + 8, NULL, 10), <=, total);
      if (strstr (text, wanted) != NULL)
        {
          /* Around midnight some are of the other day. */
          if (total > 0 && !g_str_has_suffix (text, day))
            g_test_message ("Not of one day: %s", text);
          return;
        }
      g_usleep (G_USEC_PER_SEC / 10);
    }
  g_assert_not_reached ();
}

/* Lets all that was handed over so far be told of. */
static void
settle (void)
{
  g_usleep (4 * G_USEC_PER_SEC);
}

static Wire *
connect_to_worker (DaemonKit *daemon, guint index)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) pids = NULL;

  daemon_kit_wait_workers (daemon, WORKERS, &error);
  g_assert_no_error (error);
  pids = daemon_kit_list_workers (daemon);
  Wire *wire =
    daemon_kit_connect (daemon, g_array_index (pids, GPid, index), &error);
  g_assert_no_error (error);

  return wire;
}

/* Leaves in the middle of an answer. */
static void
break_off (DaemonKit *daemon)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Wire) wire = wire_new (daemon->port);

  wire_send (wire, "GET", "/packages/large/1.0.0/download", NULL, NULL, &error);
  g_assert_no_error (error);
}

/* Of all workers together, whole downloads count, and nothing else does. */
static void
test_what_counts (Fixture *fixture, gconstpointer test_data)
{
  DaemonKit *daemon = fixture->daemon;
  g_autofree char *tag = NULL;

  publish (daemon, "small", SMALL);
  publish (daemon, "large", LARGE);
  await_total (daemon, "small", 0);

  for (guint i = 0; i < WORKERS; i++)
    {
      g_autoptr (Wire) wire = connect_to_worker (daemon, i);

      ask (wire, "HEAD", "small", NULL, 200);
      for (guint j = 0; j < ROUNDS; j++)
        ask (wire, "GET", "small", NULL, 200);
      ask (wire, "HEAD", "small", NULL, 200);
      ask (wire, "GET", "small", "If-None-Match: *\r\n", 304);
      ask (wire, "GET", "small", "Range: bytes=0-99\r\n", 206);
      ask (wire, "GET", "small", "Range: bytes=100-200\r\n", 206);
      ask (wire, "GET", "small", "Range: bytes=99999999-\r\n", 416);
      ask (wire, "GET", "large", NULL, 200);
      ask (wire, "GET", "large", "Range: bytes=1000-\r\n", 206);
    }
  for (guint i = 0; i < ROUNDS; i++)
    break_off (daemon);

  await_total (daemon, "small", WORKERS * ROUNDS);
  await_total (daemon, "large", WORKERS * 2);
  settle ();
  await_total (daemon, "small", WORKERS * ROUNDS);
  await_total (daemon, "large", WORKERS * 2);

  /* The resumed one, and the one in pieces, count with their last byte; what is
   * seen as it was is the same tarball. */
  g_autoptr (Wire) wire = wire_new (daemon->port);
  g_autoptr (GError) error = NULL;
  g_autoptr (WireAnswer) view =
    wire_get (wire, "/at/2/packages/small/1.0.0/download", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (view->status, ==, 200);
  await_total (daemon, "small", WORKERS * ROUNDS + 1);
}

/* What was told of outlives whatever happens to the program and to its catalog,
 * and what was not yet outlives at least a stop in good order. */
static void
test_endings (Fixture *fixture, gconstpointer test_data)
{
  DaemonKit *daemon = fixture->daemon;
  g_autoptr (GError) error = NULL;
  guint total = 0;

  publish (daemon, "small", SMALL);
  for (guint i = 0; i < 2; i++)
    {
      {
        g_autoptr (Wire) wire = wire_new (daemon->port);
        for (guint j = 0; j < ROUNDS; j++)
          ask (wire, "GET", "small", NULL, 200);
      }
      total += ROUNDS;
      if (i == 1)
        await_total (daemon, "small", total);
      daemon_kit_stop (daemon, &error);
      g_assert_no_error (error);
      if (i == 1)
        daemon_kit_forget_cache (daemon, &error);
      g_assert_no_error (error);
      start (daemon);
      await_total (daemon, "small", total);
    }

  g_autoptr (Wire) wire = wire_new (daemon->port);
  ask (wire, "GET", "small", NULL, 200);
  total++;
  await_total (daemon, "small", total);
  daemon->expects_warnings = TRUE;
  daemon_kit_kill (daemon);
  start (daemon);
  await_total (daemon, "small", total);
  settle ();
  await_total (daemon, "small", total);
}

static void
check_answer (DaemonKit *daemon,
              const char *target,
              guint status,
              const char *part)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Wire) wire = wire_new (daemon->port);
  g_autoptr (WireAnswer) answer = wire_get (wire, target, &error);
  g_assert_no_error (error);
  g_autofree char *text = wire_answer_dup_text (answer);

  g_assert_cmpuint (answer->status, ==, status);
  g_assert_nonnull (strstr (text, part));
}

/* What is asked for is bounded, and what does not exist is not told of. */
static void
test_answers (Fixture *fixture, gconstpointer test_data)
{
  DaemonKit *daemon = fixture->daemon;
  g_autoptr (GError) error = NULL;

  publish (daemon, "small", SMALL);
  check_answer (daemon, "/packages/small/downloads?days=1", 200, "\"total\":0");
  check_answer (daemon, "/packages/small/downloads?days=0", 400, "days");
  check_answer (daemon, "/packages/small/downloads?days=91", 400, "days");
  check_answer (daemon, "/packages/small/downloads?days=x", 400, "days");
  check_answer (daemon, "/packages/absent/downloads", 404, "absent");

  g_autofree char *text = read_counts (daemon, "small");
  guint n_days = 0;
  for (const char *at = text; (at = strstr (at, "\"day\":")) != NULL; at++)
    n_days++;
  g_assert_cmpuint (n_days, ==, 90);

  daemon_kit_stop (daemon, &error);
  g_assert_no_error (error);
  configure (daemon, "registry", "download-counts", "false");
  start (daemon);
  g_autoptr (Wire) wire = wire_new (daemon->port);
  ask (wire, "GET", "small", NULL, 200);
  check_answer (daemon, "/packages/small/downloads", 404, "does not count");
  daemon_kit_stop (daemon, &error);
  g_assert_no_error (error);
  configure (daemon, "registry", "download-counts", "true");
  start (daemon);
  settle ();
  await_total (daemon, "small", 0);
}

/* Waits until a package's page has @part. */
static void
await_page (DaemonKit *daemon, const char *target, const char *part)
{
  for (guint i = 0; i < 300; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (Wire) wire = wire_new (daemon->port);
      g_autoptr (WireAnswer) answer = wire_request (wire,
                                                    "GET",
                                                    target,
                                                    "Accept: text/html\r\n",
                                                    NULL,
                                                    &error);
      g_assert_no_error (error);
      g_assert_cmpuint (answer->status, ==, 200);
      g_autofree char *text = wire_answer_dup_text (answer);

      if (strstr (text, part) != NULL)
        return;
      g_usleep (G_USEC_PER_SEC / 10);
    }
  g_assert_not_reached ();
}

/* The page of a package shows them a while later, although it is given again as
 * long as nothing else changes; one of a view, which may be kept, does not. */
static void
test_page (Fixture *fixture, gconstpointer test_data)
{
  DaemonKit *daemon = fixture->daemon;
  g_autoptr (Wire) wire = wire_new (daemon->port);
  g_autoptr (GError) error = NULL;

  publish (daemon, "small", SMALL);
  await_page (daemon, "/packages/small", "None yet.");
  ask (wire, "GET", "small", NULL, 200);
  await_page (daemon, "/packages/small", "1 in 90 days, 1 in all");
  await_page (daemon, "/packages/small/1.0.0", "<path d=\"M");
  for (guint i = 0; i < ROUNDS; i++)
    ask (wire, "GET", "small", NULL, 200);
  await_page (daemon, "/packages/small", "5 in 90 days, 5 in all");

  g_autoptr (WireAnswer) view = wire_request (wire,
                                              "GET",
                                              "/at/2/packages/small",
                                              "Accept: text/html\r\n",
                                              NULL,
                                              &error);
  g_assert_no_error (error);
  g_autofree char *text = wire_answer_dup_text (view);
  g_assert_cmpuint (view->status, ==, 200);
  g_assert_null (strstr (text, "Downloads"));
}

static DaemonKit *
new_node (StoreKit *kit)
{
  g_autoptr (GError) error = NULL;
  DaemonKit *daemon = daemon_kit_new (NULL, &error);

  g_assert_no_error (error);
  store_kit_configure_daemon (kit, daemon);
  configure (daemon, "registry", "download-count-interval", "1");

  return daemon;
}

/* Two servers of one store tell the same, and so does one that comes later;
 * whether clients got the tarball there or were sent to the store. */
static void
test_two_servers (void)
{
  StoreKit kit = { NULL };
  g_autoptr (GError) error = NULL;

  store_kit_set_up (&kit);
  store_kit_configure (&kit, "download-count-interval", "1");
  store_kit_configure (&kit, "download", "redirect");
  store_kit_start (&kit);
  g_autoptr (DaemonKit) other = new_node (&kit);
  start (other);
  publish (kit.daemon, "hello", SMALL);
  await_total (kit.daemon, "hello", 0);

  g_autoptr (Wire) wire = wire_new (kit.daemon->port);
  g_autoptr (Wire) other_wire = wire_new (other->port);
  for (guint i = 0; i < ROUNDS; i++)
    {
      ask (wire, "GET", "hello", NULL, 307);
      ask (wire, "HEAD", "hello", NULL, 200);
    }
  g_usleep (G_USEC_PER_SEC);
  ask (other_wire, "GET", "hello", NULL, 200);
  await_total (kit.daemon, "hello", ROUNDS + 1);
  await_total (other, "hello", ROUNDS + 1);

  daemon_kit_stop (other, &error);
  g_assert_no_error (error);
  g_autoptr (DaemonKit) late = new_node (&kit);
  start (late);
  await_total (late, "hello", ROUNDS + 1);
  daemon_kit_stop (late, &error);
  g_assert_no_error (error);
  store_kit_tear_down (&kit);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

#define ADD(name, hot, func)                                                   \
  g_test_add ("/download-counts/" name, Fixture, hot, set_up, func, tear_down)
  ADD ("what-counts/hot", "true", test_what_counts);
  ADD ("what-counts/not-hot", "false", test_what_counts);
  ADD ("endings", "true", test_endings);
  ADD ("answers", "true", test_answers);
  ADD ("page", "true", test_page);
#undef ADD
  g_test_add_func ("/download-counts/two-servers", test_two_servers);

  return g_test_run ();
}
