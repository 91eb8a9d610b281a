/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-forwarded.h"

#include <string.h>

#define PROXY "10.0.0.1"

static const char *const proxies[] = { "10.0.0.0/8", "2001:db8::/32", NULL };

/* @forwarded and @others are what the headers say; @peer is whom the request
 * comes from then. */
typedef struct
{
  const char *name;
  const char *connected;
  const char *forwarded;
  const char *others;
  const char *peer;
} Row;

static const Row rows[] = {
  { "direct", "192.0.2.1", NULL, NULL, "192.0.2.1" },
  { "direct-forged", "192.0.2.1", "for=6.6.6.6", "6.6.6.6", "192.0.2.1" },
  { "silent-proxy", PROXY, NULL, NULL, PROXY },
  { "one-proxy", PROXY, NULL, "192.0.2.1", "192.0.2.1" },
  { "two-proxies", PROXY, NULL, "192.0.2.1, 10.0.0.2", "192.0.2.1" },
  { "forged", PROXY, NULL, "6.6.6.6, 192.0.2.1", "192.0.2.1" },
  { "forged-proxy", PROXY, NULL, "6.6.6.6, 10.9.9.9, 192.0.2.1", "192.0.2.1" },
  { "forged-two", PROXY, NULL, "6.6.6.6, 192.0.2.1, 10.0.0.2", "192.0.2.1" },
  { "only-proxies", PROXY, NULL, "10.0.0.3, 10.0.0.2", "10.0.0.3" },
  { "wrapped-proxy", "::ffff:10.0.0.1", NULL, "192.0.2.1", "192.0.2.1" },
  { "wrapped-direct", "::ffff:192.0.2.1", NULL, "6.6.6.6", "192.0.2.1" },
  { "wrapped-client", PROXY, NULL, "::ffff:192.0.2.1", "192.0.2.1" },
  { "wrapped-inner", PROXY, NULL, "192.0.2.1, ::ffff:10.0.0.2", "192.0.2.1" },
  { "no-spaces", PROXY, NULL, "6.6.6.6,192.0.2.1,10.0.0.2", "192.0.2.1" },
  { "spaces", PROXY, NULL, " \t192.0.2.1 \t,\t 10.0.0.2  ", "192.0.2.1" },
  { "port", PROXY, NULL, "192.0.2.1:4711", "192.0.2.1" },
  { "v6", PROXY, NULL, "2001:db9::1", "2001:db9::1" },
  { "v6-brackets", PROXY, NULL, "[2001:db9::1]", "2001:db9::1" },
  { "v6-port", PROXY, NULL, "[2001:db9::1]:4711", "2001:db9::1" },
  { "v6-proxy", "2001:db8::1", NULL, "2001:db9::1", "2001:db9::1" },
  { "v6-quoted", PROXY, NULL, "\"[2001:db9::1]:4711\"", "2001:db9::1" },
  { "empty", PROXY, NULL, "", PROXY },
  { "blank", PROXY, NULL, "  ", PROXY },
  { "comma", PROXY, NULL, "192.0.2.1,", PROXY },
  { "commas", PROXY, NULL, "192.0.2.1,,10.0.0.2", "10.0.0.2" },
  { "unknown", PROXY, NULL, "unknown", PROXY },
  { "unknown-inner", PROXY, NULL, "192.0.2.1, unknown, 10.0.0.2", "10.0.0.2" },
  { "name", PROXY, NULL, "localhost", PROXY },
  { "garbage", PROXY, NULL, "\x01\xff!", PROXY },
  { "half-bracket", PROXY, NULL, "[2001:db9::1", PROXY },
  { "empty-brackets", PROXY, NULL, "[]", PROXY },
  { "half-quote", PROXY, NULL, "\"192.0.2.1", PROXY },
  { "too-large", PROXY, NULL, "192.0.2.256", PROXY },
  { "short", PROXY, NULL, "192.0.2", PROXY },
  { "for", PROXY, "for=192.0.2.1", NULL, "192.0.2.1" },
  { "both", PROXY, "for=192.0.2.1", "6.6.6.6, 192.0.2.1", "192.0.2.1" },
  { "both-v6", PROXY, "for=\"[2001:db9::1]\"", "2001:db9::1", "2001:db9::1" },
  { "both-differ", PROXY, "for=192.0.2.1", "6.6.6.6", PROXY },
  { "both-forged", PROXY, "for=6.6.6.6", "192.0.2.1, 10.0.0.2", PROXY },
  { "for-case", PROXY, "FOR=192.0.2.1", NULL, "192.0.2.1" },
  { "for-quoted", PROXY, "for=\"192.0.2.1\"", NULL, "192.0.2.1" },
  { "for-port", PROXY, "for=\"192.0.2.1:80\"", NULL, "192.0.2.1" },
  { "for-v6", PROXY, "for=\"[2001:db9::1]\"", NULL, "2001:db9::1" },
  { "for-v6-port", PROXY, "for=\"[2001:db9::1]:80\"", NULL, "2001:db9::1" },
  { "for-pairs",
    PROXY,
    "proto=http; by=203.0.113.43 ;for=192.0.2.1;host=a",
    NULL,
    "192.0.2.1" },
  { "for-chain", PROXY, "for=6.6.6.6, for=192.0.2.1", NULL, "192.0.2.1" },
  { "for-two",
    PROXY,
    "for=6.6.6.6;by=x, for=192.0.2.1, for=10.0.0.2;by=y",
    NULL,
    "192.0.2.1" },
  { "for-hidden", PROXY, "for=_gazonk", NULL, PROXY },
  { "for-unknown", PROXY, "for=192.0.2.1, for=unknown", NULL, PROXY },
  { "for-missing", PROXY, "by=192.0.2.1", NULL, PROXY },
  { "for-missing-inner",
    PROXY,
    "for=6.6.6.6, by=192.0.2.1, for=10.0.0.2",
    NULL,
    "10.0.0.2" },
  { "for-empty", PROXY, "for=", NULL, PROXY },
  { "for-nothing", PROXY, "", "6.6.6.6", PROXY },
  { "for-other", PROXY, "xfor=6.6.6.6", NULL, PROXY },

  /* What a proxy quotes of a client's cannot say who it is. */
  { "quoted-pair",
    PROXY,
    "host=\"x;for=6.6.6.6;y\";for=192.0.2.1",
    NULL,
    "192.0.2.1" },
  { "quoted-element",
    PROXY,
    "for=192.0.2.1, host=\"x, for=6.6.6.6, y\";for=10.0.0.2",
    NULL,
    "192.0.2.1" },
  { "quoted-quote",
    PROXY,
    "host=\"x\\\";for=6.6.6.6;\\\"y\";for=192.0.2.1",
    NULL,
    "192.0.2.1" },
  { "quoted-backslash",
    PROXY,
    "host=\"x\\\\\";for=192.0.2.1",
    NULL,
    "192.0.2.1" },
  { "open-quote", PROXY, "for=\"6.6.6.6, for=192.0.2.1", NULL, "192.0.2.1" },
  { "open-quote-host",
    PROXY,
    "x=\"6.6.6.6, host=\"h\";for=192.0.2.1",
    NULL,
    "192.0.2.1" },
};

static char *
find_peer (const char *connected, const char *forwarded, const char *others)
{
  g_autoptr (LoftAddressList) trusted = loft_address_list_new (proxies, NULL);
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (connected);
  g_autoptr (GInetAddress) peer =
    loft_forwarded_find_peer (address, forwarded, others, trusted);

  return g_inet_address_to_string (peer);
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_autofree char *peer =
    find_peer (row->connected, row->forwarded, row->others);

  g_assert_cmpstr (peer, ==, row->peer);
}

static char *
repeat (const char *element, guint n, const char *last)
{
  GString *list = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append_printf (list, "%s, ", element);
  g_string_append (list, last);

  return g_string_free (list, FALSE);
}

/* A client that puts many addresses before its own is still found, and one that
 * pretends to be a long chain of proxies is not looked for forever. */
static void
test_long (void)
{
  g_autofree char *strangers = repeat ("6.6.6.6", 1000, "192.0.2.1");
  g_autofree char *with_for = repeat ("for=6.6.6.6", 1000, "for=192.0.2.1");
  g_autofree char *chain = repeat ("10.0.0.9", 99, "10.0.0.2");
  g_autofree char *hidden = g_strconcat ("192.0.2.1, ", chain, NULL);
  g_autofree char *shorter = repeat ("10.0.0.9", 98, "10.0.0.2");
  g_autofree char *seen = g_strconcat ("192.0.2.1, ", shorter, NULL);
  g_autofree char *of_strangers = find_peer (PROXY, NULL, strangers);
  g_autofree char *of_for = find_peer (PROXY, with_for, NULL);
  g_autofree char *of_hidden = find_peer (PROXY, NULL, hidden);
  g_autofree char *of_seen = find_peer (PROXY, NULL, seen);

  g_assert_cmpstr (of_strangers, ==, "192.0.2.1");
  g_assert_cmpstr (of_for, ==, "192.0.2.1");
  g_assert_cmpstr (of_hidden, ==, "10.0.0.9");
  g_assert_cmpstr (of_seen, ==, "192.0.2.1");
}

/* Only what the last proxy has added counts. */
static void
test_https (void)
{
  static const struct
  {
    const char *forwarded;
    gboolean https;
  } cases[] = {
    { "for=192.0.2.1;proto=https", TRUE },
    { "PROTO=HTTPS;for=192.0.2.1", TRUE },
    { "for=6.6.6.6;proto=http, proto=\"https\" ; for=192.0.2.1", TRUE },
    { "for=6.6.6.6;proto=https, for=192.0.2.1;proto=http", FALSE },
    { "for=6.6.6.6;proto=https, for=192.0.2.1", FALSE },
    { "for=\"a;proto=https;\"", FALSE },
    { "for=\"a, proto=https", TRUE },
    { "xproto=https", FALSE },
    { "proto=", FALSE },
    { "", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s", cases[i].forwarded);
      g_assert_cmpint (loft_forwarded_is_https (cases[i].forwarded),
                       ==,
                       cases[i].https);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/forwarded/", rows[i].name, NULL);

      g_test_add_data_func (path, &rows[i], test_row);
    }
  g_test_add_func ("/forwarded/long", test_long);
  g_test_add_func ("/forwarded/https", test_https);

  return g_test_run ();
}
