/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/loft-test-archive-cases.h"
#include "kit/log-kit.h"
#include "kit/server-kit.h"
#include "kit/storage-kit.h"

#include <string.h>

#define DEEP 100000
#define LONG_NAME (10 * 1024 * 1024)

/* All keys of the storage, so that a test can say that nothing was added. */
static char *
list_storage (ServerFixture *fixture)
{
  return storage_kit_list (fixture->registry.storage, "", NULL, 10000);
}

static void
assert_refused (const HttpAnswer *answer, guint status, const char *detail)
{
  g_autofree char *text = http_answer_dup_text (answer);
  g_autofree char *type = http_answer_get_header (answer, "Content-Type");

  g_test_message ("%u %s", answer->status, text);
  g_assert_cmpuint (answer->status, ==, status);
  g_assert_cmpstr (type, ==, "application/problem+json");
  g_assert_true (g_str_has_prefix (text, "{\"detail\":\""));
  if (detail != NULL)
    g_assert_nonnull (strstr (text, detail));
}

static void
assert_alive (ServerFixture *fixture)
{
  g_autoptr (HttpAnswer) answer =
    http_request (fixture->port, "GET", "/livez", NULL, NULL);

  g_assert_cmpuint (answer->status, ==, 200);
}

typedef struct
{
  const char *method;
  const char *target;
  guint status;
} Target;

/* Dots that stand for other folders lead nowhere, however they are written. */
static const Target targets[] = {
  { "GET", "/packages/../../etc/passwd", 400 },
  { "GET", "/packages/%2e%2e/%2e%2e/etc/passwd", 400 },
  { "GET", "/packages/..%2f..%2fetc/1.0.0/download", 400 },
  { "GET", "/packages/%2e%2e%2f%2e%2e/1.0.0/download", 400 },
  { "GET", "/packages/%252e%252e/1.0.0/download", 404 },
  { "GET", "/packages/hello/..%2f1.0.0/download", 400 },
  { "GET", "/packages/hello/..%5c1.0.0/download", 404 },
  { "GET", "/packages/..%5c..%5cetc", 404 },
  { "GET", "/packages/hello%00", 400 },
  { "GET", "/packages/hello/1.0.0%00/download", 400 },
  { "GET", "/packages/hello%0a", 400 },
  { "GET", "/packages/hello%0d%0aSet-Cookie:x", 400 },
  { "GET", "/packages/hello%7f", 400 },
  { "GET", "/packages/%ff%fe", 400 },
  { "GET", "/packages/%c0%ae%c0%ae", 400 },
  { "GET", "/packages/_registry", 404 },
  { "GET", "/packages/_registry/log/download", 404 },
  { "GET", "/packages/LEFT_PAD", 404 },
  { "GET", "/packages/hello/latest", 404 },
  { "GET", "/packages/hello/latest/download", 404 },
  { "GET", "/packages/hello/1.0.0?x=%00", 400 },
  { "GET", "/packages/hello.json", 404 },
  { "GET", "/packages/hello/../hello/../../users.json", 400 },
  { "PUT", "/packages/..%2fx/1.0.0", 400 },
  { "PUT", "/packages/hello/..%2f1.0.0", 400 },
  { "PUT", "/packages/hello%00/1.0.0", 400 },
  { "PUT", "/packages/hello%1b/1.0.0", 400 },
  { "PUT", "/packages/Hello/1.0.0", 422 },
  { "PUT", "/packages/hello__lib/1.0.0", 422 },
  { "PUT", "/packages/std/1.0.0", 422 },
  { "PUT", "/packages/con/1.0.0", 422 },
  { "PUT", "/packages/publish/1.0.0", 422 },
  { "PUT", "/packages/_registry/1.0.0", 422 },
  { "PUT", "/packages/h%C3%A9llo/1.0.0", 422 },
  { "PUT", "/packages/hello/1.0", 400 },
  { "PUT", "/packages/hello/01.0.0", 400 },
  { "PUT", "/packages/hello/1.0.0.json", 400 },
  { "PUT", "/packages/hello/1.0.0~x", 400 },
  { "PUT", "/packages/hello/v1.0.0", 400 },
  { "POST", "/packages/..%2fx/1.0.0/yank", 400 },
  { "POST", "/packages/_registry/1.0.0/yank", 404 },
  { "DELETE", "/packages/hello/..%2f1.0.0/yank", 400 },
};

static void
send_targets (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) tarball = loft_test_package ("hello", "1.0.0");

  for (gsize i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      const Target *row = &targets[i];
      gboolean is_put = g_str_equal (row->method, "PUT");
      g_autoptr (HttpAnswer) answer = http_request (
        fixture->port,
        row->method,
        row->target,
        is_put ? SERVER_KIT_AUTH SERVER_KIT_GZIP : SERVER_KIT_AUTH,
        is_put ? tarball : NULL);

      g_test_message ("%s %s", row->method, row->target);
      assert_refused (answer, row->status, NULL);
    }
}

/* No path leads anywhere but to a package. */
static void
test_targets (ServerFixture *fixture, gconstpointer test_data)
{
  g_autofree char *before = list_storage (fixture);

  server_fixture_run (fixture, send_targets, NULL);

  g_autofree char *after = list_storage (fixture);
  g_assert_cmpstr (before, ==, after);
}

static HttpAnswer *
post (ServerFixture *fixture, const char *text, gssize length)
{
  g_autoptr (GBytes) body =
    g_bytes_new (text, length < 0 ? strlen (text) : (gsize) length);

  return http_request (fixture->port,
                       "POST",
                       "/packages/publish",
                       SERVER_KIT_AUTH SERVER_KIT_JSON,
                       body);
}

#define A_NAME "\"name\":\"hello\","
#define A_VERSION "\"version\":\"1.0.0\","
#define A_MANIFEST "\"manifest\":{\"name\":\"hello\",\"version\":\"1.0.0\"},"
#define A_TARBALL "\"tarball\":\"H4sI\""

static const struct
{
  const char *body;
  guint status;
  const char *detail;
} bodies[] = {
  { "", 400, "JSON" },
  { "hello", 400, "JSON" },
  { "[]", 400, "object" },
  { "null", 400, "object" },
  { "{}", 400, "tarball" },
  { "{" A_NAME A_VERSION A_MANIFEST "\"x\":1}", 400, "tarball" },
  { "{" A_NAME A_VERSION A_TARBALL "", 400, "JSON" },
  { "{" A_NAME A_VERSION A_TARBALL "}}", 400, "JSON" },
  { "{" A_NAME A_VERSION A_TARBALL "} {}", 400, "JSON" },
  { "{" A_NAME A_VERSION A_TARBALL ",}", 400, "JSON" },
  { "{'name':'hello'}", 400, "JSON" },
  { "{/**/" A_NAME A_VERSION A_TARBALL "}", 400, "JSON" },
  { "{" A_NAME A_NAME A_VERSION A_TARBALL "}", 400, "twice" },
  { "{" A_NAME A_VERSION A_TARBALL "," A_TARBALL "}", 400, "twice" },
  { "{" A_NAME A_VERSION "\"x\":{\"a\":1,\"a\":1}," A_TARBALL "}",
    400,
    "twice" },
  { "{\"name\":\"he\\u0000llo\"," A_VERSION A_TARBALL "}", 400, NULL },
  { "{\"na\\u0000me\":\"hello\"," A_VERSION A_TARBALL "}", 400, NULL },
  { "{\"name\":\"\\ud800\"," A_VERSION A_TARBALL "}", 400, NULL },
  { "{\"name\":\"\\udc00\\ud800\"," A_VERSION A_TARBALL "}", 400, NULL },
  { "{\"name\":\"\xff\"," A_VERSION A_TARBALL "}", 400, NULL },
  { "{\"name\":\"\xc0\xaf\"," A_VERSION A_TARBALL "}", 400, NULL },
  { "{\"name\":\"\n\"," A_VERSION A_TARBALL "}", 400, NULL },
  { "{" A_NAME A_VERSION "\"x\":12345678901234567890," A_TARBALL "}",
    400,
    NULL },
  { "{" A_NAME A_VERSION "\"x\":1e999," A_TARBALL "}", 400, NULL },
  { "{" A_NAME A_VERSION "\"x\":01," A_TARBALL "}", 400, NULL },
  { "{" A_NAME A_VERSION "\"x\":NaN," A_TARBALL "}", 400, NULL },
  { "{\"name\":1," A_VERSION A_TARBALL "}", 400, "name" },
  { "{\"name\":null," A_VERSION A_TARBALL "}", 400, "name" },
  { "{\"name\":[\"hello\"]," A_VERSION A_TARBALL "}", 400, "name" },
  { "{" A_VERSION A_TARBALL "}", 400, "name" },
  { "{" A_NAME "\"version\":1.0," A_TARBALL "}", 400, "version" },
  { "{" A_NAME "\"version\":{}," A_TARBALL "}", 400, "version" },
  { "{" A_NAME A_TARBALL "}", 400, "version" },
  { "{" A_NAME A_VERSION "\"description\":1," A_TARBALL "}",
    400,
    "description" },
  { "{" A_NAME A_VERSION "\"description\":[]," A_TARBALL "}",
    400,
    "description" },
  { "{" A_NAME A_VERSION "\"repository\":true," A_TARBALL "}",
    400,
    "repository" },
  { "{" A_NAME A_VERSION "\"license\":{}," A_TARBALL "}", 400, "license" },
  { "{" A_NAME A_VERSION "\"authors\":\"me\"," A_TARBALL "}", 400, "authors" },
  { "{" A_NAME A_VERSION "\"authors\":[1]," A_TARBALL "}", 400, "authors" },
  { "{" A_NAME A_VERSION "\"manifest\":[]," A_TARBALL "}", 400, "manifest" },
  { "{" A_NAME A_VERSION "\"manifest\":\"x\"," A_TARBALL "}", 400, "manifest" },
  { "{" A_NAME A_VERSION "\"tarball\":1}", 400, "tarball" },
  { "{" A_NAME A_VERSION "\"tarball\":null}", 400, "tarball" },
  { "{" A_NAME A_VERSION "\"tarball\":[\"H4sI\"]}", 400, "tarball" },
  { "{" A_NAME A_VERSION "\"tarball\":\"H4s\"}", 400, "base64" },
  { "{" A_NAME A_VERSION "\"tarball\":\"H4sI \"}", 400, "base64" },
  { "{" A_NAME A_VERSION "\"tarball\":\"H4s-\"}", 400, "base64" },
  { "{" A_NAME A_VERSION "\"tarball\":\"H4sI====\"}", 400, "base64" },
  { "{" A_NAME A_VERSION "\"tarball\":\"H4s=H4sI\"}", 400, "base64" },
  { "{" A_NAME A_VERSION "\"tarball\":\"H4\\nsI\"}", 400, "base64" },
  { "{" A_NAME A_VERSION "\"tarball\":\"\"}", 422, "gzip" },
  { "{" A_NAME A_VERSION A_MANIFEST A_TARBALL "}", 422, "gzip" },
  { "{\"name\":\"../../x\"," A_VERSION A_TARBALL "}", 422, NULL },
  { "{\"name\":\"..\"," A_VERSION A_TARBALL "}", 422, NULL },
  { "{\"name\":\"\"," A_VERSION A_TARBALL "}", 422, NULL },
  { "{\"name\":\"a/b\"," A_VERSION A_TARBALL "}", 422, NULL },
  { "{\"name\":\"a\\tb\"," A_VERSION A_TARBALL "}", 422, NULL },
  { "{" A_NAME "\"version\":\"../1.0.0\"," A_TARBALL "}", 400, NULL },
  { "{" A_NAME "\"version\":\"1.0.0/..\"," A_TARBALL "}", 400, NULL },
  { "{" A_NAME "\"version\":\"1.0.0\\n\"," A_TARBALL "}", 400, NULL },
  { "{" A_NAME "\"version\":\"\"," A_TARBALL "}", 400, NULL },
};

static void
send_bodies (ServerFixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bodies); i++)
    {
      g_autoptr (HttpAnswer) answer = post (fixture, bodies[i].body, -1);

      g_test_message ("%s", bodies[i].body);
      assert_refused (answer, bodies[i].status, bodies[i].detail);
    }

  g_autoptr (HttpAnswer) nul = post (fixture, "{\"name\":\"a\0b\"}", 14);
  assert_refused (nul, 400, NULL);
}

/* Whatever is no publish request is told so. */
static void
test_bodies (ServerFixture *fixture, gconstpointer test_data)
{
  g_autofree char *before = list_storage (fixture);

  server_fixture_run (fixture, send_bodies, NULL);

  g_autofree char *after = list_storage (fixture);
  g_assert_cmpstr (before, ==, after);
}

static char *
repeat (const char *before, char c, gsize n, const char *after)
{
  g_autofree char *filler = g_strnfill (n, c);

  return g_strconcat (before, filler, after, NULL);
}

static void
send_floods (ServerFixture *fixture, gconstpointer data)
{
  const struct
  {
    const char *before;
    char c;
    gsize n;
    const char *after;
    guint status;
  } rows[] = {
    { "", '[', DEEP, "", 400 },
    { "{" A_NAME A_VERSION "\"manifest\":", '[', DEEP, "", 400 },
    { "{" A_NAME A_VERSION "\"x\":", '9', 400, "," A_TARBALL "}", 400 },
    { "{\"name\":\"", 'a', LONG_NAME, "\"," A_VERSION A_TARBALL "}", 413 },
    { "{\"name\":\"", 'a', 100000, "\"," A_VERSION A_TARBALL "}", 422 },
    { "{" A_NAME "\"version\":\"1.0.0-",
      'a',
      100000,
      "\"," A_TARBALL "}",
      400 },
    { "{\"", 'k', LONG_NAME, "\":1}", 413 },
    { "{" A_NAME A_VERSION "\"tarball\":\"", 'A', LONG_NAME, "\"}", 422 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *body =
        repeat (rows[i].before, rows[i].c, rows[i].n, rows[i].after);
      g_autoptr (HttpAnswer) answer = post (fixture, body, -1);

      g_test_message ("row %" G_GSIZE_FORMAT, i);
      assert_refused (answer, rows[i].status, NULL);
    }

  g_autofree char *path = repeat ("/packages/", 'a', 50000, "");
  g_autoptr (HttpAnswer) long_path =
    http_request (fixture->port, "GET", path, NULL, NULL);
  assert_refused (long_path, 414, NULL);

  g_autofree char *query = repeat ("/packages?q=", 'a', 50000, "");
  g_autoptr (HttpAnswer) long_query =
    http_request (fixture->port, "GET", query, NULL, NULL);
  assert_refused (long_query, 414, NULL);

  /* A head without an end is none: there is nothing to answer. */
  g_autofree char *endless = repeat ("/packages/", 'a', LONG_NAME, "");
  g_autoptr (HttpAnswer) none =
    http_request (fixture->port, "GET", endless, NULL, NULL);
  g_assert_cmpuint (none->status, <, 500);
  assert_alive (fixture);
}

/* Size alone breaks nothing. */
static void
test_floods (ServerFixture *fixture, gconstpointer test_data)
{
  g_autofree char *before = list_storage (fixture);

  server_fixture_run (fixture, send_floods, NULL);

  g_autofree char *after = list_storage (fixture);
  g_assert_cmpstr (before, ==, after);
}

static void
send_archives (ServerFixture *fixture, gconstpointer data)
{
  gsize n = 0;
  const LoftTestCase *cases = loft_test_archive_cases (&n);

  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GBytes) tarball = loft_test_case_make (&cases[i]);
      g_autofree char *body =
        loft_test_publish_body (LOFT_TEST_NAME, LOFT_TEST_VERSION, tarball);
      g_autofree char *rule =
        g_strdup_printf ("\"rule\":\"%s\"", cases[i].rule);

      g_test_message ("%s", cases[i].name);
      g_autoptr (HttpAnswer) put =
        http_request (fixture->port,
                      "PUT",
                      "/packages/" LOFT_TEST_NAME "/" LOFT_TEST_VERSION,
                      SERVER_KIT_AUTH SERVER_KIT_GZIP,
                      tarball);
      assert_refused (put, 422, rule);

      g_autoptr (HttpAnswer) posted = post (fixture, body, -1);
      assert_refused (posted, 422, rule);
    }
}

/* Every archive that is wrong is refused with the rule that it breaks, by both
 * ways to upload. */
static void
test_archives (ServerFixture *fixture, gconstpointer test_data)
{
  g_autofree char *before = list_storage (fixture);

  server_fixture_run (fixture, send_archives, NULL);

  g_autofree char *after = list_storage (fixture);
  g_assert_cmpstr (before, ==, after);
}

static const char *const requests[] = {
  "\r\n\r\n\r\n\r\n",
  "GET\r\n\r\n",
  "GET /\r\n\r\n",
  "GET / HTTP/9.9\r\n\r\n",
  "GET / HTTP/1.1\r\n\r\n",
  "GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n",
  "GET /packages/% HTTP/1.1\r\nHost: x\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: x\r\nExpect: the-unexpected\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
  "POST /packages/publish HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
  "POST /packages/publish HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
  "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
  "CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n",
  "CONNECT x HTTP/1.1\r\nHost: x\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\n\r\n",
  "GET * HTTP/1.1\r\nHost: x\r\n\r\n",
  "GET https://x/ HTTP/1.1\r\nHost: x\r\n\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
};

/* Says it, and leaves without a word more. */
static void
send_requests (ServerFixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (requests); i++)
    {
      g_autoptr (HttpClient) client = http_client_new (fixture->port);
      http_client_send_text (client, requests[i]);
      g_socket_shutdown (http_client_get_socket (client), FALSE, TRUE, NULL);

      g_autoptr (HttpAnswer) answer = http_client_receive (client, FALSE);
      g_test_message ("%s: %u", requests[i], answer->status);
      g_assert_true (answer->status == 0 || answer->status == 200 ||
                     answer->status == 204 || answer->status >= 400);
    }
  assert_alive (fixture);
}

/* What is hardly HTTP does no harm. */
static void
test_requests (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, send_requests, NULL);
}

static void
send_heads (ServerFixture *fixture, gconstpointer data)
{
  g_autofree char *long_text = g_strnfill (20000, 'x');
  g_autofree char *too_large = g_strconcat ("HEAD / HTTP/1.1\r\nHost: x\r\nX: ",
                                            long_text,
                                            "\r\n\r\n",
                                            NULL);
  g_autofree char *too_long =
    g_strconcat ("HEAD /", long_text, " HTTP/1.1\r\nHost: x\r\n\r\n", NULL);
  const char *const heads[] = {
    "HEAD /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
    "HEAD / HTTP/1.1\r\n\r\n",
    "HEAD / HTTP/2.0\r\nHost: x\r\n\r\n",
    "HEAD / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
    too_large,
    too_long,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (heads); i++)
    {
      g_autoptr (HttpClient) client = http_client_new (fixture->port);
      http_client_send_text (client, heads[i]);

      g_autoptr (HttpAnswer) answer = http_client_receive (client, FALSE);
      g_test_message ("%.40s: %u", heads[i], answer->status);
      g_assert_cmpuint (answer->status, >=, 400);
      g_assert_true (http_client_is_closed (client));
    }
}

/* HEAD has no body either where the request is refused. */
static void
test_heads (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, send_heads, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  log_kit_init ();

#define ADD(path, func)                                                        \
  g_test_add ("/http-bad-input/" path,                                         \
              ServerFixture,                                                   \
              NULL,                                                            \
              server_fixture_set_up,                                           \
              func,                                                            \
              server_fixture_tear_down)

  ADD ("targets", test_targets);
  ADD ("bodies", test_bodies);
  ADD ("floods", test_floods);
  ADD ("archives", test_archives);
  ADD ("requests", test_requests);
  ADD ("heads", test_heads);

  return g_test_run ();
}
