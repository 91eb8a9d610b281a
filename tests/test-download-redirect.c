/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "kit/store-kit.h"

/* Clients that are sent to the storage for tarballs. */

/* So many ask that each worker has answered some of them before. */
#define CLIENTS 12

static void
set_up (StoreKit *kit, gconstpointer test_data)
{
  store_kit_set_up (kit);
  store_kit_configure (kit, "download", "redirect");
}

static void
tear_down (StoreKit *kit, gconstpointer test_data)
{
  store_kit_tear_down (kit);
}

static void
check_header (const WireAnswer *answer, const char *name, const char *pattern)
{
  g_autofree char *value = wire_answer_get_header (answer, name);

  g_assert_nonnull (value);
  g_assert_true (g_pattern_match_simple (pattern, value));
}

/* Gives what the store answers at the address that a client is sent to. */
static GBytes *
follow (const WireAnswer *answer)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *location = wire_answer_get_header (answer, "Location");
  g_autoptr (GUri) uri = g_uri_parse (location, G_URI_FLAGS_ENCODED, &error);
  g_assert_no_error (error);
  g_autofree char *target =
    g_strdup_printf ("%s?%s", g_uri_get_path (uri), g_uri_get_query (uri));
  g_autoptr (Wire) wire = wire_new ((guint16) g_uri_get_port (uri));
  g_autoptr (WireAnswer) there = wire_get (wire, target, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (there->status, ==, 200);

  return g_bytes_ref (there->body);
}

/* Every client gets an address of its own, which nobody may keep, and which is
 * good for longer than it takes to give up; whatever others asked before. */
static void
test_redirect (StoreKit *kit, gconstpointer test_data)
{
  store_kit_start (kit);
  g_autoptr (GBytes) tarball = store_kit_publish (kit, "hello", 2000);

  for (guint i = 0; i < CLIENTS; i++)
    {
      g_autoptr (WireAnswer) head = store_kit_ask (kit, "HEAD", "hello", NULL);
      g_assert_cmpuint (head->status, ==, 200);
      g_autofree char *tag = wire_answer_get_header (head, "ETag");
      g_autofree char *condition =
        g_strdup_printf ("If-None-Match: %s\r\n", tag);
      g_autoptr (WireAnswer) known =
        store_kit_ask (kit, "GET", "hello", condition);
      g_assert_cmpuint (known->status, ==, 304);

      g_autoptr (WireAnswer) answer = store_kit_ask (kit, "GET", "hello", NULL);
      g_assert_cmpuint (answer->status, ==, 307);
      check_header (answer, "Cache-Control", "no-store");
      check_header (answer, "Location", "*X-Amz-Expires=120&*");
      g_autoptr (GBytes) got = follow (answer);
      g_assert_true (g_bytes_equal (got, tarball));
    }

  g_assert_cmpfloat (store_kit_get_figure (kit, "loft_hot_hits_total"), ==, 0);
}

/* A storage without addresses is a mistake in the configuration, which is told
 * before anything is served. */
static void
test_refused (StoreKit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  store_kit_configure (kit, "storage", kit->daemon->storage);
  g_assert_false (daemon_kit_start (kit->daemon, &error));
  g_assert_nonnull (strstr (error->message, "[registry] download"));
  g_assert_nonnull (strstr (error->message, "has no addresses"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add ("/download-redirect/always",
              StoreKit,
              NULL,
              set_up,
              test_redirect,
              tear_down);
  g_test_add ("/download-redirect/refused",
              StoreKit,
              NULL,
              set_up,
              test_refused,
              tear_down);

  return g_test_run ();
}
