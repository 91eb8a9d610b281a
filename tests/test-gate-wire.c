/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/gate-kit.h"
#include "kit/log-kit.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#define MEBIBYTE (1024 * 1024)

/* Longer than it takes to park what is idle, if that takes a second. */
#define PARKED (2500 * G_TIME_SPAN_MILLISECOND)

/* Requests of all kinds, that are answered by the gate and behind it. */
static const struct
{
  const char *method;
  const char *target;
  const char *headers;
  const char *body;
  guint status;
} requests[] = {
  { "GET", "/packages/hello-lib", NULL, NULL, 200 },
  { "GET", "/packages/hello-lib/0.1.0/download", NULL, NULL, 200 },
  { "GET", "/packages/many-lib", NULL, NULL, 200 },
  { "HEAD", "/packages/many-lib", NULL, NULL, 200 },
  { "GET", "/packages/no-lib", NULL, NULL, 404 },
  { "POST", "/packages/publish", SERVER_KIT_JSON, "{}", 400 },
  { "GET", "/packages/hello-lib", NULL, NULL, 200 },
  { "GET", "/packages/hello-lib/0.1.0", NULL, NULL, 200 },
  { "DELETE", "/packages", NULL, "GET / HTTP/1.1\r\n", 405 },
  { "HEAD", "/packages/hello-lib/0.1.0/download", NULL, NULL, 200 },
  { "GET", "/", NULL, NULL, 200 },
};

static void
append_request (GString *text, guint number)
{
  gsize kind = number % G_N_ELEMENTS (requests);
  const char *headers = requests[kind].headers;
  const char *body = requests[kind].body;

  g_string_append_printf (text,
                          "%s %s HTTP/1.1\r\nHost: x\r\nX-Request-Id: n-%u\r\n",
                          requests[kind].method,
                          requests[kind].target,
                          number);
  if (headers != NULL)
    g_string_append (text, headers);
  if (body != NULL)
    g_string_append_printf (text,
                            "Content-Length: %" G_GSIZE_FORMAT "\r\n",
                            strlen (body));
  g_string_append_printf (text, "\r\n%s", body != NULL ? body : "");
}

static char *
make_requests (guint n)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    append_request (text, i);

  return g_string_free (text, FALSE);
}

static void
assert_in_order (HttpClient *client, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      gsize kind = i % G_N_ELEMENTS (requests);
      gboolean has_body = !g_str_equal (requests[kind].method, "HEAD");
      g_autoptr (HttpAnswer) answer = http_client_receive (client, has_body);
      g_autofree char *id = http_answer_get_header (answer, "X-Request-Id");
      g_autofree char *expected = g_strdup_printf ("n-%u", i);

      g_assert_cmpstr (id, ==, expected);
      g_assert_cmpuint (answer->status, ==, requests[kind].status);
      if (has_body)
        g_assert_cmpuint (g_bytes_get_size (answer->body), >, 0);
    }
}

static void
run_pipelined (ServerFixture *fixture, gconstpointer data)
{
  g_autofree char *text = make_requests (200);
  g_autoptr (HttpClient) client = gate_kit_send (fixture, text);

  assert_in_order (client, 200);
  http_client_send_text (client, text);
  assert_in_order (client, 200);
}

/* Requests that come together are answered in their order, whoever answers. */
static void
test_pipelined (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, run_pipelined, NULL);
}

static gpointer
send_all (gpointer data)
{
  HttpClient *client = data;
  g_autofree char *text = make_requests (3000);

  g_assert_true (http_client_send_text (client, text));
  gate_kit_end_sending (client);

  return NULL;
}

static void
run_flooded (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (HttpClient) client = http_client_new (fixture->port);
  GThread *thread = g_thread_new ("sender", send_all, client);

  g_usleep (300 * G_TIME_SPAN_MILLISECOND);
  gate_kit_assert_alive (fixture);
  assert_in_order (client, 3000);
  g_assert_true (http_client_is_closed (client));
  g_thread_join (thread);
}

/* So it is for a client that asks and asks, and takes the answers later: all
 * come, in their order and whole. */
static void
test_flooded (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, run_flooded, NULL);
}

static void
run_half_closed (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) tarball = gate_kit_put_large (fixture, 8 * MEBIBYTE);
  g_autofree char *text = make_requests (50);

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (HttpClient) client = gate_kit_send (fixture, text);
      gate_kit_end_sending (client);
      assert_in_order (client, 50);
      g_assert_true (http_client_is_closed (client));

      g_autoptr (HttpClient) large =
        gate_kit_send (fixture,
                       GATE_KIT_GET ("/packages/large-lib/0.1.0/download"));
      gate_kit_end_sending (large);
      g_autoptr (HttpAnswer) answer = http_client_receive (large, TRUE);
      g_assert_true (g_bytes_equal (answer->body, tarball));
      g_assert_true (http_client_is_closed (large));

      /* What was asked for is answered, what was not quite is not. */
      g_autoptr (HttpClient) half =
        gate_kit_send (fixture,
                       GATE_KIT_GET ("/packages/hello-lib") "GET / HTTP/1.1");
      gate_kit_end_sending (half);
      gate_kit_assert_answer (half, 200);
      g_assert_true (http_client_is_closed (half));

      g_autoptr (HttpClient) silent = gate_kit_send (fixture, "");
      gate_kit_end_sending (silent);
      g_assert_true (http_client_is_closed (silent));
    }
}

/* A client that has no more to say gets all that it asked for. */
static void
test_half_closed (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, run_half_closed, NULL);
}

/* Each byte in a packet of its own. */
static void
send_bytewise (HttpClient *client, const char *data, gsize length)
{
  g_socket_set_option (http_client_get_socket (client),
                       IPPROTO_TCP,
                       TCP_NODELAY,
                       1,
                       NULL);
  for (gsize i = 0; i < length; i++)
    {
      g_assert_true (http_client_send (client, data + i, 1));
      g_usleep (100);
    }
}

static char *
make_put (GBytes *tarball, const char *headers)
{
  return g_strdup_printf (
    "PUT /packages/bytes-lib/0.1.0 HTTP/1.1\r\nHost: x\r\n" SERVER_KIT_AUTH
      SERVER_KIT_GZIP "%sContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n",
    headers,
    g_bytes_get_size (tarball));
}

static void
run_bytewise (ServerFixture *fixture, gconstpointer data)
{
  g_autofree char *text = make_requests (2 * G_N_ELEMENTS (requests));
  g_autoptr (GBytes) tarball = registry_kit_pack ("bytes-lib", "0.1.0", "x");
  g_autofree char *head = make_put (tarball, "");
  g_autoptr (HttpClient) client = http_client_new (fixture->port);

  send_bytewise (client, text, strlen (text));
  assert_in_order (client, 2 * G_N_ELEMENTS (requests));
  send_bytewise (client, head, strlen (head));
  send_bytewise (client,
                 g_bytes_get_data (tarball, NULL),
                 g_bytes_get_size (tarball));
  gate_kit_assert_answer (client, 201);
}

/* It makes no difference in what pieces requests come. */
static void
test_bytewise (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, run_bytewise, NULL);
}

static void
run_expect (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) tarball = registry_kit_pack ("bytes-lib", "0.1.0", "x");
  g_autofree char *head = make_put (tarball, "Expect: 100-continue\r\n");
  gsize size = 0;
  const char *bytes = g_bytes_get_data (tarball, &size);

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (HttpClient) client = gate_kit_send (fixture, head);

      /* The second one does not wait for leave; the third one sends another
       * request with it. */
      if (i > 0)
        http_client_send (client, bytes, size);
      if (i > 1)
        http_client_send_text (client, GATE_KIT_GET ("/packages/hello-lib"));
      gate_kit_assert_answer (client, 100);
      if (i == 0)
        http_client_send (client, bytes, size);
      gate_kit_assert_answer (client, i == 0 ? 201 : 200);
      if (i < 2)
        http_client_send_text (client, GATE_KIT_GET ("/packages/hello-lib"));
      gate_kit_assert_answer (client, 200);
    }
}

/* Who asks for leave to send a body gets it, and the connection lives on. */
static void
test_expect (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, run_expect, NULL);
}

/* Requests with an expectation that are refused by different parts of the
 * server. */
static const struct
{
  const char *head;
  guint status;
} refused[] = {
  { "PUT /packages/std/1.0.0 HTTP/1.1\r\nHost: x\r\n" SERVER_KIT_AUTH
      SERVER_KIT_GZIP,
    422 },
  { "PUT /packages/hello-lib/1.0.0 HTTP/1.1\r\n"
    "Host: x\r\n" SERVER_KIT_OTHER_AUTH SERVER_KIT_GZIP,
    403 },
  { "PUT /packages/new-lib/1.0.0 HTTP/1.1\r\nHost: x\r\n", 415 },
  { "PUT /nowhere HTTP/1.1\r\nHost: x\r\n", 404 },
  { "BREW / HTTP/1.1\r\nHost: x\r\n", 405 },
  { "PUT /packages/new-lib/1.0.0 HTTP/1.1\r\nHost: [\r\n", 400 },
  { "PUT /packages/new-lib/1.0.0 HTTP/1.1\r\nHost: x:y\r\n", 400 },
};

static void
run_expect_refused (ServerFixture *fixture, gconstpointer data)
{
  static const char *const smuggled = GATE_KIT_GET ("/packages/hello-lib");

  for (gsize i = 0; i < G_N_ELEMENTS (refused) * 2; i++)
    {
      gboolean at_once = i % 2 == 1;
      g_autofree char *text =
        g_strdup_printf ("%sExpect: 100-continue\r\n"
                         "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s",
                         refused[i / 2].head,
                         strlen (smuggled),
                         at_once ? smuggled : "");
      g_autoptr (HttpClient) client = gate_kit_send (fixture, text);
      g_autoptr (HttpAnswer) answer = http_client_receive (client, TRUE);
      g_autofree char *close = http_answer_get_header (answer, "Connection");

      g_test_message ("%s", answer->head);
      g_assert_cmpuint (answer->status, ==, refused[i / 2].status);
      g_assert_cmpstr (close, ==, "close");
      if (!at_once)
        http_client_send_text (client, smuggled);
      g_assert_true (http_client_is_closed (client));
    }
}

/* Who is refused instead, and sends the body nevertheless, finds the connection
 * closed: what looks like a request in that body is none. */
static void
test_expect_refused (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, run_expect_refused, NULL);
}

static void
run_expect_other (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (HttpClient) old = gate_kit_send (
    fixture,
    "POST /packages/publish HTTP/1.0\r\nHost: x\r\n" SERVER_KIT_JSON
    "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}");
  gate_kit_assert_answer (old, 400);
  g_assert_true (http_client_is_closed (old));

  g_autoptr (HttpClient) empty =
    gate_kit_send (fixture,
                   "GET /packages/hello-lib HTTP/1.1\r\nHost: x\r\n"
                   "Expect: 100-continue\r\n\r\n");
  g_autoptr (HttpAnswer) first = http_client_receive (empty, TRUE);
  if (first->status == 100)
    gate_kit_assert_answer (empty, 200);
  else
    g_assert_cmpuint (first->status, ==, 200);
}

/* An old client knows no leave, so it gets none; and one that has no body to
 * send gets its answer. */
static void
test_expect_other (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, run_expect_other, NULL);
}

static const struct
{
  const char *rest;
  gboolean lives;
  gboolean told;
} lives[] = {
  { " HTTP/1.1\r\nHost: x\r\n\r\n", TRUE, FALSE },
  { " HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n", TRUE, FALSE },
  { " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", FALSE, TRUE },
  { " HTTP/1.1\r\nHost: x\r\nConnection: foo, Close\r\n\r\n", FALSE, TRUE },
  { " HTTP/1.0\r\n\r\n", FALSE, FALSE },
  { " HTTP/1.0\r\nHost: x\r\n\r\n", FALSE, FALSE },
  { " HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", FALSE, FALSE },
  { " HTTP/1.0\r\nConnection: close\r\n\r\n", FALSE, TRUE },
};

static void
run_lives (ServerFixture *fixture, gconstpointer data)
{
  static const char *const targets[] = { "/packages/hello-lib",
                                         "/packages/hello-lib/0.1.0/download",
                                         "/packages/no-lib" };

  for (gsize i = 0; i < G_N_ELEMENTS (lives) * 2 * G_N_ELEMENTS (targets); i++)
    {
      gsize row = i % G_N_ELEMENTS (lives);
      const char *target = targets[i % G_N_ELEMENTS (targets)];
      g_autofree char *text =
        g_strconcat ("GET ", target, lives[row].rest, NULL);
      g_autoptr (HttpClient) client = gate_kit_send (fixture, text);
      guint status = g_str_equal (target, "/packages/no-lib") ? 404 : 200;

      g_test_message ("%s", text);
      g_autoptr (HttpAnswer) answer = http_client_receive (client, TRUE);
      g_autofree char *told = http_answer_get_header (answer, "Connection");
      g_assert_cmpuint (answer->status, ==, status);
      g_assert_cmpstr (told, ==, lives[row].told ? "close" : NULL);
      if (!lives[row].lives)
        {
          g_assert_true (http_client_is_closed (client));
          continue;
        }
      http_client_send_text (client, text);
      gate_kit_assert_answer (client, status);
    }
}

/* A connection ends after an answer if the client wants that, which the answer
 * confirms, or does not know better; else it lives on. */
static void
test_lives (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, run_lives, NULL);
}

static void
run_head (ServerFixture *fixture, gconstpointer data)
{
  static const char *const targets[] = { "/packages/hello-lib",
                                         "/packages/many-lib",
                                         "/packages/hello-lib/0.1.0/download",
                                         "/packages/no-lib",
                                         "/" };
  g_autoptr (HttpClient) client = http_client_new (fixture->port);

  for (gsize i = 0; i < 3 * G_N_ELEMENTS (targets); i++)
    {
      const char *target = targets[i % G_N_ELEMENTS (targets)];
      g_autoptr (HttpAnswer) head =
        http_client_request (client, "HEAD", target, NULL, NULL);
      g_autoptr (HttpAnswer) get =
        http_client_request (client, "GET", target, NULL, NULL);
      g_autofree char *length = http_answer_get_header (head, "Content-Length");
      g_autofree char *expected =
        g_strdup_printf ("%" G_GSIZE_FORMAT, g_bytes_get_size (get->body));
      g_autofree char *etag = http_answer_get_header (head, "ETag");
      g_autofree char *same = http_answer_get_header (get, "ETag");

      g_test_message ("%s", target);
      g_assert_cmpuint (head->status, ==, get->status);
      if (get->status == 200)
        g_assert_cmpstr (length, ==, expected);
      g_assert_cmpstr (etag, ==, same);
    }
}

/* HEAD tells what GET would give, and no more. */
static void
test_head (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, run_head, NULL);
}

static void
run_slow_reader (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) tarball = gate_kit_put_large (fixture, 19 * MEBIBYTE);
  g_autoptr (HttpClient) slow = http_client_new (fixture->port);
  g_autofree char *text = make_requests (20);

  http_client_send_text (slow,
                         GATE_KIT_GET ("/packages/large-lib/0.1.0/download"));
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (HttpClient) other = gate_kit_send (fixture, text);

      assert_in_order (other, 20);
      g_usleep (10 * G_TIME_SPAN_MILLISECOND);
    }

  g_autoptr (HttpAnswer) answer = http_client_receive (slow, TRUE);
  g_assert_true (g_bytes_equal (answer->body, tarball));
}

/* Who takes a large answer slowly gets it whole, and keeps nobody waiting. */
static void
test_slow_reader (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, run_slow_reader, NULL);
}

static void
run_parked (ServerFixture *fixture, gconstpointer data)
{
  enum
  {
    N = 300
  };
  g_autoptr (GPtrArray) clients =
    g_ptr_array_new_with_free_func ((GDestroyNotify) http_client_free);
  g_autoptr (GBytes) tarball = registry_kit_pack ("bytes-lib", "0.1.0", "x");
  g_autofree char *head = make_put (tarball, "");
  g_autofree char *text = make_requests (4);
  gsize half = strlen ("GET /packages/hello");

  for (guint i = 0; i < N; i++)
    {
      HttpClient *client = gate_kit_send (fixture, text);

      g_ptr_array_add (clients, client);
      assert_in_order (client, 4);
      if (i % 2 == 1)
        http_client_send (client, text, half);
    }
  g_usleep (PARKED);

  for (guint i = 0; i < N; i++)
    {
      http_client_send_text (clients->pdata[i], text + (i % 2) * half);
      assert_in_order (clients->pdata[i], 4);
    }
  g_usleep (PARKED);

  http_client_send_text (clients->pdata[0], head);
  http_client_send (clients->pdata[0],
                    g_bytes_get_data (tarball, NULL),
                    g_bytes_get_size (tarball));
  gate_kit_assert_answer (clients->pdata[0], 201);
  for (guint i = 0; i < N; i++)
    {
      http_client_send_text (clients->pdata[i], text);
      assert_in_order (clients->pdata[i], 4);
    }
}

/* A connection that was idle goes on as if nothing had been, also in the middle
 * of a head, and many at once. */
static void
test_parked (ServerFixture *fixture, gconstpointer test_data)
{
  LoftGateSettings settings = LOFT_GATE_SETTINGS_DEFAULT;

  settings.park_after = 1;
  settings.head_timeout = 60;
  gate_kit_allow (fixture, &settings);
  server_fixture_run (fixture, run_parked, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  log_kit_init ();

#define ADD(path, func)                                                        \
  g_test_add ("/gate-wire/" path,                                              \
              ServerFixture,                                                   \
              NULL,                                                            \
              gate_kit_set_up,                                                 \
              func,                                                            \
              server_fixture_tear_down)

  ADD ("pipelined", test_pipelined);
  ADD ("flooded", test_flooded);
  ADD ("half-closed", test_half_closed);
  ADD ("bytewise", test_bytewise);
  ADD ("expect", test_expect);
  ADD ("expect/refused", test_expect_refused);
  ADD ("expect/other", test_expect_other);
  ADD ("lives", test_lives);
  ADD ("head", test_head);
  ADD ("slow-reader", test_slow_reader);
  ADD ("parked", test_parked);

  return g_test_run ();
}
