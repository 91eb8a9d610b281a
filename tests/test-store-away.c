/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>
#include <sys/wait.h>

#include "kit/package-kit.h"
#include "kit/store-kit.h"

/* A registry whose object store does not answer for a while. */

#define TRIES 200
#define PAUSE 100000
#define NOTICE "The storage is away"
#define HTML "Accept: text/html\r\n"

typedef struct
{
  StoreKit kit;
  GBytes *tarball; /* owned: of “hello” */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  store_kit_set_up (&fixture->kit);
  store_kit_start (&fixture->kit);
  fixture->tarball = store_kit_publish (&fixture->kit, "hello", 2000);
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  store_kit_tear_down (&fixture->kit);
  g_bytes_unref (fixture->tarball);
}

static WireAnswer *
ask (Fixture *fixture, const char *target, const char *headers)
{
  g_autoptr (Wire) wire = wire_new (fixture->kit.daemon->port);
  g_autoptr (GError) error = NULL;
  WireAnswer *answer =
    wire_request (wire, "GET", target, headers, NULL, &error);

  g_assert_no_error (error);

  return answer;
}

static void
check_refused (Fixture *fixture, const char *target)
{
  g_autoptr (WireAnswer) answer = ask (fixture, target, NULL);
  g_autofree char *retry = wire_answer_get_header (answer, "Retry-After");

  g_assert_cmpuint (answer->status, ==, 503);
  g_assert_nonnull (retry);
}

/* Waits until a page is as it always is. */
static void
wait_for_page (Fixture *fixture, const char *target)
{
  for (guint i = 0; i < TRIES; i++)
    {
      g_autoptr (WireAnswer) answer = ask (fixture, target, HTML);
      g_autofree char *text = wire_answer_dup_text (answer);

      g_assert_cmpuint (answer->status, ==, 200);
      if (strstr (text, NOTICE) == NULL)
        return;
      g_usleep (PAUSE);
    }
  g_assert_not_reached ();
}

/* What the catalog has is shown, and what it has not is said; nobody keeps
 * that, and it is shown again as soon as it can be had. */
static void
test_pages (Fixture *fixture, gconstpointer test_data)
{
  static const char *const targets[] = { "/packages/hello",
                                         "/packages/hello/1.0.0",
                                         "/at/2/packages/hello/1.0.0" };

  s3_double_set_hanging (fixture->kit.engine, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      g_autoptr (WireAnswer) answer = ask (fixture, targets[i], HTML);
      g_autofree char *text = wire_answer_dup_text (answer);
      g_autofree char *keep = wire_answer_get_header (answer, "Cache-Control");

      g_assert_cmpuint (answer->status, ==, 200);
      g_assert_nonnull (strstr (text, "hello"));
      g_assert_nonnull (strstr (text, NOTICE));
      g_assert_cmpstr (keep, ==, "no-store");
    }
  check_refused (fixture, "/packages/hello/1.0.0");

  g_autoptr (WireAnswer) list = ask (fixture, "/packages/hello", NULL);
  g_assert_cmpuint (list->status, ==, 200);

  s3_double_set_hanging (fixture->kit.engine, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (targets); i++)
    wait_for_page (fixture, targets[i]);
}

static guint
publish (Fixture *fixture, const char *name)
{
  g_autoptr (Wire) wire = wire_new (fixture->kit.daemon->port);
  g_autoptr (GBytes) tarball = package_kit_make (name, "1.0.0", 2000, 1);

  return wire_publish (wire, name, "1.0.0", tarball);
}

/* Each worker finds out for itself that the store is back. */
static void
wait_for_publish (Fixture *fixture, const char *name)
{
  guint status = 0;

  for (guint i = 0; i < TRIES && status != 201; i++)
    {
      status = publish (fixture, name);
      g_assert_true (status == 201 || status == 503);
      g_usleep (PAUSE);
    }
  g_assert_cmpuint (status, ==, 201);
}

/* Waits until a worker has what the catalog has. */
static void
wait_for_catalog (Fixture *fixture)
{
  guint status = 0;

  for (guint i = 0; i < TRIES && status != 200; i++)
    {
      g_autoptr (WireAnswer) answer = ask (fixture, "/packages", NULL);

      status = answer->status;
      g_usleep (PAUSE);
    }
  g_assert_cmpuint (status, ==, 200);
}

static void
check_download (Fixture *fixture)
{
  g_autoptr (WireAnswer) answer =
    store_kit_ask (&fixture->kit, "GET", "hello", NULL);

  g_assert_nonnull (answer);
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_true (g_bytes_equal (answer->body, fixture->tarball));
}

/* A registry that is started meanwhile answers what it has, says how old that
 * is, and takes nothing; when the store is back, it goes on by itself. */
static void
test_start (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  check_download (fixture);
  store_kit_stop (&fixture->kit);
  s3_double_set_hanging (fixture->kit.engine, TRUE);
  daemon_kit_start (fixture->kit.daemon, &error);
  g_assert_no_error (error);

  wait_for_catalog (fixture);
  g_autoptr (WireAnswer) list = ask (fixture, "/packages/hello", NULL);
  g_autofree char *age = wire_answer_get_header (list, "Age");
  g_autoptr (WireAnswer) page = ask (fixture, "/packages/hello", HTML);
  g_assert_cmpuint (list->status, ==, 200);
  g_assert_nonnull (age);
  g_assert_cmpuint (page->status, ==, 200);
  check_download (fixture);
  check_refused (fixture, "/readyz");
  g_assert_cmpuint (publish (fixture, "early"), ==, 503);

  s3_double_set_hanging (fixture->kit.engine, FALSE);
  daemon_kit_wait_ready (fixture->kit.daemon, 60, &error);
  g_assert_no_error (error);
  wait_for_publish (fixture, "late");
  wait_for_page (fixture, "/packages/hello");
}

/* One that has nothing to answer with says why, and ends. */
static void
test_start_empty (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  int status = 0;

  store_kit_stop (&fixture->kit);
  daemon_kit_forget_cache (fixture->kit.daemon, &error);
  g_assert_no_error (error);
  s3_double_set_hanging (fixture->kit.engine, TRUE);
  daemon_kit_launch (fixture->kit.daemon, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < TRIES; i++)
    {
      if (daemon_kit_has_ended (fixture->kit.daemon, &status))
        break;
      g_usleep (PAUSE);
    }
  g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 1);

  g_autofree char *log = daemon_kit_dup_log (fixture->kit.daemon);
  g_assert_nonnull (strstr (log, "does not answer"));
}

#define add(name, func)                                                        \
  g_test_add ("/store-away/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  add ("pages", test_pages);
  add ("start", test_start);
  add ("start-empty", test_start_empty);

  return g_test_run ();
}
