/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-head.h"

#include <string.h>

#define HOST "Host: a\r\n"
#define GET "GET / HTTP/1.1\r\n"
#define END "\r\n"

static const LoftHeadLimits limits = LOFT_HEAD_LIMITS_DEFAULT;

/* A text, and the status of its refusal: 0 if it is good, 1 if it is not
 * complete. */
typedef struct
{
  const char *name;
  guint status;
  const char *text;
} Row;

#define PLAIN_GET(target) "GET " target " HTTP/1.1\r\n" HOST END

static const Row rows[] = {
  { "good", 0, GET HOST END },
  { "good-empty-line", 0, "\r\n" GET HOST END },
  { "good-http10", 0, "GET / HTTP/1.0\r\n" END },
  { "good-query", 0, PLAIN_GET ("/packages?q=a%20b&after=%C3%A9") },
  { "good-slashes", 0, PLAIN_GET ("//packages//a") },
  { "good-dots", 0, PLAIN_GET ("/a..b/.c/...") },
  { "good-absolute", 0, PLAIN_GET ("http://A/b") },
  { "good-options", 0, "OPTIONS * HTTP/1.1\r\n" HOST END },
  { "good-ipv6", 0, GET "Host: [::1]:3030\r\n" END },
  { "good-expect",
    0,
    "PUT /a HTTP/1.1\r\n" HOST "Expect: 100-Continue\r\n" END },
  { "good-upgrade",
    0,
    GET HOST "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n" END },
  { "good-obs-text", 0, GET HOST "User-Agent: caf\xe9\r\n" END },
  { "incomplete-empty", 1, "" },
  { "incomplete-cr", 1, "\r" },
  { "incomplete-method", 1, "GE" },
  { "incomplete-headers", 1, GET HOST },
  { "incomplete-end", 1, GET HOST "\r" },
  { "two-empty-lines", 400, "\r\n\r\n" GET HOST END },
  { "http09", 400, "GET /\r\n\r\n" },
  { "http2-preface", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" },
  { "http12", 505, "GET / HTTP/1.2\r\n" HOST END },
  { "http11-bare-cr", 400, "GET / HTTP/1.1\rX\n" HOST END },
  { "http-lower", 400, "GET / http/1.1\r\n" HOST END },
  { "tls", 400, "\x16\x03\x01\x02" },
  { "bare-lf", 400, "GET / HTTP/1.1\n" },
  { "bare-lf-header", 400, GET "Host: a\nX: b\r\n\r\n" },
  { "bare-cr", 400, GET "Host: a\rX: b\r\n\r\n" },
  { "two-spaces", 400, "GET  / HTTP/1.1\r\n" HOST END },
  { "tab", 400, "GET\t/ HTTP/1.1\r\n" HOST END },
  { "space-at-end", 400, "GET / HTTP/1.1 \r\n" HOST END },
  { "no-method", 400, " / HTTP/1.1\r\n" HOST END },
  { "method-colon", 400, "GE:T / HTTP/1.1\r\n" HOST END },
  { "no-target", 400, "GET HTTP/1.1\r\n" HOST END },
  { "authority", 400, "CONNECT a:80 HTTP/1.1\r\n" HOST END },
  { "star", 400, PLAIN_GET ("*") },
  { "absolute-other-host", 400, PLAIN_GET ("http://b/c") },
  { "absolute-user", 400, PLAIN_GET ("http://u@a/c") },
  { "absolute-no-path", 400, PLAIN_GET ("http://a") },
  { "absolute-ftp", 400, PLAIN_GET ("ftp://a/") },
  { "relative", 400, PLAIN_GET ("a/b") },
  { "fragment", 400, PLAIN_GET ("/a#b") },
  { "backslash", 400, PLAIN_GET ("/a\\b") },
  { "non-ascii", 400, PLAIN_GET ("/\xc3\xa9") },
  { "percent-short", 400, PLAIN_GET ("/a%2") },
  { "percent-bad", 400, PLAIN_GET ("/a%zz") },
  { "percent-nul", 400, PLAIN_GET ("/a%00") },
  { "percent-query", 400, PLAIN_GET ("/a?b=%") },
  { "dot", 400, PLAIN_GET ("/a/./b") },
  { "dot-dot", 400, PLAIN_GET ("/a/..") },
  { "dot-dot-coded", 400, PLAIN_GET ("/a/%2e%2E/b") },
  { "dot-dot-mixed", 400, PLAIN_GET ("/.%2e?x") },
  { "no-host", 400, GET END },
  { "two-hosts", 400, GET HOST HOST END },
  { "empty-host", 400, GET "Host: \r\n" END },
  { "host-list", 400, GET "Host: a, b\r\n" END },
  { "host-path", 400, GET "Host: a/b\r\n" END },
  { "host-user", 400, GET "Host: u@a\r\n" END },
  { "space-before-colon", 400, GET "Host : a\r\n" END },
  { "empty-name", 400, GET HOST ": a\r\n" END },
  { "no-colon", 400, GET HOST "abc\r\n" END },
  { "obs-fold", 400, GET HOST "X: a\r\n b\r\n" END },
  { "fold-first", 400, GET " Host: a\r\n" END },
  { "length-sign", 400, GET HOST "Content-Length: +5\r\n" END },
  { "length-minus", 400, GET HOST "Content-Length: -5\r\n" END },
  { "length-list", 400, GET HOST "Content-Length: 5, 5\r\n" END },
  { "length-hex", 400, GET HOST "Content-Length: 0x5\r\n" END },
  { "length-empty", 400, GET HOST "Content-Length:\r\n" END },
  { "length-huge", 400, GET HOST "Content-Length: 9999999999999999\r\n" END },
  { "length-twice",
    400,
    GET HOST "Content-Length: 5\r\ncontent-length: 5\r\n" END },
  { "chunked", 411, GET HOST "Transfer-Encoding: Chunked\r\n" END },
  { "chunked-length",
    400,
    GET HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" END },
  { "chunked-http10",
    400,
    "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n" END },
  { "coding-list", 400, GET HOST "Transfer-Encoding: gzip, chunked\r\n" END },
  { "coding-identity", 400, GET HOST "Transfer-Encoding: identity\r\n" END },
  { "coding-tab", 411, GET HOST "Transfer-Encoding:\tchunked\r\n" END },
  { "expect-other", 417, GET HOST "Expect: 200-ok\r\n" END },
};

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  gsize length = strlen (row->text);
  g_autofree char *exact = g_memdup2 (row->text, length);
  LoftHead head;
  LoftHeadResult result = loft_head_parse (exact, length, 0, &limits, &head);

  if (row->status == 0)
    {
      g_assert_cmpstr (head.reason, ==, NULL);
      g_assert_cmpint (result, ==, LOFT_HEAD_COMPLETE);
      g_assert_cmpuint (head.skipped + head.length, ==, length);
    }
  else if (row->status == 1)
    {
      g_assert_cmpint (result, ==, LOFT_HEAD_INCOMPLETE);
    }
  else
    {
      g_assert_cmpint (result, ==, LOFT_HEAD_REFUSED);
      g_assert_cmpuint (head.status, ==, row->status);
      g_assert_nonnull (head.reason);
    }
}

/* What arrives byte by byte ends as what arrives at once, though maybe
 * earlier. */
static void
test_bytewise (gconstpointer data)
{
  const Row *row = data;
  gsize length = strlen (row->text);
  LoftHeadResult result = LOFT_HEAD_INCOMPLETE;
  LoftHead head;

  for (gsize n = 1; n <= length && result == LOFT_HEAD_INCOMPLETE; n++)
    {
      g_autofree char *exact = g_memdup2 (row->text, n);

      result = loft_head_parse (exact, n, n - 1, &limits, &head);
    }

  if (row->status > 1)
    g_assert_cmpint (result, ==, LOFT_HEAD_REFUSED);
  else if (row->status == 1)
    g_assert_cmpint (result, ==, LOFT_HEAD_INCOMPLETE);
  else
    g_assert_cmpint (result, ==, LOFT_HEAD_COMPLETE);
}

static LoftHead
parse_good (const char *text)
{
  LoftHead head;
  LoftHeadResult result =
    loft_head_parse (text, strlen (text), 0, &limits, &head);

  g_assert_cmpint (result, ==, LOFT_HEAD_COMPLETE);

  return head;
}

static void
assert_span (LoftSpan span, const char *text)
{
  g_autofree char *copy = g_strndup (span.data, span.length);

  g_assert_cmpstr (copy, ==, text);
}

/* What the gate has to know of a head, it finds. */
static void
test_facts (void)
{
  LoftHead head =
    parse_good ("PUT /a?b HTTP/1.1\r\nhost: h:1\r\nCONTENT-LENGTH:  42 \r\n"
                "Expect: 100-continue\r\nConnection: foo, Close\r\n"
                "X-Forwarded-For: 1.2.3.4\r\n\r\nrest");

  assert_span (head.method_text, "PUT");
  assert_span (head.target, "/a?b");
  assert_span (head.fields[LOFT_HEAD_FIELD_HOST], "h:1");
  assert_span (head.fields[LOFT_HEAD_FIELD_X_FORWARDED_FOR], "1.2.3.4");
  g_assert_cmpuint (head.body_length, ==, 42);
  g_assert_true (head.has_length && head.expects && head.close);
  g_assert_false (head.plain);
  g_assert_cmpint (head.method, ==, LOFT_HEAD_METHOD_OTHER);
  g_assert_cmpuint (head.minor, ==, 1);
}

/* A request is plain only if nothing in it could change the answer unseen. */
static void
test_plain (void)
{
  static const struct
  {
    const char *fields;
    gboolean plain;
  } cases[] = {
    { "", TRUE },
    { "User-Agent: x\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n", TRUE },
    { "Connection: keep-alive\r\nIf-None-Match: \"a\"\r\n", TRUE },
    { "Sec-Fetch-Site: none\r\nUpgrade-Insecure-Requests: 1\r\n", TRUE },
    { "Connection: close\r\n", FALSE },
    { "Connection: upgrade\r\n", FALSE },
    { "Range: bytes=0-1\r\n", FALSE },
    { "Authorization: Bearer x\r\n", FALSE },
    { "Content-Length: 0\r\n", FALSE },
    { "X-Unknown: 1\r\n", FALSE },
    { "If-None-Match: \"a\"\r\nIf-None-Match: \"b\"\r\n", FALSE },
    { "Accept-Encoding: gzip\r\nAccept-Encoding: br\r\n", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strconcat ("GET /a HTTP/1.1\r\nHost: a\r\n",
                                           cases[i].fields,
                                           "\r\n",
                                           NULL);

      g_assert_cmpint (parse_good (text).plain, ==, cases[i].plain);
    }

  g_assert_false (parse_good ("GET /a HTTP/1.0\r\nHost: a\r\n\r\n").plain);
  g_assert_false (parse_good ("POST /a HTTP/1.1\r\nHost: a\r\n\r\n").plain);
  g_assert_false (
    parse_good ("GET http://a/a HTTP/1.1\r\nHost: a\r\n\r\n").plain);
  g_assert_true (parse_good ("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n").plain);
}

static void
assert_too_large (const char *text, gsize length, guint status)
{
  LoftHead head;

  g_assert_cmpint (loft_head_parse (text, length, 0, &limits, &head),
                   ==,
                   LOFT_HEAD_REFUSED);
  g_assert_cmpuint (head.status, ==, status);
}

/* Heads are bounded in bytes, in the target's bytes and in headers. */
static void
test_limits (void)
{
  g_autofree char *blank = g_strnfill (limits.size, 'a');
  g_autofree char *target = g_strnfill (limits.target, 'a');
  g_autofree char *large =
    g_strconcat ("GET / HTTP/1.1\r\nHost: a\r\nX: ", blank, NULL);
  g_autofree char *far =
    g_strconcat ("GET //", target, " HTTP/1.1\r\nHost: a\r\n\r\n", NULL);
  g_autoptr (GString) many = g_string_new ("GET / HTTP/1.1\r\nHost: a\r\n");

  assert_too_large (large, strlen (large), 431);
  assert_too_large (far, strlen (far), 414);
  for (guint i = 0; i < limits.fields; i++)
    g_string_append (many, "A: b\r\n");
  g_string_append (many, "\r\n");
  assert_too_large (many->str, many->len, 431);
}

static void
add_rows (const char *path, GTestDataFunc func)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *name = g_strconcat (path, rows[i].name, NULL);

      g_test_add_data_func (name, &rows[i], func);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_rows ("/head/whole/", test_row);
  add_rows ("/head/bytewise/", test_bytewise);
  g_test_add_func ("/head/facts", test_facts);
  g_test_add_func ("/head/plain", test_plain);
  g_test_add_func ("/head/limits", test_limits);

  return g_test_run ();
}
