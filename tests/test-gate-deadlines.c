/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/gate-kit.h"
#include "kit/log-kit.h"

#include <string.h>
#include <sys/socket.h>

#define MEBIBYTE (1024 * 1024)
#define KIBIBYTE 1024

/* More than the system holds of an answer. */
#define LARGE (19 * MEBIBYTE)

/* Whoever stops is sent away. The deadlines are as short as they can be without
 * hitting those who are only slow; how long it takes is never looked at. */
static const LoftGateSettings impatient = {
  .head = LOFT_HEAD_LIMITS_DEFAULT,
  .head_timeout = 2,
  .idle_timeout = 2,
  .body_timeout = 2,
  .write_timeout = 2,
  .drain_timeout = 2,
  .drain_size = 64 * MEBIBYTE,
  .park_after = 1,
  .connections = 1000,
  .hot_size = MEBIBYTE,
};

static void
put_large (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) tarball = gate_kit_put_large (fixture, LARGE);
}

static void
test_run (ServerFixture *fixture, gconstpointer test_data)
{
  const ServerKitFunc *func = test_data;

  server_fixture_run (fixture, put_large, NULL);
  gate_kit_allow (fixture, &impatient);
  server_fixture_run (fixture, *func, NULL);
}

static void
assert_too_late (HttpClient *client)
{
  g_autoptr (HttpAnswer) answer = http_client_receive (client, TRUE);
  g_autofree char *close = http_answer_get_header (answer, "Connection");

  g_assert_cmpuint (answer->status, ==, 408);
  g_assert_cmpstr (close, ==, "close");
  g_assert_true (http_client_is_closed (client));
}

/* Sends byte by byte until something is answered. */
static void
dribble (HttpClient *client)
{
  GSocket *socket = http_client_get_socket (client);

  for (guint i = 0; i < 1000; i++)
    {
      if (g_socket_condition_check (socket, G_IO_IN) != 0)
        return;
      http_client_send_text (client, "a");
      g_usleep (20 * G_TIME_SPAN_MILLISECOND);
    }
  g_assert_not_reached ();
}

/* A head that takes too long is answered so, the first one and a later one,
 * whether nothing more comes of it or too little. */
static void
run_heads (ServerFixture *fixture, gconstpointer data)
{
  static const char *const starts[] = {
    "GET / HTTP/1.1\r\nX: ",
    GATE_KIT_GET ("/livez") "GET / HTTP/1.1\r\nX: ",
    GATE_KIT_GET ("/packages/" GATE_KIT_SMALL) "G",
  };

  for (gsize i = 0; i < 2 * G_N_ELEMENTS (starts); i++)
    {
      g_autoptr (HttpClient) client = gate_kit_send (fixture, starts[i / 2]);

      if (i / 2 > 0)
        gate_kit_assert_answer (client, 200);
      if (i % 2 == 1)
        dribble (client);
      assert_too_late (client);
    }
  gate_kit_assert_alive (fixture);
}

/* Who connects and says nothing, or has nothing more to ask, is cut off without
 * a word. */
static void
run_silent (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (HttpClient) silent = http_client_new (fixture->port);
  g_autoptr (HttpClient) cold =
    gate_kit_send (fixture, GATE_KIT_GET ("/livez"));
  g_autoptr (HttpClient) hot =
    gate_kit_send (fixture,
                   GATE_KIT_GET ("/packages/" GATE_KIT_SMALL)
                     GATE_KIT_GET ("/packages/" GATE_KIT_SMALL));

  gate_kit_assert_answer (cold, 200);
  gate_kit_assert_answer (hot, 200);
  gate_kit_assert_answer (hot, 200);
  g_assert_true (http_client_is_closed (silent));
  g_assert_true (http_client_is_closed (cold));
  g_assert_true (http_client_is_closed (hot));
  gate_kit_assert_alive (fixture);
}

/* So is who stops within a body, asked for it or not. */
static void
run_bodies (ServerFixture *fixture, gconstpointer data)
{
  static const char put[] =
    "PUT /packages/new-lib/1.0.0 HTTP/1.1\r\nHost: x\r\n" SERVER_KIT_AUTH
      SERVER_KIT_GZIP;

  for (guint i = 0; i < 4; i++)
    {
      gboolean expects = i % 2 == 1;
      g_autofree char *text =
        g_strconcat (put,
                     expects ? "Expect: 100-continue\r\n" : "",
                     "Content-Length: 1000\r\n\r\n",
                     NULL);
      g_autoptr (HttpClient) client = gate_kit_send (fixture, text);

      if (expects)
        gate_kit_assert_answer (client, 100);
      if (i > 1)
        http_client_send_text (client, "a part of it");
      g_assert_true (http_client_is_closed (client));
    }
  gate_kit_assert_alive (fixture);
}

/* So is who asks for more than the system holds for it, and does not take it,
 * whoever answers. */
static void
run_stuck (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (HttpClient) cold = http_client_new (fixture->port);
  g_autoptr (HttpClient) hot = http_client_new (fixture->port);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < 1000; i++)
    g_string_append (text, GATE_KIT_GET ("/packages/" GATE_KIT_LONG));
  http_client_send_text (cold,
                         GATE_KIT_GET ("/packages/large-lib/0.1.0/download"));
  http_client_send (hot, text->str, text->len);
  gate_kit_assert_alive (fixture);

  guint n = gate_kit_count_descriptors ();
  gate_kit_await_descriptors (n - 2);
  gate_kit_assert_alive (fixture);
}

/* So is who never stops sending, and sends next to nothing, */
static void
run_dribbled_body (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (HttpClient) client = gate_kit_send (
    fixture,
    "PUT /packages/new-lib/1.0.0 HTTP/1.1\r\nHost: x\r\n" SERVER_KIT_AUTH
      SERVER_KIT_GZIP "Content-Length: 1000000\r\n\r\n");

  dribble (client);
  gate_kit_assert_alive (fixture);
}

/* and who never stops reading. */
static void
run_dribbled_answer (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (HttpClient) client =
    gate_kit_send (fixture,
                   GATE_KIT_GET ("/packages/large-lib/0.1.0/download"));
  GSocket *socket = http_client_get_socket (client);
  char buffer[4 * KIBIBYTE];
  guint i = 0;

  /* Once something comes, the server has its end of the connection open. */
  g_assert_cmpint (g_socket_receive (socket, buffer, sizeof buffer, NULL, NULL),
                   >,
                   0);

  guint n = gate_kit_count_descriptors ();

  /* What has arrived already comes even so, so the end is not to be read. */
  for (; i < 1000 && gate_kit_count_descriptors () >= n; i++)
    {
      g_socket_receive (socket, buffer, sizeof buffer, NULL, NULL);
      g_usleep (20 * G_TIME_SPAN_MILLISECOND);
    }
  g_assert_cmpuint (i, <, 1000);
  gate_kit_assert_alive (fixture);
}

static void
test_dribble (ServerFixture *fixture, gconstpointer test_data)
{
  LoftGateSettings settings = impatient;

  settings.min_rate = MEBIBYTE;
  server_fixture_run (fixture, put_large, NULL);
  gate_kit_allow (fixture, &settings);
  server_fixture_run (fixture, run_dribbled_body, NULL);
  server_fixture_run (fixture, run_dribbled_answer, NULL);
}

/* Reads slowly at first, and then all. */
static void
read_slowly (HttpClient *client)
{
  GSocket *socket = http_client_get_socket (client);
  g_autofree char *data = g_malloc (256 * KIBIBYTE);
  gsize got = 0;

  for (guint i = 0; got < LARGE; i++)
    {
      gssize n = g_socket_receive (socket, data, 256 * KIBIBYTE, NULL, NULL);

      g_assert_cmpint (n, >, 0);
      got += (gsize) n;
      if (i < 20)
        g_usleep (400 * G_TIME_SPAN_MILLISECOND);
    }
}

/* But not who takes it slowly, and steadily; also where the connection ends
 * with the answer. */
static void
run_slow (ServerFixture *fixture, gconstpointer data)
{
  static const char *const texts[] = {
    GATE_KIT_GET ("/packages/large-lib/0.1.0/download"),
    "GET /packages/large-lib/0.1.0/download HTTP/1.0\r\n\r\n",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (HttpClient) client = http_client_new (fixture->port);

      g_socket_set_option (http_client_get_socket (client),
                           SOL_SOCKET,
                           SO_RCVBUF,
                           64 * KIBIBYTE,
                           NULL);
      http_client_send_text (client, texts[i]);
      read_slowly (client);
    }
}

/* With more patience than it takes a busy machine to go on, and less than all
 * of it takes. */
static void
test_slow (ServerFixture *fixture, gconstpointer test_data)
{
  LoftGateSettings settings = impatient;

  settings.write_timeout = 6;
  settings.min_rate = 10000;
  server_fixture_run (fixture, put_large, NULL);
  gate_kit_allow (fixture, &settings);
  server_fixture_run (fixture, run_slow, NULL);
}

/* An end that does not come is not waited for: neither the rest of a body that
 * was refused, nor the client's own farewell. */
static void
run_ends (ServerFixture *fixture, gconstpointer data)
{
  guint n = gate_kit_count_descriptors ();
  g_autoptr (HttpClient) refused =
    gate_kit_send (fixture,
                   "PUT /nowhere HTTP/1.1\r\nHost: x\r\n"
                   "Content-Length: 10000000\r\n\r\nsome of it");
  g_autoptr (HttpClient) bad = gate_kit_send (fixture, "HELLO\r\n\r\n");
  g_autoptr (HttpClient) done =
    gate_kit_send (fixture,
                   "GET /livez HTTP/1.1\r\nHost: x\r\n"
                   "Connection: close\r\n\r\n");

  gate_kit_assert_answer (refused, 404);
  gate_kit_assert_answer (bad, 400);
  gate_kit_assert_answer (done, 200);
  gate_kit_await_descriptors (n + 3);
  gate_kit_assert_alive (fixture);
}

/* Nor is more thrown away than is allowed. */
static void
run_drain_size (ServerFixture *fixture, gconstpointer data)
{
  g_autofree char *piece = g_strnfill (64 * KIBIBYTE, 'x');
  g_autoptr (HttpClient) client =
    gate_kit_send (fixture,
                   "PUT /nowhere HTTP/1.1\r\nHost: x\r\n"
                   "Content-Length: 1000000000\r\n\r\n");
  gsize sent = 0;

  gate_kit_assert_answer (client, 404);
  while (sent < 1000000000 && http_client_send (client, piece, 64 * KIBIBYTE))
    sent += 64 * KIBIBYTE;
  g_assert_cmpuint (sent, <, 100 * MEBIBYTE);
  gate_kit_assert_alive (fixture);
}

static void
test_drain_size (ServerFixture *fixture, gconstpointer test_data)
{
  LoftGateSettings settings = impatient;

  settings.drain_size = MEBIBYTE;
  settings.drain_timeout = 60;
  gate_kit_allow (fixture, &settings);
  server_fixture_run (fixture, run_drain_size, NULL);
}

int
main (int argc, char **argv)
{
  static const ServerKitFunc heads = run_heads;
  static const ServerKitFunc silent = run_silent;
  static const ServerKitFunc bodies = run_bodies;
  static const ServerKitFunc stuck = run_stuck;
  static const ServerKitFunc ends = run_ends;

  g_test_init (&argc, &argv, NULL);
  log_kit_init ();

#define ADD(path, data, func)                                                  \
  g_test_add ("/gate-deadlines/" path,                                         \
              ServerFixture,                                                   \
              data,                                                            \
              gate_kit_set_up,                                                 \
              func,                                                            \
              server_fixture_tear_down)

  ADD ("heads", &heads, test_run);
  ADD ("silent", &silent, test_run);
  ADD ("bodies", &bodies, test_run);
  ADD ("stuck", &stuck, test_run);
  ADD ("dribble", NULL, test_dribble);
  ADD ("slow", NULL, test_slow);
  ADD ("ends", &ends, test_run);
  ADD ("drain-size", NULL, test_drain_size);

  return g_test_run ();
}
