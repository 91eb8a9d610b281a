/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/loft-test-archive.h"
#include "kit/log-kit.h"
#include "kit/server-kit.h"
#include "registry/loft-json.h"

#include <string.h>
#include <sys/socket.h>

#define MEBIBYTE (1024 * 1024)

static GBytes *
take_text (char *text)
{
  return g_bytes_new_take (text, strlen (text));
}

static void
set_max_tarball (ServerFixture *fixture, goffset size)
{
  fixture->registry.settings->max_tarball = size;
  loft_registry_set_settings (fixture->registry.registry,
                              fixture->registry.settings);
}

static void
assert_detail (const HttpAnswer *answer)
{
  g_autofree char *text = http_answer_dup_text (answer);
  g_autofree char *type = http_answer_get_header (answer, "Content-Type");

  g_assert_cmpstr (type, ==, "application/problem+json");
  g_assert_true (g_str_has_prefix (text, "{\"detail\":\""));
}

/* Sends a request as the released client does. */
static HttpAnswer *
publish_like_client (HttpClient *client,
                     const char *name,
                     const char *version,
                     GBytes *tarball)
{
  g_autofree char *body = loft_test_publish_body (name, version, tarball);
  g_autofree char *request =
    g_strdup_printf ("POST //packages/publish HTTP/1.1\r\n"
                     "authorization: Bearer %s\r\n"
                     "content-type: application/json\r\n"
                     "content-length: %" G_GSIZE_FORMAT "\r\n"
                     "accept: */*\r\n"
                     "host: 127.0.0.1:3030\r\n"
                     "\r\n%s",
                     REGISTRY_KIT_TOKEN,
                     strlen (body),
                     body);

  http_client_send_text (client, request);

  return http_client_receive (client, TRUE);
}

static HttpAnswer *
get_like_client (HttpClient *client, const char *path)
{
  g_autofree char *request = g_strdup_printf ("GET %s HTTP/1.1\r\n"
                                              "accept: */*\r\n"
                                              "host: 127.0.0.1:3030\r\n"
                                              "\r\n",
                                              path);

  http_client_send_text (client, request);

  return http_client_receive (client, TRUE);
}

static const char *
get_last_version (JsonNode *list)
{
  JsonArray *array = json_node_get_array (list);

  return loft_json_get_string (
    json_array_get_object_element (array, json_array_get_length (array) - 1),
    "version");
}

/* What the released client publishes, it finds and gets again: the last element
 * of the list is the newest version, and its bytes are those that were sent. */
static void
run_released_client (ServerFixture *fixture, gconstpointer data)
{
  static const char *const versions[] = { "0.1.0", "0.2.0", "1.0.0-rc.1" };
  g_autoptr (HttpClient) client = http_client_new (fixture->port);

  for (gsize i = 0; i < G_N_ELEMENTS (versions); i++)
    {
      g_autoptr (GBytes) tarball =
        registry_kit_pack ("hello-lib", versions[i], versions[i]);
      g_autoptr (HttpAnswer) answer =
        publish_like_client (client, "hello-lib", versions[i], tarball);

      g_assert_cmpuint (answer->status, ==, 200);
    }

  g_autoptr (HttpAnswer) answer =
    get_like_client (client, "//packages/hello-lib");
  g_autofree char *text = http_answer_dup_text (answer);
  g_autoptr (JsonNode) list = loft_json_parse (text, strlen (text), NULL);
  g_assert_cmpstr (get_last_version (list), ==, "0.2.0");

  g_autoptr (GBytes) expected =
    registry_kit_pack ("hello-lib", "0.2.0", "0.2.0");
  g_autoptr (HttpAnswer) download =
    get_like_client (client, "//packages/hello-lib/0.2.0/download");
  g_assert_cmpuint (download->status, ==, 200);
  g_assert_true (g_bytes_equal (download->body, expected));
}

static void
test_released_client (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, run_released_client, NULL);
}

/* The same bytes are there already, others are refused, and so are others'
 * tokens; whoever wants nothing to be there says so. */
static void
run_twice (ServerFixture *fixture, gconstpointer data)
{
  static const char target[] = "/packages/hello-lib/0.1.0";
  g_autoptr (GBytes) same = registry_kit_pack ("hello-lib", "0.1.0", "a");
  g_autoptr (GBytes) other = registry_kit_pack ("hello-lib", "0.1.0", "b");
  const struct
  {
    const char *target;
    const char *headers;
    GBytes *body;
    guint status;
  } rows[] = {
    { target, SERVER_KIT_AUTH SERVER_KIT_GZIP, same, 201 },
    { target, SERVER_KIT_AUTH SERVER_KIT_GZIP, same, 200 },
    { "/packages/hello-lib/0.1.0+x",
      SERVER_KIT_AUTH "Content-Type: application/octet-stream\r\n",
      other,
      422 },
    { target, SERVER_KIT_AUTH SERVER_KIT_GZIP, other, 409 },
    { target,
      SERVER_KIT_AUTH SERVER_KIT_GZIP "If-None-Match: *\r\n",
      same,
      412 },
    { target,
      SERVER_KIT_AUTH SERVER_KIT_GZIP "If-None-Match: *\r\n",
      other,
      412 },
    { target, SERVER_KIT_OTHER_AUTH SERVER_KIT_GZIP, other, 403 },
    { target, SERVER_KIT_GZIP, other, 401 },
    { target, "Authorization: Basic eDp5\r\n" SERVER_KIT_GZIP, other, 401 },
  };
  g_autoptr (HttpClient) client = http_client_new (fixture->port);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (HttpAnswer) answer = http_client_request (client,
                                                           "PUT",
                                                           rows[i].target,
                                                           rows[i].headers,
                                                           rows[i].body);
      g_autofree char *location = http_answer_get_header (answer, "Location");
      g_autofree char *challenge =
        http_answer_get_header (answer, "WWW-Authenticate");

      g_test_message ("row %" G_GSIZE_FORMAT, i);
      g_assert_cmpuint (answer->status, ==, rows[i].status);
      g_assert_cmpstr (location, ==, rows[i].status == 201 ? "0.1.0" : NULL);
      g_assert_cmpstr (challenge, ==, rows[i].status == 401 ? "Bearer" : NULL);
      if (answer->status >= 400)
        assert_detail (answer);
    }
}

static void
test_twice (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, run_twice, NULL);
}

static HttpAnswer *
send_head (HttpClient *client,
           const char *method,
           const char *target,
           const char *headers)
{
  g_autofree char *head = g_strdup_printf ("%s %s HTTP/1.1\r\n"
                                           "Host: 127.0.0.1\r\n"
                                           "%s\r\n",
                                           method,
                                           target,
                                           headers);

  http_client_send_text (client, head);

  return http_client_receive (client, TRUE);
}

/* A client that waits for leave gets it once nothing speaks against it, and
 * then a full answer. */
static void
run_expect (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (HttpClient) client = http_client_new (fixture->port);
  g_autoptr (GBytes) tarball = registry_kit_pack ("hello-lib", "0.1.0", "a");
  gsize size = 0;
  const char *bytes = g_bytes_get_data (tarball, &size);
  g_autofree char *headers = g_strdup_printf (
    SERVER_KIT_AUTH SERVER_KIT_GZIP "Expect: 100-continue\r\n"
                                    "Content-Length: %" G_GSIZE_FORMAT "\r\n",
    size);
  g_autoptr (HttpAnswer) leave =
    send_head (client, "PUT", "/packages/hello-lib/0.1.0", headers);
  g_assert_cmpuint (leave->status, ==, 100);

  http_client_send (client, bytes, size);
  g_autoptr (HttpAnswer) answer = http_client_receive (client, TRUE);
  g_autofree char *date = http_answer_get_header (answer, "Date");
  g_autofree char *id = http_answer_get_header (answer, "X-Request-Id");
  g_assert_cmpuint (answer->status, ==, 201);
  g_assert_nonnull (date);
  g_assert_nonnull (id);

  g_autoptr (HttpAnswer) next =
    http_client_request (client, "GET", "/livez", NULL, NULL);
  g_assert_cmpuint (next->status, ==, 200);
}

static void
test_expect (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, run_expect, NULL);
}

/* A request that is refused by its head alone. */
typedef struct
{
  const char *name;
  const char *method;
  const char *target;
  const char *headers;
  guint status;
} Refusal;

#define LONG_BODY "Content-Length: 3000000\r\n"

static const Refusal refusals[] = {
  { "too-large",
    "PUT",
    "/packages/other-lib/0.1.0",
    SERVER_KIT_AUTH SERVER_KIT_GZIP LONG_BODY,
    413 },
  { "too-large-json",
    "POST",
    "/packages/publish",
    SERVER_KIT_AUTH SERVER_KIT_JSON LONG_BODY,
    413 },
  { "bad-name",
    "PUT",
    "/packages/Other_Lib/0.1.0",
    SERVER_KIT_AUTH SERVER_KIT_GZIP "Content-Length: 200000\r\n",
    422 },
  { "bad-version",
    "PUT",
    "/packages/other-lib/1",
    SERVER_KIT_AUTH SERVER_KIT_GZIP "Content-Length: 200000\r\n",
    400 },
  { "bad-path",
    "PUT",
    "/packages/..%2f..%2fetc/1.0.0",
    SERVER_KIT_AUTH SERVER_KIT_GZIP LONG_BODY,
    400 },
  { "nowhere", "PUT", "/nowhere", SERVER_KIT_GZIP LONG_BODY, 404 },
  { "method", "PUT", "/packages", SERVER_KIT_GZIP LONG_BODY, 405 },
  { "no-token",
    "PUT",
    "/packages/hello-lib/0.2.0",
    SERVER_KIT_GZIP "Content-Length: 200000\r\n",
    401 },
  { "foreign-token",
    "PUT",
    "/packages/hello-lib/0.2.0",
    SERVER_KIT_OTHER_AUTH SERVER_KIT_GZIP "Content-Length: 200000\r\n",
    403 },
  { "no-bearer-token",
    "POST",
    "/packages/publish",
    "Authorization: Basic eDp5\r\n" SERVER_KIT_JSON
    "Content-Length: 200000\r\n",
    401 },
  { "exists",
    "PUT",
    "/packages/hello-lib/0.1.0",
    SERVER_KIT_AUTH SERVER_KIT_GZIP
    "If-None-Match: *\r\nContent-Length: 200000\r\n",
    412 },
  { "type",
    "PUT",
    "/packages/other-lib/0.1.0",
    SERVER_KIT_AUTH "Content-Type: text/plain\r\nContent-Length: 200000\r\n",
    415 },
  { "no-type",
    "POST",
    "/packages/publish",
    SERVER_KIT_AUTH "Content-Length: 200000\r\n",
    415 },
  { "encoded-body",
    "POST",
    "/packages/publish",
    SERVER_KIT_AUTH SERVER_KIT_JSON
    "Content-Encoding: gzip\r\nContent-Length: 200000\r\n",
    415 },
  { "foreign-page",
    "PUT",
    "/packages/hello-lib/0.2.0",
    SERVER_KIT_AUTH SERVER_KIT_GZIP
    "Origin: https://evil.example\r\nContent-Length: 200000\r\n",
    403 },
  { "cross-site",
    "POST",
    "/packages/publish",
    SERVER_KIT_AUTH SERVER_KIT_JSON
    "Sec-Fetch-Site: cross-site\r\nContent-Length: 200000\r\n",
    403 },
  { "chunked",
    "POST",
    "/packages/publish",
    SERVER_KIT_AUTH SERVER_KIT_JSON "Transfer-Encoding: chunked\r\n",
    411 },
  { "chunked-and-length",
    "POST",
    "/packages/publish",
    SERVER_KIT_AUTH SERVER_KIT_JSON
    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    400 },
  { "chunked-yank",
    "POST",
    "/packages/hello-lib/0.1.0/yank",
    SERVER_KIT_AUTH SERVER_KIT_JSON "Transfer-Encoding: chunked\r\n",
    411 },
  { "two-lengths",
    "PUT",
    "/packages/other-lib/0.1.0",
    SERVER_KIT_AUTH SERVER_KIT_GZIP
    "Content-Length: 5\r\nContent-Length: 6\r\n",
    400 },
  { "signed-length",
    "PUT",
    "/packages/other-lib/0.1.0",
    SERVER_KIT_AUTH SERVER_KIT_GZIP "Content-Length: +200000\r\n",
    400 },
  { "body-of-a-get", "GET", "/packages", LONG_BODY, 413 },
  { "long-reason",
    "POST",
    "/packages/hello-lib/0.1.0/yank",
    SERVER_KIT_AUTH SERVER_KIT_JSON "Content-Length: 200000\r\n",
    413 },
};

/* A refusal comes before the body, and the connection is of no use after it. */
static void
run_refusal (ServerFixture *fixture, gconstpointer data)
{
  const Refusal *refusal = data;
  g_autoptr (HttpClient) client = http_client_new (fixture->port);
  g_autoptr (HttpAnswer) answer =
    send_head (client, refusal->method, refusal->target, refusal->headers);
  g_autofree char *connection = http_answer_get_header (answer, "Connection");

  g_test_message ("%s%s", refusal->name, answer->head);
  g_assert_cmpuint (answer->status, ==, refusal->status);
  g_assert_cmpstr (connection, ==, "close");
  assert_detail (answer);
}

/* With an expectation it is the final answer: the body, sent all the same, is
 * not taken for another request. */
static void
run_expecting_refusal (ServerFixture *fixture, gconstpointer data)
{
  const Refusal *refusal = data;
  g_autoptr (HttpClient) client = http_client_new (fixture->port);
  g_autofree char *headers =
    g_strconcat (refusal->headers, "Expect: 100-continue\r\n", NULL);
  g_autoptr (HttpAnswer) answer =
    send_head (client, refusal->method, refusal->target, headers);

  g_test_message ("%s%s", refusal->name, answer->head);
  g_assert_cmpuint (answer->status, ==, refusal->status);
  http_client_send_text (client, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
  g_assert_true (http_client_is_closed (client));
}

static void
publish_hello (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) tarball = registry_kit_pack ("hello-lib", "0.1.0", "a");
  g_autoptr (HttpAnswer) answer = http_request (fixture->port,
                                                "PUT",
                                                "/packages/hello-lib/0.1.0",
                                                SERVER_KIT_AUTH SERVER_KIT_GZIP,
                                                tarball);

  g_assert_cmpuint (answer->status, ==, 201);
}

static void
test_refusals (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, publish_hello, NULL);
  set_max_tarball (fixture, MEBIBYTE);
  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      server_fixture_run (fixture, run_refusal, &refusals[i]);
      server_fixture_run (fixture, run_expecting_refusal, &refusals[i]);
    }
}

/* A client that sends all of its body before it looks for an answer, as the
 * released one does, reads the refusal and not a reset connection. */
static void
run_stubborn (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (HttpClient) client = http_client_new (fixture->port);
  gsize size = 24 * MEBIBYTE;
  g_autoptr (GBytes) body = g_bytes_new_take (g_malloc0 (size), size);
  g_autoptr (HttpAnswer) answer =
    http_client_request (client,
                         "PUT",
                         "/packages/hello-lib/0.1.0",
                         SERVER_KIT_AUTH SERVER_KIT_GZIP,
                         body);

  g_assert_cmpuint (answer->status, ==, 413);
  g_assert_true (http_client_is_closed (client));
}

static void
test_stubborn (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, run_stubborn, NULL);
}

/* A short body is read in spite of a refusal, and the connection lives on. */
static void
run_short_refusal (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (HttpClient) client = http_client_new (fixture->port);
  g_autoptr (GBytes) body = take_text (g_strdup ("{}"));

  for (int i = 0; i < 3; i++)
    {
      g_autoptr (HttpAnswer) refused =
        http_client_request (client, "POST", "/nowhere", NULL, body);
      g_autoptr (HttpAnswer) typed =
        http_client_request (client, "POST", "/packages/publish", NULL, body);
      g_autoptr (HttpAnswer) next =
        http_client_request (client, "GET", "/livez", NULL, NULL);

      g_assert_cmpuint (refused->status, ==, 404);
      g_assert_cmpuint (typed->status, ==, 415);
      g_assert_cmpuint (next->status, ==, 200);
    }
}

static void
test_short_refusal (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, run_short_refusal, NULL);
}

/* Uploads that arrive at once, byte by byte interleaved, do not mix. */
static void
run_concurrent (ServerFixture *fixture, gconstpointer data)
{
  HttpClient *clients[6] = { NULL };
  GBytes *requests[G_N_ELEMENTS (clients)] = { NULL };
  gsize longest = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      g_autofree char *name = g_strdup_printf ("lib-%c", (char) ('a' + i));
      g_autofree char *content = g_strnfill (1000 + 400 * i, 'x');
      g_autoptr (GBytes) tarball = registry_kit_pack (name, "0.1.0", content);
      g_autofree char *body = loft_test_publish_body (name, "0.1.0", tarball);

      clients[i] = http_client_new (fixture->port);
      requests[i] = take_text (
        g_strdup_printf ("POST /packages/publish HTTP/1.1\r\nHost: x\r\n"
                         "Content-Type: application/json\r\n" SERVER_KIT_AUTH
                         "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s",
                         strlen (body),
                         body));
      longest = MAX (longest, g_bytes_get_size (requests[i]));
    }

  for (gsize offset = 0; offset < longest; offset += 7)
    for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
      {
        gsize size = 0;
        const char *bytes = g_bytes_get_data (requests[i], &size);

        if (offset < size)
          http_client_send (clients[i], bytes + offset, MIN (7, size - offset));
      }

  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      g_autoptr (HttpAnswer) answer = http_client_receive (clients[i], TRUE);

      g_assert_cmpuint (answer->status, ==, 200);
      g_bytes_unref (requests[i]);
      http_client_free (clients[i]);
    }
}

static void
test_concurrent (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, run_concurrent, NULL);
}

/* How many files without a name are open: those are the spools. */
static guint
count_spools (void)
{
  g_autoptr (GDir) directory = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *name = NULL;
  guint n = 0;

  while ((name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/fd", name, NULL);
      g_autofree char *target = g_file_read_link (path, NULL);

      if (target != NULL && g_str_has_suffix (target, " (deleted)"))
        n++;
    }

  return n;
}

/* A client that leaves in the middle, wherever that is, leaves nothing behind,
 * and hurts nobody. */
static void
run_aborted (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) tarball = registry_kit_pack ("hello-lib", "0.1.0", "a");
  g_autofree char *body =
    loft_test_publish_body ("hello-lib", "0.1.0", tarball);
  g_autofree char *request =
    g_strdup_printf ("POST /packages/publish HTTP/1.1\r\nHost: x\r\n"
                     "Content-Type: application/json\r\n" SERVER_KIT_AUTH
                     "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s",
                     strlen (body),
                     body);
  gsize length = strlen (request);
  const struct linger reset = { .l_onoff = 1 };

  for (gsize n = 1; n < length; n += MAX (1, n / 12))
    {
      g_autoptr (HttpClient) client = http_client_new (fixture->port);

      http_client_send (client, request, n);
      /* Half of them by a reset instead of an end. */
      if (n % 2 == 0)
        setsockopt (g_socket_get_fd (http_client_get_socket (client)),
                    SOL_SOCKET,
                    SO_LINGER,
                    &reset,
                    sizeof reset);
    }

  g_autoptr (HttpAnswer) answer =
    http_request (fixture->port, "GET", "/packages", NULL, NULL);
  g_autofree char *text = http_answer_dup_text (answer);
  g_assert_cmpstr (g_strchomp (text), ==, "[]");

  gint64 end = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;
  while (count_spools () > GPOINTER_TO_UINT (data))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (10000);
    }
}

static void
test_aborted (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, run_aborted, GUINT_TO_POINTER (count_spools ()));
}

/* A version that is yanked is no longer listed, but still there; why, may be
 * said. */
static void
run_yank (ServerFixture *fixture, gconstpointer data)
{
  static const char version[] = "/packages/hello-lib/0.1.0";
  static const char target[] = "/packages/hello-lib/0.1.0/yank";
  g_autoptr (GBytes) reason = take_text (g_strdup ("{\"reason\":\"broken\"}"));
  g_autoptr (GBytes) number = take_text (g_strdup ("{\"reason\":1}"));
  g_autoptr (GBytes) array = take_text (g_strdup ("[]"));
  g_autoptr (GBytes) nonsense = take_text (g_strdup ("{\"reason\""));
  const struct
  {
    const char *method;
    const char *target;
    const char *headers;
    GBytes *body;
    guint status;
    const char *told; /* nullable: what is told of the reason */
  } rows[] = {
    { "POST", target, NULL, NULL, 401 },
    { "POST", target, SERVER_KIT_OTHER_AUTH, NULL, 403 },
    { "POST", target, SERVER_KIT_AUTH SERVER_KIT_JSON, number, 400 },
    { "POST", target, SERVER_KIT_AUTH SERVER_KIT_JSON, array, 400 },
    { "POST", target, SERVER_KIT_AUTH SERVER_KIT_JSON, nonsense, 400 },
    { "POST", target, SERVER_KIT_AUTH, reason, 415 },
    { "POST", target, SERVER_KIT_AUTH SERVER_KIT_JSON, reason, 200 },
    { "GET", version, NULL, NULL, 200, ",\"yank_reason\":\"broken\"}" },
    { "POST", target, SERVER_KIT_AUTH, NULL, 200 },
    { "GET", "/packages/hello-lib/0.1.0/download", NULL, NULL, 200 },
    { "DELETE", target, NULL, NULL, 401 },
    { "DELETE", target, SERVER_KIT_AUTH, NULL, 200 },
    { "GET", version, NULL, NULL, 200 },
    { "DELETE", target, SERVER_KIT_AUTH, NULL, 200 },
    { "POST", "/packages/hello-lib/9.9.9/yank", SERVER_KIT_AUTH, NULL, 404 },
    { "POST", "/packages/other-lib/1.0.0/yank", SERVER_KIT_AUTH, NULL, 404 },
    { "PUT", target, SERVER_KIT_AUTH, NULL, 405 },
  };
  g_autoptr (HttpClient) client = http_client_new (fixture->port);

  publish_hello (fixture, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (HttpAnswer) answer = http_client_request (client,
                                                           rows[i].method,
                                                           rows[i].target,
                                                           rows[i].headers,
                                                           rows[i].body);
      g_autofree char *text = http_answer_dup_text (answer);

      g_test_message ("row %" G_GSIZE_FORMAT ": %s", i, text);
      g_assert_cmpuint (answer->status, ==, rows[i].status);
      if (g_str_equal (rows[i].target, version))
        {
          g_autoptr (JsonNode) node =
            loft_json_parse (text, strlen (text), NULL);

          g_assert_nonnull (node);
        }
      if (rows[i].told != NULL)
        g_assert_nonnull (strstr (text, rows[i].told));
      else
        g_assert_null (strstr (text, "yank_reason"));
      if (answer->status == 200 && g_str_equal (rows[i].method, "POST"))
        g_assert_nonnull (strstr (text, "\"yanked\":true"));
      if (answer->status == 200 && g_str_equal (rows[i].method, "DELETE"))
        g_assert_nonnull (strstr (text, "\"yanked\":false"));
    }
}

static void
test_yank (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, run_yank, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  log_kit_init ();

#define ADD(path, func)                                                        \
  g_test_add ("/http-publish/" path,                                           \
              ServerFixture,                                                   \
              NULL,                                                            \
              server_fixture_set_up,                                           \
              func,                                                            \
              server_fixture_tear_down)

  ADD ("released-client", test_released_client);
  ADD ("twice", test_twice);
  ADD ("expect", test_expect);
  ADD ("refusals", test_refusals);
  ADD ("stubborn", test_stubborn);
  ADD ("short-refusal", test_short_refusal);
  ADD ("concurrent", test_concurrent);
  ADD ("aborted", test_aborted);
  ADD ("yank", test_yank);

  return g_test_run ();
}
