/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-buffer.h"
#include "gate/loft-gate-refusal.h"
#include "gate/loft-http-date.h"
#include "gate/loft-peers.h"
#include "gate/loft-request-id.h"

#include <string.h>

/* What a peer has is counted for it alone, and nothing stays of one that has
 * left. */
static void
test_peers (void)
{
  g_autoptr (LoftPeers) peers = loft_peers_new ();
  LoftPeerKey one = { { 127, 0, 0, 1 } };
  LoftPeerKey other = { { 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 } };

  g_assert_cmpuint (loft_peers_get_count (peers, &one), ==, 0);
  for (guint i = 1; i <= 1000; i++)
    {
      loft_peers_add (peers, &one);
      g_assert_cmpuint (loft_peers_get_count (peers, &one), ==, i);
    }
  g_assert_cmpuint (loft_peers_get_count (peers, &other), ==, 0);

  loft_peers_add (peers, &other);
  for (guint i = 1000; i > 0; i--)
    {
      g_assert_cmpuint (loft_peers_get_count (peers, &one), ==, i);
      loft_peers_remove (peers, &one);
    }
  g_assert_cmpuint (loft_peers_get_count (peers, &one), ==, 0);
  g_assert_cmpuint (loft_peers_get_count (peers, &other), ==, 1);
}

/* Only what is harmless wherever it is printed is taken over. */
static void
test_request_id_good (void)
{
  static const char *const bad[] = {
    "", " ", "a b", "a\n", "a\r\nSet-Cookie: b", "\"", "<", "a/b", "é", "a:b",
  };
  g_autofree char *longest = g_strnfill (LOFT_REQUEST_ID_MAX, '-');
  g_autofree char *longer = g_strnfill (LOFT_REQUEST_ID_MAX + 1, '-');

  g_assert_true (loft_request_id_is_good ((LoftSpan){ "a", 1 }));
  g_assert_true (loft_request_id_is_good ((LoftSpan){ "Az09-_.", 7 }));
  g_assert_true (
    loft_request_id_is_good ((LoftSpan){ longest, strlen (longest) }));
  g_assert_false (
    loft_request_id_is_good ((LoftSpan){ longer, strlen (longer) }));
  g_assert_false (loft_request_id_is_good ((LoftSpan){ NULL, 0 }));
  g_assert_false (loft_request_id_is_good ((LoftSpan){ "a\0b", 3 }));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (
      loft_request_id_is_good ((LoftSpan){ bad[i], strlen (bad[i]) }));
}

/* Ids are good themselves, and never the same. */
static void
test_request_id_make (void)
{
  g_autoptr (GHashTable) seen =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < 10000; i++)
    {
      char id[LOFT_REQUEST_ID_LENGTH + 1] = "";

      loft_request_id_make (id);
      g_assert_cmpuint (strlen (id), ==, LOFT_REQUEST_ID_LENGTH);
      g_assert_true (loft_request_id_is_good ((LoftSpan){ id, strlen (id) }));
      g_assert_true (g_hash_table_add (seen, g_strdup (id)));
    }
}

/* Dates are those of the standard, over leap years and ends of centuries. */
static void
test_http_date (void)
{
  static const struct
  {
    gint64 seconds;
    const char *date;
  } rows[] = {
    { 0, "Thu, 01 Jan 1970 00:00:00 GMT" },
    { 784111777, "Sun, 06 Nov 1994 08:49:37 GMT" },
    { 951782399, "Mon, 28 Feb 2000 23:59:59 GMT" },
    { 951782400, "Tue, 29 Feb 2000 00:00:00 GMT" },
    { 951868800, "Wed, 01 Mar 2000 00:00:00 GMT" },
    { 1835481599, "Tue, 29 Feb 2028 23:59:59 GMT" },
    { 2147483648, "Tue, 19 Jan 2038 03:14:08 GMT" },
    { 4107542399, "Sun, 28 Feb 2100 23:59:59 GMT" },
    { 4107542400, "Mon, 01 Mar 2100 00:00:00 GMT" },
    { 253402300799, "Fri, 31 Dec 9999 23:59:59 GMT" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      char date[LOFT_HTTP_DATE_LENGTH + 1];

      loft_http_date_format (rows[i].seconds, date);
      g_assert_cmpstr (date, ==, rows[i].date);
    }
}

/* And of every day of two hundred years, at a time of its own. */
static void
test_http_date_days (void)
{
  for (gint64 day = 0; day < 200 * 366; day++)
    {
      gint64 seconds = day * 86400 + day % 86400;
      g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (seconds);
      g_autofree char *expected =
        g_date_time_format (time, "%a, %d %b %Y %H:%M:%S GMT");
      char date[LOFT_HTTP_DATE_LENGTH + 1];

      loft_http_date_format (seconds, date);
      g_assert_cmpstr (date, ==, expected);
    }
}

/* A refusal is a whole answer that ends its connection, of exactly the length
 * that it tells. */
static void
test_refusal (void)
{
  static const guint statuses[] = {
    400, 408, 411, 414, 417, 431, 503, 505, 499
  };

  for (gsize i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      g_autoptr (GBytes) answer =
        loft_gate_refusal_render (statuses[i], "No, “sir”", "now", "id-1");
      gsize size = 0;
      const char *data = g_bytes_get_data (answer, &size);
      g_autofree char *text = g_strndup (data, size);
      g_autofree char *start = g_strdup_printf ("HTTP/1.1 %u ", statuses[i]);
      char *body = strstr (text, "\r\n\r\n");

      g_assert_true (g_str_has_prefix (text, start));
      g_assert_nonnull (body);

      g_autofree char *head = g_strndup (text, (gsize) (body - text) + 2);
      g_autofree char *length =
        g_strdup_printf ("\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n",
                         strlen (body + 4));
      g_autofree char *member = g_strdup_printf ("\"status\":%u,", statuses[i]);
      g_assert_nonnull (strstr (head, length));
      g_assert_nonnull (strstr (head, "\r\nConnection: close\r\n"));
      g_assert_nonnull (strstr (head, "\r\nDate: now\r\n"));
      g_assert_nonnull (strstr (head, "\r\nX-Request-Id: id-1\r\n"));
      g_assert_nonnull (
        strstr (head, "\r\nContent-Type: application/problem+json\r\n"));
      g_assert_cmpint (strstr (head, "\r\nRetry-After: ") != NULL,
                       ==,
                       statuses[i] == 503);
      g_assert_true (g_str_has_prefix (body + 4, "{\"detail\":\"No, “sir”\","));
      g_assert_nonnull (strstr (body, member));
      g_assert_nonnull (strstr (body, "\"request_id\":\"id-1\"}"));
    }
}

static void
assert_content (const LoftBuffer *buffer, const char *text)
{
  g_assert_cmpmem (buffer->data + buffer->start,
                   buffer->length,
                   text,
                   strlen (text));
}

/* What was appended and not consumed is there, in its order. */
static void
test_buffer (void)
{
  LoftBuffer buffer = { 0 };

  loft_buffer_append (&buffer, NULL, 0);
  g_assert_null (buffer.data);
  loft_buffer_append (&buffer, "hello ", 6);
  loft_buffer_append (&buffer, "world", 5);
  assert_content (&buffer, "hello world");
  loft_buffer_consume (&buffer, 0);
  loft_buffer_consume (&buffer, 4);
  assert_content (&buffer, "o world");
  loft_buffer_append (&buffer, "!", 1);
  assert_content (&buffer, "o world!");
  loft_buffer_consume (&buffer, 3);
  loft_buffer_reserve (&buffer, 0);
  assert_content (&buffer, "orld!");
  loft_buffer_consume (&buffer, 5);
  assert_content (&buffer, "");
  g_assert_cmpuint (buffer.start, ==, 0);
  loft_buffer_clear (&buffer);
  loft_buffer_clear (&buffer);
  g_assert_null (buffer.data);
  g_assert_cmpuint (buffer.size, ==, 0);
}

/* A buffer that is written to and read from is as large as what is in it, not
 * as all that went through it. */
static void
test_buffer_flow (void)
{
  LoftBuffer buffer = { 0 };
  guint8 next = 0;
  guint8 expected = 0;

  for (guint i = 0; i < 10000; i++)
    {
      for (guint n = i % 13; n > 0; n--, next++)
        loft_buffer_append (&buffer, (const char *) &next, 1);
      for (guint n = i % 11; n > 0 && buffer.length > 100; n--, expected++)
        {
          g_assert_cmpuint ((guint8) buffer.data[buffer.start], ==, expected);
          loft_buffer_consume (&buffer, 1);
        }
      if (buffer.length > 1000)
        {
          expected = (guint8) (expected + buffer.length);
          loft_buffer_consume (&buffer, buffer.length);
        }
    }
  g_assert_cmpuint (buffer.size, <=, 2048);

  loft_buffer_reserve (&buffer, 100000);
  memset (buffer.data + buffer.start + buffer.length, 'x', 100000);
  loft_buffer_clear (&buffer);
}

/* What was lent is not freed. */
static void
test_buffer_lent (void)
{
  char text[] = "hello";
  LoftBuffer buffer = { text, 0, 5, 0 };

  loft_buffer_consume (&buffer, 2);
  assert_content (&buffer, "llo");
  loft_buffer_clear (&buffer);
  g_assert_null (buffer.data);
  g_assert_cmpuint (buffer.length, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gate-parts/peers", test_peers);
  g_test_add_func ("/gate-parts/request-id/good", test_request_id_good);
  g_test_add_func ("/gate-parts/request-id/make", test_request_id_make);
  g_test_add_func ("/gate-parts/http-date", test_http_date);
  g_test_add_func ("/gate-parts/http-date/days", test_http_date_days);
  g_test_add_func ("/gate-parts/refusal", test_refusal);
  g_test_add_func ("/gate-parts/buffer", test_buffer);
  g_test_add_func ("/gate-parts/buffer/flow", test_buffer_flow);
  g_test_add_func ("/gate-parts/buffer/lent", test_buffer_lent);

  return g_test_run ();
}
