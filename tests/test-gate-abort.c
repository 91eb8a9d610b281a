/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/gate-kit.h"
#include "kit/log-kit.h"

#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#define MEBIBYTE (1024 * 1024)

/* Whatever clients do, no descriptor is left of them, and the server serves on.
 */

/* How a client leaves. */
typedef enum
{
  LEAVE_CLOSE,
  LEAVE_RESET,
  LEAVE_END,
  N_LEAVES
} Leave;

static void
leave (HttpClient *client, Leave how)
{
  switch (how)
    {
    case LEAVE_RESET:
      gate_kit_reset (client);
      break;
    case LEAVE_END:
      gate_kit_end_sending (client);
      g_usleep (100);
      http_client_free (client);
      break;
    case LEAVE_CLOSE:
    case N_LEAVES:
    default:
      http_client_free (client);
      break;
    }
}

/* Copies the server's ends of its connections. */
static GArray *
copy_descriptors (guint16 port)
{
  GArray *copies = g_array_new (FALSE, FALSE, sizeof (int));

  for (int fd = 3; fd < 1024; fd++)
    {
      struct sockaddr_in own = { 0 };
      struct sockaddr_in peer = { 0 };
      socklen_t own_size = sizeof own;
      socklen_t peer_size = sizeof peer;

      if (getsockname (fd, (struct sockaddr *) &own, &own_size) != 0 ||
          own.sin_family != AF_INET || ntohs (own.sin_port) != port ||
          getpeername (fd, (struct sockaddr *) &peer, &peer_size) != 0)
        continue;
      int copy = dup (fd);
      g_assert_cmpint (copy, >=, 0);
      g_array_append_val (copies, copy);
    }

  return copies;
}

typedef void (*AbortFunc) (ServerFixture *fixture);

typedef struct
{
  AbortFunc func;
} Case;

static void
run_case (ServerFixture *fixture, gconstpointer data)
{
  const Case *row = data;
  g_autoptr (GBytes) large = gate_kit_put_large (fixture, 4 * MEBIBYTE);

  /* What the server opens once, and keeps, is open after the first time. */
  row->func (fixture);
  gate_kit_assert_alive (fixture);
  g_usleep (500 * G_TIME_SPAN_MILLISECOND);

  guint n = gate_kit_count_descriptors ();
  row->func (fixture);
  gate_kit_assert_alive (fixture);
  gate_kit_await_descriptors (n);
}

static void
test_case (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, run_case, test_data);
}

static char *
make_put (GBytes *tarball)
{
  return g_strdup_printf (
    "PUT /packages/left-lib/0.1.0 HTTP/1.1\r\nHost: x\r\n" SERVER_KIT_AUTH
      SERVER_KIT_GZIP "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n",
    g_bytes_get_size (tarball));
}

static void
send_part (ServerFixture *fixture, const char *data, gsize length, Leave how)
{
  HttpClient *client = http_client_new (fixture->port);

  http_client_send (client, data, length);
  leave (client, how);
}

/* A client that leaves within a head, at whatever byte, or behind it. */
static void
abort_heads (ServerFixture *fixture)
{
  g_autoptr (GBytes) tarball = registry_kit_pack ("left-lib", "0.1.0", "x");
  g_autofree char *put = make_put (tarball);
  const char *const heads[] = {
    GATE_KIT_GET ("/packages/" GATE_KIT_SMALL),
    GATE_KIT_GET ("/packages/" GATE_KIT_LONG),
    GATE_KIT_GET ("/packages/" GATE_KIT_SMALL "/0.1.0/download"),
    put,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (heads); i++)
    for (gsize n = 0; n <= strlen (heads[i]); n++)
      for (Leave how = 0; how < N_LEAVES; how++)
        send_part (fixture, heads[i], n, how);
}

/* One that leaves within the body that it sends. */
static void
abort_uploads (ServerFixture *fixture)
{
  g_autoptr (GBytes) tarball = registry_kit_pack ("left-lib", "0.1.0", "x");
  gsize size = 0;
  const char *bytes = g_bytes_get_data (tarball, &size);
  g_autofree char *put = make_put (tarball);
  g_autoptr (GString) text = g_string_new (put);

  g_string_append_len (text, bytes, (gssize) size);
  for (gsize n = strlen (put); n < text->len; n++)
    for (Leave how = 0; how < N_LEAVES; how++)
      send_part (fixture, text->str, n, how);
}

/* One that asks for leave to send, and leaves. */
static void
abort_expectations (ServerFixture *fixture)
{
  static const char expecting[] =
    "PUT /packages/left-lib/0.1.0 HTTP/1.1\r\nHost: x\r\n" SERVER_KIT_AUTH
      SERVER_KIT_GZIP "Expect: 100-continue\r\nContent-Length: 500\r\n\r\n";

  for (guint i = 0; i < 50; i++)
    for (Leave how = 0; how < N_LEAVES; how++)
      {
        HttpClient *client = gate_kit_send (fixture, expecting);

        if (i % 2 == 1)
          gate_kit_assert_answer (client, 100);
        if (i % 3 == 2)
          http_client_send_text (client, "some of it");
        leave (client, how);
      }
}

static void
receive_some (HttpClient *client, gsize n)
{
  g_autofree char *data = g_malloc (n);

  for (gsize got = 0; got < n;)
    {
      gssize more = g_socket_receive (http_client_get_socket (client),
                                      data,
                                      n - got,
                                      NULL,
                                      NULL);

      if (more <= 0)
        break;
      got += (gsize) more;
    }
}

/* One that leaves within the answer. */
static void
abort_downloads (ServerFixture *fixture)
{
  for (gsize n = 1; n < 800; n += 3)
    for (Leave how = 0; how < N_LEAVES; how++)
      {
        HttpClient *client =
          gate_kit_send (fixture, GATE_KIT_GET ("/packages/" GATE_KIT_LONG));

        receive_some (client, n);
        leave (client, how);
      }

  for (gsize n = 1; n < 4 * MEBIBYTE; n += 100000)
    for (Leave how = 0; how < N_LEAVES; how++)
      {
        HttpClient *client =
          gate_kit_send (fixture,
                         GATE_KIT_GET ("/packages/large-lib/0.1.0/download"));

        receive_some (client, n);
        leave (client, how);
      }
}

/* One that asks for a lot, and leaves before it can have got it. */
static void
abort_pipelines (ServerFixture *fixture)
{
  static const char *const targets[] = {
    GATE_KIT_GET ("/packages/" GATE_KIT_SMALL),
    GATE_KIT_GET ("/packages/" GATE_KIT_LONG),
    GATE_KIT_GET ("/packages/" GATE_KIT_SMALL "/0.1.0/download"),
    GATE_KIT_GET ("/packages/large-lib/0.1.0/download"),
    GATE_KIT_GET ("/packages/no-lib"),
  };

  for (guint i = 0; i < 300; i++)
    for (Leave how = 0; how < N_LEAVES; how++)
      {
        HttpClient *client = http_client_new (fixture->port);
        g_autoptr (GString) text = g_string_new (NULL);

        for (guint k = 0; k < 1 + i % 40; k++)
          g_string_append (text, targets[(i + k / 9) % G_N_ELEMENTS (targets)]);
        http_client_send (client, text->str, text->len);
        leave (client, how);
      }
}

/* One that waits for changes, and gives up. */
static void
abort_waits (ServerFixture *fixture)
{
  for (guint i = 0; i < 50; i++)
    for (Leave how = 0; how < N_LEAVES; how++)
      {
        HttpClient *client =
          gate_kit_send (fixture,
                         GATE_KIT_GET ("/changes?since=100000&wait=55"));

        /* Half of them leave while they wait, half of them before. */
        if (i % 2 == 0)
          gate_kit_assert_alive (fixture);
        leave (client, how);
      }
}

/* One that leaves while another process has a copy of its connection, as the
 * one has that is about to execute a program: what then still comes is
 * nobody's. */
static void
abort_copied (ServerFixture *fixture)
{
  for (guint i = 0; i < 30; i++)
    {
      HttpClient *clients[10];

      for (guint k = 0; k < G_N_ELEMENTS (clients); k++)
        {
          clients[k] =
            gate_kit_send (fixture, GATE_KIT_GET ("/packages/" GATE_KIT_SMALL));
          gate_kit_assert_answer (clients[k], 200);
        }
      g_autoptr (GArray) copies = copy_descriptors ((guint16) fixture->port);
      g_assert_cmpuint (copies->len, >=, G_N_ELEMENTS (clients));

      /* All is said on both sides only once the server has answered. */
      for (guint k = 0; k < G_N_ELEMENTS (clients); k++)
        {
          http_client_send_text (clients[k],
                                 GATE_KIT_GET ("/packages/" GATE_KIT_LONG));
          gate_kit_end_sending (clients[k]);
        }
      gate_kit_assert_alive (fixture);
      for (guint k = 0; k < G_N_ELEMENTS (clients); k++)
        leave (clients[k], k % N_LEAVES);
      gate_kit_assert_alive (fixture);
      for (guint k = 0; k < copies->len; k++)
        close (g_array_index (copies, int, k));
    }
}

/* One that leaves while the storage is asked on its behalf. */
static void
abort_paused (ServerFixture *fixture)
{
  g_autoptr (GBytes) tarball = registry_kit_pack ("left-lib", "0.1.0", "x");
  g_autofree char *put = make_put (tarball);
  gsize size = 0;
  const char *bytes = g_bytes_get_data (tarball, &size);

  for (guint i = 0; i < GATE_KIT_LONG_VERSIONS; i++)
    {
      g_autofree char *get =
        g_strdup_printf ("GET /packages/" GATE_KIT_LONG
                         "/0.%u.0/download HTTP/1.1\r\nHost: x\r\n\r\n",
                         i);
      HttpClient *reader = gate_kit_send (fixture, get);
      HttpClient *writer = gate_kit_send (fixture, put);

      http_client_send (writer, bytes, size);
      if (i % 3 == 0)
        gate_kit_assert_alive (fixture);
      leave (reader, i % N_LEAVES);
      leave (writer, (i / 2) % N_LEAVES);
    }
}

static void
be_slow (LoftStorage *storage, const char *key, gpointer user_data)
{
  g_usleep (20 * G_TIME_SPAN_MILLISECOND);
}

static void
test_paused (ServerFixture *fixture, gconstpointer test_data)
{
  LoftStorage *storage = fixture->registry.storage;

  fault_storage_set_rival (storage, be_slow, NULL);
  fault_storage_arm (storage, FAULT_READ_RIVAL, "", G_MAXUINT);
  test_case (fixture, test_data);
  g_assert_cmpuint (fault_storage_get_left (storage), <, G_MAXUINT);
  fault_storage_arm (storage, FAULT_NONE, "", 0);
}

static void
run_half_closed_wait (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (HttpClient) client =
    gate_kit_send (fixture, GATE_KIT_GET ("/changes?since=100000&wait=55"));

  gate_kit_assert_alive (fixture);
  gate_kit_end_sending (client);
  gate_kit_assert_answer (client, 200);
  g_assert_true (http_client_is_closed (client));
}

/* Nobody can tell whether who has no more to say has left; so it has what there
 * is, at once. */
static void
test_half_closed_wait (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, run_half_closed_wait, NULL);
}

/* Figures of memory mean nothing under a checker. */
static gboolean
is_checked (void)
{
#ifdef __SANITIZE_ADDRESS__
  return TRUE;
#else
  const char *preload = g_getenv ("LD_PRELOAD");

  return preload != NULL && strstr (preload, "vgpreload") != NULL;
#endif
}

static gsize
read_memory (void)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/status", &text, NULL, NULL));

  const char *line = strstr (text, "VmRSS:");
  g_assert_nonnull (line);

  return (gsize) g_ascii_strtoull (line + strlen ("VmRSS:"), NULL, 10) * 1024;
}

static void
come_and_go (ServerFixture *fixture)
{
  abort_heads (fixture);
  abort_uploads (fixture);
  abort_expectations (fixture);
  abort_downloads (fixture);
  abort_pipelines (fixture);
  abort_waits (fixture);
}

static void
run_crowd (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) large = gate_kit_put_large (fixture, 4 * MEBIBYTE);

  come_and_go (fixture);
  gate_kit_assert_alive (fixture);
  g_usleep (500 * G_TIME_SPAN_MILLISECOND);

  guint n = gate_kit_count_descriptors ();
  gsize before = read_memory ();
  come_and_go (fixture);
  gate_kit_assert_alive (fixture);
  gate_kit_await_descriptors (n);

  gsize after = read_memory ();
  g_test_message ("%.2f MiB more",
                  ((double) after - (double) before) / MEBIBYTE);
  if (!is_checked ())
    g_assert_cmpuint (after, <, before + 4 * MEBIBYTE);
}

/* Nor is there memory left, when some five thousand have come and gone. */
static void
test_crowd (ServerFixture *fixture, gconstpointer test_data)
{
  if (g_getenv ("LOFT_TEST_SHORT") != NULL)
    {
      g_test_skip ("this takes long");
      return;
    }
  server_fixture_run (fixture, run_crowd, NULL);
}

int
main (int argc, char **argv)
{
  static const Case heads = { abort_heads };
  static const Case uploads = { abort_uploads };
  static const Case expectations = { abort_expectations };
  static const Case downloads = { abort_downloads };
  static const Case pipelines = { abort_pipelines };
  static const Case waits = { abort_waits };
  static const Case copied = { abort_copied };
  static const Case paused = { abort_paused };

  g_test_init (&argc, &argv, NULL);
  log_kit_init ();

#define ADD(path, data, func)                                                  \
  g_test_add ("/gate-abort/" path,                                             \
              ServerFixture,                                                   \
              data,                                                            \
              gate_kit_set_up,                                                 \
              func,                                                            \
              server_fixture_tear_down)

  ADD ("heads", &heads, test_case);
  ADD ("uploads", &uploads, test_case);
  ADD ("expectations", &expectations, test_case);
  ADD ("downloads", &downloads, test_case);
  ADD ("pipelines", &pipelines, test_case);
  ADD ("waits", &waits, test_case);
  ADD ("copied", &copied, test_case);
  ADD ("paused", &paused, test_paused);
  ADD ("half-closed-wait", NULL, test_half_closed_wait);
  ADD ("crowd", NULL, test_crowd);

  return g_test_run ();
}
