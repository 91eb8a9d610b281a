/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/gate-kit.h"
#include "kit/log-kit.h"
#include "kit/metrics-kit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define WAIT GATE_KIT_GET ("/changes?since=100000&wait=55")
#define PATIENCE (20 * G_TIME_SPAN_SECOND)

static GPtrArray *
new_clients (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) http_client_free);
}

/* Clients that wait between two requests, or for an answer. */
static GPtrArray *
connect_idle (ServerFixture *fixture, guint n)
{
  GPtrArray *clients = new_clients ();

  for (guint i = 0; i < n; i++)
    {
      HttpClient *client =
        gate_kit_send (fixture, GATE_KIT_GET ("/packages/" GATE_KIT_SMALL));

      gate_kit_assert_answer (client, 200);
      g_ptr_array_add (clients, client);
    }

  return clients;
}

static GPtrArray *
connect_busy (ServerFixture *fixture, guint n)
{
  GPtrArray *clients = new_clients ();

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (clients, gate_kit_send (fixture, WAIT));

  return clients;
}

static void
assert_no_room (HttpClient *client)
{
  g_autoptr (HttpAnswer) answer = http_client_receive (client, TRUE);
  g_autofree char *retry = http_answer_get_header (answer, "Retry-After");
  g_autofree char *close = http_answer_get_header (answer, "Connection");
  g_autofree char *text = http_answer_dup_text (answer);

  g_assert_cmpuint (answer->status, ==, 503);
  g_assert_nonnull (retry);
  g_assert_cmpstr (close, ==, "close");
  g_assert_true (g_str_has_prefix (text, "{\"detail\":\""));
  g_assert_true (http_client_is_closed (client));
}

/* Asks until it is served, as a client does that was told to come back. */
static void
assert_room_soon (ServerFixture *fixture)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  guint status = 0;

  while (status != 200 && g_get_monotonic_time () < end)
    {
      g_autoptr (HttpAnswer) answer =
        http_request (fixture->port, "GET", "/livez", NULL, NULL);

      status = answer->status;
      g_assert_true (status == 200 || status == 503 || status == 0);
      if (status != 200)
        g_usleep (20 * G_TIME_SPAN_MILLISECOND);
    }
  g_assert_cmpuint (status, ==, 200);
}

static double
read_figure (HttpClient *client, const char *sample)
{
  g_autoptr (HttpAnswer) answer =
    http_client_request (client, "GET", "/metrics", NULL, NULL);
  g_autofree char *text = http_answer_dup_text (answer);
  g_autoptr (GError) error = NULL;
  g_autoptr (Metrics) metrics = metrics_parse (text, &error);

  g_assert_no_error (error);

  return metrics_get (metrics, sample);
}

static void
await_figure (HttpClient *client, const char *sample, double value)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  while (read_figure (client, sample) < value && g_get_monotonic_time () < end)
    g_usleep (20 * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpfloat (read_figure (client, sample), ==, value);
}

static void
run_idle (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) first = connect_idle (fixture, 20);
  g_autoptr (HttpClient) observer = http_client_new (fixture->port);

  await_figure (observer, "loft_connections{state=\"parked\"}", 20);

  g_autoptr (GPtrArray) second = connect_idle (fixture, 15);
  g_assert_cmpfloat (read_figure (observer, "loft_connections_evicted_total"),
                     >=,
                     6);
  g_assert_cmpfloat (
    read_figure (observer,
                 "loft_connections_refused_total{reason=\"too-many\"}"),
    ==,
    0);

  /* Those who came last have not been idle for longest. */
  for (guint i = 0; i < 15; i++)
    {
      http_client_send_text (second->pdata[i],
                             GATE_KIT_GET ("/packages/" GATE_KIT_SMALL));
      gate_kit_assert_answer (second->pdata[i], 200);
    }

  guint n_closed = 0;
  for (guint i = 0; i < 20; i++)
    {
      http_client_send_text (first->pdata[i],
                             GATE_KIT_GET ("/packages/" GATE_KIT_SMALL));

      g_autoptr (HttpAnswer) answer =
        http_client_receive (first->pdata[i], TRUE);
      g_assert_true (answer->status == 200 || answer->status == 0);
      n_closed += answer->status == 0;
    }
  g_assert_cmpuint (n_closed, >=, 6);
  g_assert_cmpuint (n_closed, <=, 15);
}

/* Where there are too many connections, those that are idle make room. */
static void
test_idle (ServerFixture *fixture, gconstpointer test_data)
{
  LoftGateSettings settings = LOFT_GATE_SETTINGS_DEFAULT;

  settings.connections = 30;
  settings.park_after = 1;
  gate_kit_allow (fixture, &settings);
  server_fixture_run (fixture, run_idle, NULL);
}

static void
run_busy (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (HttpClient) observer =
    gate_kit_send (fixture, GATE_KIT_GET ("/livez"));
  gate_kit_assert_answer (observer, 200);

  g_autoptr (GPtrArray) clients = connect_busy (fixture, 19);
  await_figure (observer, "loft_connections{state=\"served\"}", 20);

  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (HttpClient) other =
        gate_kit_send (fixture, GATE_KIT_GET ("/livez"));

      assert_no_room (other);
    }
  g_assert_cmpfloat (
    read_figure (observer,
                 "loft_connections_refused_total{reason=\"too-many\"}"),
    ==,
    5);

  g_ptr_array_set_size (clients, 18);
  assert_room_soon (fixture);
}

/* Where nobody can make room, a newcomer is told to come back, and can when
 * somebody has left. */
static void
test_busy (ServerFixture *fixture, gconstpointer test_data)
{
  LoftGateSettings settings = LOFT_GATE_SETTINGS_DEFAULT;

  settings.connections = 20;
  settings.park_after = 60;
  gate_kit_allow (fixture, &settings);
  server_fixture_run (fixture, run_busy, NULL);
}

static void
run_peer (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) clients = connect_idle (fixture, 10);

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (HttpClient) other =
        gate_kit_send (fixture, GATE_KIT_GET ("/livez"));

      assert_no_room (other);
    }
  g_assert_cmpfloat (
    read_figure (clients->pdata[0],
                 "loft_connections_refused_total{reason=\"too-many-of-peer\"}"),
    ==,
    3);

  g_ptr_array_set_size (clients, 9);
  assert_room_soon (fixture);
}

/* Nobody gets more connections than its share, and an idle one of somebody else
 * does not have to go for that. */
static void
test_peer (ServerFixture *fixture, gconstpointer test_data)
{
  LoftGateSettings settings = LOFT_GATE_SETTINGS_DEFAULT;

  settings.connections_per_peer = 10;
  gate_kit_allow (fixture, &settings);
  server_fixture_run (fixture, run_peer, NULL);
}

static void
run_trusted (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) clients = connect_idle (fixture, 50);

  g_assert_cmpfloat (
    read_figure (clients->pdata[0],
                 "loft_connections_refused_total{reason=\"too-many-of-peer\"}"),
    ==,
    0);
}

/* A proxy has those of many, so it is not limited. */
static void
test_trusted (ServerFixture *fixture, gconstpointer test_data)
{
  static const char *const proxies[] = { "192.0.2.1", "127.0.0.0/8", NULL };
  LoftGateSettings settings = LOFT_GATE_SETTINGS_DEFAULT;
  g_autoptr (LoftAddressList) trusted = loft_address_list_new (proxies, NULL);

  settings.connections_per_peer = 10;
  settings.trusted = trusted;
  gate_kit_allow (fixture, &settings);
  server_fixture_run (fixture, run_trusted, NULL);
}

/* Descriptors that are taken so that there is none left. */
typedef struct
{
  struct rlimit before;
  GArray *taken; /* owned */
} Famine;

static void
famine_begin (Famine *famine)
{
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &famine->before), ==, 0);

  struct rlimit limit = famine->before;
  limit.rlim_cur = 700;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  famine->taken = g_array_new (FALSE, FALSE, sizeof (int));
  for (int fd = 0; fd >= 0;)
    {
      fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
      if (fd >= 0)
        g_array_append_val (famine->taken, fd);
    }
  g_assert_cmpint (errno, ==, EMFILE);
}

static void
famine_end (Famine *famine)
{
  for (guint i = 0; i < famine->taken->len; i++)
    close (g_array_index (famine->taken, int, i));
  g_array_unref (famine->taken);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &famine->before), ==, 0);
}

/* Sockets that exist, but are not connected yet. */
static GPtrArray *
make_sockets (guint n)
{
  GPtrArray *sockets = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GError) error = NULL;
      GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4,
                                      G_SOCKET_TYPE_STREAM,
                                      G_SOCKET_PROTOCOL_TCP,
                                      &error);

      g_assert_no_error (error);
      g_socket_set_timeout (socket, 30);
      g_ptr_array_add (sockets, socket);
    }

  return sockets;
}

/* What the server says, until it says no more. */
static char *
ask (ServerFixture *fixture, GSocket *socket, const char *request)
{
  g_autoptr (GInetAddress) loopback =
    g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address =
    g_inet_socket_address_new (loopback, fixture->port);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  char data[4096];

  g_socket_connect (socket, address, NULL, &error);
  g_assert_no_error (error);
  g_socket_send (socket, request, strlen (request), NULL, NULL);
  while (TRUE)
    {
      gssize n = g_socket_receive (socket, data, sizeof data, NULL, NULL);

      if (n <= 0)
        break;
      g_string_append_len (text, data, n);
    }

  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
assert_refused_in_famine (ServerFixture *fixture, GPtrArray *sockets)
{
  for (guint i = 0; i < sockets->len; i++)
    {
      g_autofree char *text =
        ask (fixture, sockets->pdata[i], GATE_KIT_GET ("/livez"));

      g_assert_true (g_str_has_prefix (text, "HTTP/1.1 503 "));
      g_assert_nonnull (strstr (text, "\r\nRetry-After: "));
      g_assert_nonnull (strstr (text, "\r\n\r\n{\"detail\":"));
    }
}

static void
run_famine (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (HttpClient) observer =
    gate_kit_send (fixture, GATE_KIT_GET ("/livez"));
  gate_kit_assert_answer (observer, 200);

  for (guint round = 0; round < 3; round++)
    {
      g_autoptr (GPtrArray) busy = connect_busy (fixture, 3);
      g_autoptr (GPtrArray) sockets = make_sockets (10);
      Famine famine;

      await_figure (observer, "loft_connections{state=\"served\"}", 4);
      famine_begin (&famine);
      assert_refused_in_famine (fixture, sockets);
      famine_end (&famine);
      g_assert_cmpfloat (
        read_figure (
          observer,
          "loft_connections_refused_total{reason=\"no-descriptor\"}"),
        ==,
        10 * (round + 1));
      gate_kit_assert_alive (fixture);
    }
}

/* Without a descriptor left, each newcomer is told so all the same; and as soon
 * as there is one, all is as before. */
static void
test_famine (ServerFixture *fixture, gconstpointer test_data)
{
  LoftGateSettings settings = LOFT_GATE_SETTINGS_DEFAULT;

  settings.park_after = 60;
  gate_kit_allow (fixture, &settings);
  server_fixture_run (fixture, run_famine, NULL);
}

static void
run_famine_idle (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) idle = connect_idle (fixture, 5);
  g_autoptr (HttpClient) observer = http_client_new (fixture->port);
  g_autoptr (GPtrArray) sockets = make_sockets (5);
  Famine famine;

  await_figure (observer, "loft_connections{state=\"parked\"}", 5);
  famine_begin (&famine);
  for (guint i = 0; i < sockets->len; i++)
    {
      g_autofree char *text =
        ask (fixture,
             sockets->pdata[i],
             "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

      g_assert_true (g_str_has_prefix (text, "HTTP/1.1 200 "));
    }
  famine_end (&famine);
  g_assert_cmpfloat (read_figure (observer, "loft_connections_evicted_total"),
                     >=,
                     1);
  gate_kit_assert_alive (fixture);
}

/* While somebody is idle, somebody else can be served. */
static void
test_famine_idle (ServerFixture *fixture, gconstpointer test_data)
{
  LoftGateSettings settings = LOFT_GATE_SETTINGS_DEFAULT;

  settings.park_after = 1;
  gate_kit_allow (fixture, &settings);
  server_fixture_run (fixture, run_famine_idle, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  log_kit_init ();

#define ADD(path, func)                                                        \
  g_test_add ("/gate-limits/" path,                                            \
              ServerFixture,                                                   \
              NULL,                                                            \
              gate_kit_set_up,                                                 \
              func,                                                            \
              server_fixture_tear_down)

  ADD ("idle", test_idle);
  ADD ("busy", test_busy);
  ADD ("peer", test_peer);
  ADD ("trusted", test_trusted);
  ADD ("famine", test_famine);
  ADD ("famine/idle", test_famine_idle);

  return g_test_run ();
}
