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
#define PATIENCE (20 * G_TIME_SPAN_SECOND)

/* How a server takes leave of its clients. */
typedef struct
{
  ServerFixture *fixture;
  GPtrArray *clients; /* owned, of owned HttpClient */
  GBytes *tarball;    /* owned, nullable */
} Leave;

static void
leave_init (Leave *leave, ServerFixture *fixture)
{
  leave->fixture = fixture;
  leave->clients =
    g_ptr_array_new_with_free_func ((GDestroyNotify) http_client_free);
  leave->tarball = NULL;
}

static void
leave_clear (Leave *leave)
{
  g_ptr_array_unref (leave->clients);
  g_clear_pointer (&leave->tarball, g_bytes_unref);
}

static HttpClient *
add_client (Leave *leave, const char *text)
{
  HttpClient *client = gate_kit_send (leave->fixture, text);

  g_ptr_array_add (leave->clients, client);

  return client;
}

/* Has clients come by @begin, and stops the server while @end runs in a thread.
 * Returns whether nothing had to be cut off. */
static gboolean
take_leave (ServerFixture *fixture, ServerKitFunc begin, GThreadFunc end)
{
  Leave leave;

  leave_init (&leave, fixture);
  server_fixture_run (fixture, begin, &leave);
  GThread *thread = g_thread_new ("client", end, &leave);
  gboolean in_time = server_fixture_drain (fixture);
  g_thread_join (thread);
  leave_clear (&leave);

  return in_time;
}

/* Waits until the server listens no more. */
static void
await_stop (ServerFixture *fixture)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  gboolean listens = TRUE;

  while (listens && g_get_monotonic_time () < end)
    {
      g_autoptr (GSocketClient) client = g_socket_client_new ();
      g_autoptr (GSocketConnection) connection =
        g_socket_client_connect_to_host (client,
                                         "127.0.0.1",
                                         fixture->port,
                                         NULL,
                                         NULL);

      listens = connection != NULL;
      if (listens)
        g_usleep (5000);
    }
  g_assert_false (listens);
}

static void
assert_last_answer (HttpClient *client, guint status)
{
  g_autoptr (HttpAnswer) answer = http_client_receive (client, TRUE);
  g_autofree char *close = http_answer_get_header (answer, "Connection");

  g_assert_cmpuint (answer->status, ==, status);
  g_assert_cmpstr (close, ==, "close");
  g_assert_true (http_client_is_closed (client));
}

static void
begin_idle (ServerFixture *fixture, gconstpointer data)
{
  Leave *leave = (Leave *) data;

  for (guint i = 0; i < 100; i++)
    {
      HttpClient *client =
        add_client (leave, GATE_KIT_GET ("/packages/" GATE_KIT_SMALL));

      gate_kit_assert_answer (client, 200);

      /* Half of them had time enough to be parked. */
      if (i == 50)
        g_usleep (2500 * G_TIME_SPAN_MILLISECOND);
    }
}

static gpointer
end_idle (gpointer data)
{
  Leave *leave = data;

  for (guint i = 0; i < leave->clients->len; i++)
    g_assert_true (http_client_is_closed (leave->clients->pdata[i]));

  return NULL;
}

/* Who has nothing to ask is let go. */
static void
test_idle (ServerFixture *fixture, gconstpointer test_data)
{
  LoftGateSettings settings = LOFT_GATE_SETTINGS_DEFAULT;

  settings.park_after = 1;
  gate_kit_allow (fixture, &settings);
  g_assert_true (take_leave (fixture, begin_idle, end_idle));
}

#define DOWNLOAD                                                               \
  "GET /packages/large-lib/0.1.0/download HTTP/1.1\r\nHost: x\r\n"

static void
begin_large (ServerFixture *fixture, gconstpointer data)
{
  static const char *const texts[] = {
    DOWNLOAD "\r\n",
    DOWNLOAD "Connection: close\r\n\r\n",
    DOWNLOAD "\r\n" GATE_KIT_GET ("/livez"),
  };
  Leave *leave = (Leave *) data;

  leave->tarball = gate_kit_put_large (fixture, 16 * MEBIBYTE);
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      HttpClient *client = add_client (leave, texts[i]);
      GSocket *socket = http_client_get_socket (client);

      g_socket_condition_timed_wait (socket,
                                     G_IO_IN,
                                     10 * G_TIME_SPAN_SECOND,
                                     NULL,
                                     NULL);
    }
}

static gpointer
end_large (gpointer data)
{
  Leave *leave = data;

  await_stop (leave->fixture);
  for (guint i = 0; i < leave->clients->len; i++)
    {
      g_autoptr (HttpAnswer) answer =
        http_client_receive (leave->clients->pdata[i], TRUE);

      g_assert_true (g_bytes_equal (answer->body, leave->tarball));
      if (i < 2)
        g_assert_true (http_client_is_closed (leave->clients->pdata[i]));
    }

  return NULL;
}

/* Large answers that are under way arrive whole, though nobody is in a hurry to
 * take them, and though another request has come behind. */
static void
test_large (ServerFixture *fixture, gconstpointer test_data)
{
  g_assert_true (take_leave (fixture, begin_large, end_large));
}

static void
begin_flood (ServerFixture *fixture, gconstpointer data)
{
  Leave *leave = (Leave *) data;
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < 500; i++)
    g_string_append (text, GATE_KIT_GET ("/packages/" GATE_KIT_LONG));
  add_client (leave, text->str);
  gate_kit_assert_alive (fixture);
}

static gpointer
end_flood (gpointer data)
{
  Leave *leave = data;
  HttpClient *client = leave->clients->pdata[0];
  gboolean is_last = FALSE;

  await_stop (leave->fixture);
  for (guint i = 0; i < 500 && !is_last; i++)
    {
      g_autoptr (HttpAnswer) answer = http_client_receive (client, TRUE);
      g_autofree char *close = http_answer_get_header (answer, "Connection");

      g_assert_cmpuint (answer->status, ==, 200);
      g_assert_cmpuint (g_bytes_get_size (answer->body), >, 10000);
      is_last = g_strcmp0 (close, "close") == 0;
    }
  g_assert_true (is_last);

  return NULL;
}

/* Of many requests that came together the first ones are answered, and it is
 * said which one is the last. */
static void
test_flood (ServerFixture *fixture, gconstpointer test_data)
{
  g_assert_true (take_leave (fixture, begin_flood, end_flood));
}

static char *
make_put (gsize length)
{
  return g_strdup_printf (
    "PUT /packages/new-lib/0.1.0 HTTP/1.1\r\nHost: x\r\n" SERVER_KIT_AUTH
      SERVER_KIT_GZIP "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n",
    length);
}

static void
begin_fresh (ServerFixture *fixture, gconstpointer data)
{
  Leave *leave = (Leave *) data;
  leave->tarball = registry_kit_pack ("new-lib", "0.1.0", "x");
  g_autofree char *put = make_put (g_bytes_get_size (leave->tarball));

  add_client (leave, put);
  add_client (leave, "");
  add_client (leave, "");
  add_client (leave, "GET /packages/" GATE_KIT_SMALL " HT");
  HttpClient *used = add_client (leave, GATE_KIT_GET ("/livez") "GET /livez H");
  gate_kit_assert_answer (used, 200);
  gate_kit_assert_alive (fixture);
}

static gpointer
end_fresh (gpointer data)
{
  Leave *leave = data;
  HttpClient **clients = (HttpClient **) leave->clients->pdata;

  await_stop (leave->fixture);
  http_client_send_text (clients[1], GATE_KIT_GET ("/livez"));
  assert_last_answer (clients[1], 200);
  http_client_send_text (clients[2],
                         GATE_KIT_GET ("/packages/" GATE_KIT_SMALL)
                           GATE_KIT_GET ("/packages/" GATE_KIT_SMALL));
  assert_last_answer (clients[2], 200);
  http_client_send_text (clients[3], "TP/1.1\r\nHost: x\r\n\r\n");
  assert_last_answer (clients[3], 200);
  http_client_send_text (clients[4], "TTP/1.1\r\nHost: x\r\n\r\n");
  assert_last_answer (clients[4], 200);

  http_client_send (clients[0],
                    g_bytes_get_data (leave->tarball, NULL),
                    g_bytes_get_size (leave->tarball));
  assert_last_answer (clients[0], 201);

  return NULL;
}

/* As long as somebody is served, so is who has come before the end, or has
 * begun to ask; and is told that it was the last time. */
static void
test_fresh (ServerFixture *fixture, gconstpointer test_data)
{
  g_assert_true (take_leave (fixture, begin_fresh, end_fresh));
}

/* Those who have connected, and whom the server has not even seen when it takes
 * leave, are served too, and not reset. */
static void
test_queue (ServerFixture *fixture, gconstpointer test_data)
{
  static const char *const texts[] = {
    GATE_KIT_GET ("/packages/" GATE_KIT_SMALL),
    GATE_KIT_GET ("/packages/" GATE_KIT_SMALL "/0.1.0/download"),
    GATE_KIT_GET ("/changes?since=100000&wait=55"),
  };
  Leave leave;

  leave_init (&leave, fixture);
  for (guint i = 0; i < 30; i++)
    add_client (&leave, texts[i % G_N_ELEMENTS (texts)]);
  g_assert_true (server_fixture_drain (fixture));
  for (guint i = 0; i < leave.clients->len; i++)
    assert_last_answer (leave.clients->pdata[i], 200);
  leave_clear (&leave);
}

/* Longer than the server takes to find out that it has nothing to do. */
#define PAUSE (100 * G_TIME_SPAN_MILLISECOND)

static void
begin_slow (ServerFixture *fixture, gconstpointer data)
{
  Leave *leave = (Leave *) data;

  add_client (leave, "");
  add_client (leave, "GET /livez HT");
  add_client (leave, GATE_KIT_GET ("/livez") "GET /livez HT");
  gate_kit_assert_answer (leave->clients->pdata[2], 200);
  add_client (leave, GATE_KIT_GET ("/livez"));
  gate_kit_assert_answer (leave->clients->pdata[3], 200);
  gate_kit_assert_alive (fixture);
}

static gpointer
end_slow (gpointer data)
{
  static const char rest[] = "TP/1.1\r\nHost: x\r\n\r\n";
  static const char *const texts[] = {
    GATE_KIT_GET ("/livez"),
    rest,
    rest,
    GATE_KIT_GET ("/livez"),
  };
  Leave *leave = data;

  await_stop (leave->fixture);
  g_usleep (PAUSE);
  for (gsize i = G_N_ELEMENTS (texts); i > 0; i--)
    {
      http_client_send_text (leave->clients->pdata[i - 1], texts[i - 1]);
      assert_last_answer (leave->clients->pdata[i - 1], 200);
    }

  return NULL;
}

/* Who has just connected, has begun to ask, or has just got an answer that did
 * not say that it was the last one, is served though nobody else is. */
static void
test_slow (ServerFixture *fixture, gconstpointer test_data)
{
  g_assert_true (take_leave (fixture, begin_slow, end_slow));
}

static void
begin_unseen (ServerFixture *fixture, gconstpointer data)
{
  Leave *leave = (Leave *) data;

  for (guint i = 0; i < 4; i++)
    gate_kit_assert_answer (
      add_client (leave, GATE_KIT_GET ("/packages/" GATE_KIT_SMALL)),
      200);

  /* Longer than anybody is taken to be about to ask again. */
  g_usleep (3500 * G_TIME_SPAN_MILLISECOND);
}

/* A request that came before the end is answered, though the server has not
 * even seen it, and its connection had been idle for long. */
static void
test_unseen (ServerFixture *fixture, gconstpointer test_data)
{
  Leave leave;

  leave_init (&leave, fixture);
  server_fixture_run (fixture, begin_unseen, &leave);
  for (guint i = 0; i < leave.clients->len; i++)
    http_client_send_text (leave.clients->pdata[i],
                           GATE_KIT_GET ("/packages/" GATE_KIT_SMALL));
  g_assert_true (server_fixture_drain (fixture));
  for (guint i = 0; i < leave.clients->len; i++)
    assert_last_answer (leave.clients->pdata[i], 200);
  leave_clear (&leave);
}

#define REFUSED (8 * MEBIBYTE)

static void
begin_refused (ServerFixture *fixture, gconstpointer data)
{
  Leave *leave = (Leave *) data;
  g_autofree char *head =
    g_strdup_printf ("PUT /nowhere HTTP/1.1\r\nHost: x\r\n"
                     "Content-Length: %d\r\n\r\nsome of it",
                     REFUSED);

  add_client (leave, head);
  gate_kit_assert_alive (fixture);
}

static gpointer
end_refused (gpointer data)
{
  Leave *leave = data;
  HttpClient *client = leave->clients->pdata[0];
  g_autofree char *piece = g_strnfill (256 * KIBIBYTE, 'x');

  await_stop (leave->fixture);
  for (gsize left = REFUSED - strlen ("some of it"); left > 0;)
    {
      gsize n = MIN (left, 256 * KIBIBYTE);

      g_assert_true (http_client_send (client, piece, n));
      left -= n;
      g_usleep (10 * G_TIME_SPAN_MILLISECOND);
    }
  assert_last_answer (client, 404);

  return NULL;
}

/* Who was refused, and is still busy with sending, finds the answer. */
static void
test_refused (ServerFixture *fixture, gconstpointer test_data)
{
  g_assert_true (take_leave (fixture, begin_refused, end_refused));
}

static gpointer
end_stuck (gpointer data)
{
  Leave *leave = data;

  await_stop (leave->fixture);

  return NULL;
}

/* Who does not take its answer is not waited for beyond the time that is given.
 */
static void
test_stuck (ServerFixture *fixture, gconstpointer test_data)
{
  LoftHttpSettings settings = LOFT_HTTP_SETTINGS_DEFAULT;

  settings.access_log = FALSE;
  settings.drain_timeout = 1;
  loft_http_server_set_settings (fixture->server, &settings);
  g_assert_false (take_leave (fixture, begin_large, end_stuck));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  log_kit_init ();

#define ADD(path, func)                                                        \
  g_test_add ("/gate-stop/" path,                                              \
              ServerFixture,                                                   \
              NULL,                                                            \
              gate_kit_set_up,                                                 \
              func,                                                            \
              server_fixture_tear_down)

  ADD ("idle", test_idle);
  ADD ("large", test_large);
  ADD ("flood", test_flood);
  ADD ("fresh", test_fresh);
  ADD ("queue", test_queue);
  ADD ("slow", test_slow);
  ADD ("unseen", test_unseen);
  ADD ("refused", test_refused);
  ADD ("stuck", test_stuck);

  return g_test_run ();
}
