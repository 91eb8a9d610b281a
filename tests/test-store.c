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

/* A registry before a store that is not as it should be. */

#define PATIENCE (30 * G_TIME_SPAN_SECOND)
#define LOOKS_AFTER "looks after the storage from now on"

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

static void
wait_for_log (StoreKit *kit, const char *text)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  for (;;)
    {
      g_autofree char *log = daemon_kit_dup_log (kit->daemon);

      if (strstr (log, text) != NULL)
        return;
      if (g_get_monotonic_time () > end)
        g_error ("Not “%s”, but %s", text, log);
      g_usleep (20 * G_TIME_SPAN_MILLISECOND);
    }
}

static guint
publish (StoreKit *kit, const char *version)
{
  g_autoptr (Wire) wire = wire_new (kit->daemon->port);
  g_autoptr (GBytes) tarball = package_kit_make ("clock", version, 100, 1);

  return wire_publish (wire, "clock", version, tarball);
}

/* A daemon whose clock is far from the storage's writes nothing: the log is in
 * the order of its times. */
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

static void
find_events (StoreKit *kit, guint64 n)
{
  g_assert_cmpfloat (store_kit_get_figure (kit, "loft_catalog_sequence"),
                     ==,
                     (double) n);
}

/* An entry of the log that was lost is not written again with something else
 * in it, by a daemon that does not know what was there. */
static void
test_lost_entry (StoreKit *kit, gconstpointer test_data)
{
  static const char name[] = "p/_registry/log/00000000000000000003";
  S3Memory *memory = s3_double_get_memory (kit->engine);
  g_autoptr (GError) error = NULL;

  store_kit_start (kit);
  g_assert_cmpuint (publish (kit, "1.0.0"), ==, 201);
  g_assert_cmpuint (publish (kit, "1.0.1"), ==, 201);
  g_assert_cmpuint (publish (kit, "1.0.2"), ==, 201);
  find_events (kit, 4);
  store_kit_stop (kit);

  g_autofree char *entry = s3_memory_get (memory, name);
  g_assert_nonnull (entry);
  s3_memory_remove (memory, name);
  daemon_kit_forget_cache (kit->daemon, &error);
  g_assert_no_error (error);

  kit->daemon->expects_warnings = TRUE;
  daemon_kit_launch (kit->daemon, &error);
  g_assert_no_error (error);
  daemon_kit_wait_listening (kit->daemon, &error);
  g_assert_no_error (error);
  wait_for (kit, 503, "can't be brought together");
  g_assert_cmpuint (publish (kit, "1.0.3"), ==, 503);
  g_autofree char *none = s3_memory_get (memory, name);
  g_assert_null (none);
  g_autofree char *log = daemon_kit_dup_log (kit->daemon);
  g_assert_nonnull (strstr (log, "The log has lost event 3"));

  /* It goes on by itself once that is back. */
  s3_memory_put (memory, name, entry, NULL);
  wait_for (kit, 200, "ready");
  find_events (kit, 4);
  g_assert_cmpuint (publish (kit, "1.0.3"), ==, 201);
  store_kit_stop (kit);
}

/* Where the log is taken away from under a daemon that runs, it does not go on
 * as if that were there. */
static void
test_lost_log (StoreKit *kit, gconstpointer test_data)
{
  static const char name[] = "p/_registry/log/00000000000000000003";

  store_kit_configure (kit, "maintenance-lease", "3");
  kit->daemon->expects_warnings = TRUE;
  store_kit_start (kit);
  g_assert_cmpuint (publish (kit, "1.0.0"), ==, 201);
  g_assert_cmpuint (publish (kit, "1.0.1"), ==, 201);
  find_events (kit, 3);

  s3_memory_remove (s3_double_get_memory (kit->engine), name);
  wait_for_log (kit, "has lost the end of the log");

  /* What the documents say is told of anew, and that is the log then. */
  wait_for (kit, 200, "ready");
  g_assert_cmpuint (publish (kit, "1.0.2"), ==, 201);
  find_events (kit, 4);
  store_kit_stop (kit);
}

/* A request of which the rest does not come yet. */
static Wire *
begin_publish (DaemonKit *daemon)
{
  static const char head[] = "PUT /packages/late/1.0.0 HTTP/1.1\r\n"
                             "Host: localhost\r\n"
                             "Content-Type: application/gzip\r\n"
                             "Content-Length: 1000\r\n\r\nbegin";
  Wire *wire = wire_new (daemon->port);
  g_autoptr (GError) error = NULL;

  wire_write (wire, head, strlen (head), &error);
  g_assert_no_error (error);

  return wire;
}

/* One that is stopping does not begin to look after the store, though nobody
 * else does; what it has to answer yet may take it longer than the lease. */
static void
test_stopping (StoreKit *kit, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DaemonKit) other = daemon_kit_new (NULL, &error);
  g_assert_no_error (error);

  store_kit_configure (kit, "maintenance-lease", "3");
  kit->daemon->expects_warnings = TRUE;
  store_kit_start (kit);
  wait_for_log (kit, LOOKS_AFTER);
  store_kit_configure_daemon (kit, other);
  daemon_kit_configure (other, "registry", "maintenance-lease", "3", &error);
  g_assert_no_error (error);
  daemon_kit_start (other, &error);
  g_assert_no_error (error);
  daemon_kit_wait_ready (other, 60, &error);
  g_assert_no_error (error);

  g_autoptr (Wire) wire = begin_publish (other);
  g_usleep (G_USEC_PER_SEC / 5);
  daemon_kit_ask_to_stop (other);
  daemon_kit_kill (kit->daemon);
  g_usleep (6 * G_USEC_PER_SEC);

  int status = 0;
  g_assert_false (daemon_kit_has_ended (other, &status));
  g_autofree char *log = daemon_kit_dup_log (other);
  g_assert_nonnull (strstr (log, "Stopping, once"));
  g_assert_null (strstr (log, LOOKS_AFTER));
  g_clear_pointer (&wire, wire_free);
  daemon_kit_wait_stopped (other, &error);
  g_assert_no_error (error);
}

static void
add (const char *path, void (*func) (StoreKit *, gconstpointer))
{
  g_test_add (path, StoreKit, NULL, set_up, func, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/store/skew", test_skew);
  add ("/store/lost-entry", test_lost_entry);
  add ("/store/lost-log", test_lost_log);
  add ("/store/stopping", test_stopping);

  return g_test_run ();
}
