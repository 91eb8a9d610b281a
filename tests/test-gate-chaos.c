/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/gate-kit.h"
#include "kit/log-kit.h"

#include <string.h>

#define MEBIBYTE (1024 * 1024)
#define THREADS 6
#define PATIENCE (30 * G_TIME_SPAN_SECOND)

/* Many clients at once that do whatever comes to their mind, while the
 * administrator does the same: whatever they do to each other, the server
 * serves on, and nothing is left of them. */

static const char *const texts[] = {
  GATE_KIT_GET ("/packages/" GATE_KIT_SMALL),
  GATE_KIT_GET ("/packages/" GATE_KIT_SMALL),
  GATE_KIT_GET ("/packages/" GATE_KIT_LONG),
  GATE_KIT_GET ("/packages/" GATE_KIT_LONG),
  GATE_KIT_GET ("/packages/" GATE_KIT_SMALL "/0.1.0"),
  GATE_KIT_GET ("/packages/" GATE_KIT_SMALL "/0.1.0/download"),
  GATE_KIT_GET ("/packages/large-lib/0.1.0/download"),
  GATE_KIT_GET ("/packages/chaos-lib"),
  GATE_KIT_GET ("/packages/no-lib"),
  GATE_KIT_GET ("/packages"),
  GATE_KIT_GET ("/changes?since=100000&wait=1"),
  GATE_KIT_GET ("/metrics"),
  "HEAD /packages/" GATE_KIT_LONG " HTTP/1.1\r\nHost: x\r\n\r\n",
  "GET / HTTP/1.0\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  "\r\n",
  "HELLO\r\n\r\n",
  "PUT /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\nxxx",
  "POST /packages/publish HTTP/1.1\r\nHost: x\r\n" SERVER_KIT_JSON
  "Content-Length: 2\r\n\r\n{}",
  "PUT /packages/std/0.1.0 HTTP/1.1\r\nHost: x\r\n" SERVER_KIT_AUTH
    SERVER_KIT_GZIP
  "Expect: 100-continue\r\nContent-Length: 9\r\n\r\nsome body",
  "PUT /packages/chaos-lib/9.0.0 HTTP/1.1\r\nHost: x\r\n" SERVER_KIT_AUTH
    SERVER_KIT_GZIP
  "Expect: 100-continue\r\nContent-Length: 9\r\n\r\nsome body",
};

typedef struct
{
  ServerFixture *fixture;
  guint number;
  guint32 seed;
  guint n_clients;
} Player;

static void
append_put (GString *text, const Player *player, guint number)
{
  g_autofree char *version =
    g_strdup_printf ("%u.%u.0", player->number, number);
  g_autoptr (GBytes) tarball = registry_kit_pack ("chaos-lib", version, "x");
  gsize size = 0;
  const char *bytes = g_bytes_get_data (tarball, &size);

  g_string_append_printf (
    text,
    "PUT /packages/chaos-lib/%s HTTP/1.1\r\nHost: x\r\n" SERVER_KIT_AUTH
      SERVER_KIT_GZIP "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n",
    version,
    size);
  g_string_append_len (text, bytes, (gssize) size);
}

static GString *
invent (const Player *player, GRand *random, guint number)
{
  GString *text = g_string_new (NULL);
  int n = g_rand_int_range (random, 0, 12);

  for (int i = 0; i < n; i++)
    if (g_rand_int_range (random, 0, 20) == 0)
      append_put (text, player, number);
    else
      g_string_append (
        text,
        texts[g_rand_int_range (random, 0, G_N_ELEMENTS (texts))]);
  if (text->len > 0 && g_rand_int_range (random, 0, 3) == 0)
    g_string_truncate (
      text,
      (gsize) g_rand_int_range (random, 0, (gint32) text->len));

  return text;
}

/* Sends in pieces; the server may have closed the connection meanwhile. */
static void
send_pieces (GSocket *socket, GString *text, GRand *random)
{
  gsize max = 1 + text->len / (gsize) g_rand_int_range (random, 1, 20);

  for (gsize sent = 0; sent < text->len;)
    {
      gsize n = MIN (max, text->len - sent);

      if (g_socket_send (socket, text->str + sent, n, NULL, NULL) <= 0)
        return;
      sent += n;
      if (g_rand_int_range (random, 0, 4) == 0)
        g_usleep ((gulong) g_rand_int_range (random, 0, 3000));
    }
}

/* Mostly a client does not wait for long, but some wait for a deadline. */
static void
receive_pieces (GSocket *socket, GRand *random)
{
  char data[16 * 1024];
  int n = g_rand_int_range (random, 0, 30);
  gint64 patience = g_rand_int_range (random, 0, 60) == 0
                      ? 3000
                      : g_rand_int_range (random, 0, 50);

  for (int i = 0; i < n; i++)
    {
      if (!g_socket_condition_timed_wait (socket,
                                          G_IO_IN,
                                          patience * G_TIME_SPAN_MILLISECOND,
                                          NULL,
                                          NULL) ||
          g_socket_receive (socket, data, sizeof data, NULL, NULL) <= 0)
        return;
      if (g_rand_int_range (random, 0, 8) == 0)
        g_usleep ((gulong) g_rand_int_range (random, 0, 3000));
    }
}

/* NULL once the server listens no more, or stops to at this moment. */
static GSocket *
connect_to_server (ServerFixture *fixture)
{
  g_autoptr (GInetAddress) loopback =
    g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address =
    g_inet_socket_address_new (loopback, fixture->port);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV4,
                                             G_SOCKET_TYPE_STREAM,
                                             G_SOCKET_PROTOCOL_TCP,
                                             &error);

  g_assert_no_error (error);
  g_socket_set_timeout (socket, 4);
  if (!g_socket_connect (socket, address, NULL, &error))
    {
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED))
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
      return NULL;
    }

  return g_steal_pointer (&socket);
}

static gpointer
play (gpointer data)
{
  const Player *player = data;
  g_autoptr (GRand) random = g_rand_new_with_seed (player->seed);

  for (guint i = 0; i < player->n_clients; i++)
    {
      g_autoptr (GSocket) socket = connect_to_server (player->fixture);
      g_autoptr (GString) text = invent (player, random, i);

      if (socket == NULL)
        break;
      send_pieces (socket, text, random);
      receive_pieces (socket, random);
      if (g_rand_boolean (random))
        {
          g_socket_shutdown (socket, FALSE, TRUE, NULL);
          receive_pieces (socket, random);
        }
      if (g_rand_boolean (random))
        gate_kit_arm_reset (socket);
    }

  return NULL;
}

typedef struct
{
  Player players[THREADS];
  GThread *threads[THREADS];
} Game;

static void
game_begin (Game *game,
            ServerFixture *fixture,
            const guint32 *seeds,
            guint number,
            guint n_clients)
{
  for (guint i = 0; i < THREADS; i++)
    {
      game->players[i] =
        (Player){ fixture, number * THREADS + i, seeds[i], n_clients };
      game->threads[i] = g_thread_new ("player", play, &game->players[i]);
    }
}

static void
game_end (Game *game)
{
  for (guint i = 0; i < THREADS; i++)
    g_thread_join (game->threads[i]);
}

static void
await_alive (ServerFixture *fixture)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  guint status = 0;

  while (status != 200 && g_get_monotonic_time () < end)
    {
      g_autoptr (HttpAnswer) answer =
        http_request (fixture->port, "GET", "/livez", NULL, NULL);

      status = answer->status;
    }
  g_assert_cmpuint (status, ==, 200);
}

/* The one who asks is the only one that is counted, in the end. */
static void
await_nobody (ServerFixture *fixture)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  gboolean is_alone = FALSE;

  while (!is_alone && g_get_monotonic_time () < end)
    {
      g_autoptr (HttpAnswer) answer =
        http_request (fixture->port, "GET", "/metrics", NULL, NULL);
      g_autofree char *text = http_answer_dup_text (answer);

      is_alone =
        strstr (text, "\nloft_connections{state=\"parked\"} 0\n") != NULL &&
        strstr (text, "\nloft_connections{state=\"served\"} 1\n") != NULL &&
        strstr (text, "\nloft_connections{state=\"draining\"} 0\n") != NULL;
      if (!is_alone)
        g_usleep (50 * G_TIME_SPAN_MILLISECOND);
    }
  g_assert_true (is_alone);
}

static void
run_chaos (ServerFixture *fixture, gconstpointer data)
{
  static const guint clients[] = { 30, 200 };
  g_autoptr (GBytes) large = gate_kit_put_large (fixture, 4 * MEBIBYTE);
  gboolean is_short = g_getenv ("LOFT_TEST_SHORT") != NULL;
  guint n = 0;

  for (guint round = 0; round < G_N_ELEMENTS (clients); round++)
    {
      Game game;

      game_begin (&game,
                  fixture,
                  data,
                  round,
                  is_short ? clients[round] / 5 : clients[round]);
      game_end (&game);
      await_alive (fixture);
      await_nobody (fixture);

      /* What the server opens once, and keeps, is open after the first round.
       */
      if (round == 0)
        n = gate_kit_count_descriptors ();
    }
  gate_kit_await_descriptors (n);
}

/* Settings change at any time, and connections are few. */
static gboolean
change_cb (gpointer user_data)
{
  static const gsize sizes[] = { 0, 32 * 1024, MEBIBYTE, MEBIBYTE };
  static guint i;
  LoftGateSettings settings = LOFT_GATE_SETTINGS_DEFAULT;

  settings.head_timeout = 2;
  settings.idle_timeout = 2;
  settings.body_timeout = 2;
  settings.write_timeout = 2;
  settings.drain_timeout = 2;
  settings.park_after = i % 2;
  settings.connections = 4 + i % 3;
  settings.hot_size = sizes[i % G_N_ELEMENTS (sizes)];
  i++;
  gate_kit_allow (user_data, &settings);

  return G_SOURCE_CONTINUE;
}

static GSource *
start_changes (ServerFixture *fixture, guint32 *out_seeds)
{
  GSource *source = g_timeout_source_new (40);

  g_source_set_callback (source, change_cb, fixture, NULL);
  g_source_attach (source, NULL);
  for (guint i = 0; i < THREADS; i++)
    out_seeds[i] = (guint32) g_test_rand_int ();

  return source;
}

static void
test_chaos (ServerFixture *fixture, gconstpointer test_data)
{
  guint32 seeds[THREADS];
  g_autoptr (GSource) source = start_changes (fixture, seeds);

  server_fixture_run (fixture, run_chaos, seeds);
  g_source_destroy (source);
}

static void
put_large (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) large = gate_kit_put_large (fixture, 4 * MEBIBYTE);
}

/* It can also be stopped at any time: that it lets go of everything is seen
 * when it is dropped. */
static void
test_stop (ServerFixture *fixture, gconstpointer test_data)
{
  guint32 seeds[THREADS];
  g_autoptr (GSource) source = start_changes (fixture, seeds);
  gint64 end = g_test_rand_int_range (100, 2000) * G_TIME_SPAN_MILLISECOND;
  Game game;

  server_fixture_run (fixture, put_large, NULL);
  game_begin (&game, fixture, seeds, 0, 10000);
  end += g_get_monotonic_time ();
  while (g_get_monotonic_time () < end)
    g_main_context_iteration (NULL, TRUE);
  server_fixture_drain (fixture);
  game_end (&game);
  g_source_destroy (source);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  log_kit_init ();

  g_test_add ("/gate-chaos/run",
              ServerFixture,
              NULL,
              gate_kit_set_up,
              test_chaos,
              server_fixture_tear_down);
  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *path = g_strdup_printf ("/gate-chaos/stop/%u", i);

      g_test_add (path,
                  ServerFixture,
                  NULL,
                  gate_kit_set_up,
                  test_stop,
                  server_fixture_tear_down);
    }

  return g_test_run ();
}
