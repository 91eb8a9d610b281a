/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

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

#define add(name, func)                                                        \
  g_test_add ("/store-away/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  add ("pages", test_pages);

  return g_test_run ();
}
