/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <libsoup/soup.h>
#include <string.h>

#include "kit/package-kit.h"
#include "kit/store-kit.h"

/* A daemon whose clock is far from the storage's writes nothing: the log is in
 * the order of its times. */

#define PATIENCE (30 * G_TIME_SPAN_SECOND)

static void
set_up (StoreKit *kit, gconstpointer test_data)
{
  store_kit_set_up (kit);
}

static void
tear_down (StoreKit *kit, gconstpointer test_data)
{
  store_kit_tear_down (kit);
}

/* Has the engine tell another time. */
static void
tell_time_cb (const S3Question *question, S3Reply *reply, gpointer data)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autoptr (GDateTime) time =
    g_date_time_add_seconds (now, g_atomic_int_get ((gint *) data));
  g_autofree char *text = soup_date_time_to_string (time, SOUP_DATE_HTTP);

  g_string_append_printf (reply->headers, "Date: %s\r\n", text);
}

static char *
ask_ready (StoreKit *kit, guint *out_status)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Wire) wire = wire_new (kit->daemon->port);
  g_autoptr (WireAnswer) answer = wire_get (wire, "/readyz", &error);

  g_assert_no_error (error);
  *out_status = answer->status;

  return wire_answer_dup_text (answer);
}

static void
wait_for (StoreKit *kit, guint status, const char *text)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  for (;;)
    {
      guint got;
      g_autofree char *answer = ask_ready (kit, &got);

      if (got == status && strstr (answer, text) != NULL)
        return;
      if (g_get_monotonic_time () > end)
        g_error ("Not %u with “%s”, but %u: %s", status, text, got, answer);
      g_usleep (20 * G_TIME_SPAN_MILLISECOND);
    }
}

static guint
publish (StoreKit *kit, const char *version)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Wire) wire = wire_new (kit->daemon->port);
  g_autoptr (GBytes) tarball = package_kit_make ("clock", version, 100, 1);
  g_autofree char *target = g_strdup_printf ("/packages/clock/%s", version);
  g_autoptr (WireAnswer) answer =
    wire_request (wire,
                  "PUT",
                  target,
                  "Content-Type: application/gzip\r\n",
                  tarball,
                  &error);

  g_assert_no_error (error);

  return answer->status;
}

static void
test_skew (StoreKit *kit, gconstpointer test_data)
{
  gint seconds = 0;

  s3_double_set_filter (kit->engine, tell_time_cb, &seconds);
  store_kit_start (kit);
  g_assert_cmpuint (publish (kit, "1.0.0"), ==, 201);

  /* What a client would not notice is no reason. */
  g_atomic_int_set (&seconds, 50);
  g_usleep (G_TIME_SPAN_SECOND);
  g_assert_cmpuint (publish (kit, "1.0.1"), ==, 201);

  g_atomic_int_set (&seconds, 90);
  wait_for (kit, 503, "seconds behind that of the storage");
  g_assert_cmpuint (publish (kit, "1.0.2"), ==, 503);
  g_atomic_int_set (&seconds, -90);
  wait_for (kit, 503, "seconds ahead of that of the storage");
  g_assert_cmpuint (publish (kit, "1.0.2"), ==, 503);

  /* A clock that was set is seen at once. */
  g_atomic_int_set (&seconds, 0);
  wait_for (kit, 200, "ready");
  g_assert_cmpuint (publish (kit, "1.0.2"), ==, 201);
  store_kit_stop (kit);
  s3_double_set_filter (kit->engine, NULL, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/clock-skew", StoreKit, NULL, set_up, test_skew, tear_down);

  return g_test_run ();
}
