/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#include "kit/daemon-kit.h"
#include "kit/package-kit.h"
#include "kit/wire-kit.h"

/* The real program with several workers: each has a connection to each. */

#define WORKERS 3
#define READY_SECONDS 60
#define VERSIONS 20
#define VISITORS 4
#define ENOUGH_ANSWERS 300

typedef struct
{
  DaemonKit *daemon;    /* owned */
  GArray *pids;         /* owned */
  Wire *wires[WORKERS]; /* owned */
} Fixture;

static void
connect_to_all (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  daemon_kit_wait_workers (fixture->daemon, WORKERS, &error);
  g_assert_no_error (error);
  g_clear_pointer (&fixture->pids, g_array_unref);
  fixture->pids = daemon_kit_list_workers (fixture->daemon);
  for (guint i = 0; i < WORKERS; i++)
    {
      g_clear_pointer (&fixture->wires[i], wire_free);
      fixture->wires[i] =
        daemon_kit_connect (fixture->daemon,
                            g_array_index (fixture->pids, GPid, i),
                            &error);
      g_assert_no_error (error);
    }
}

static void
start (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  daemon_kit_start (fixture->daemon, &error);
  g_assert_no_error (error);
  daemon_kit_wait_ready (fixture->daemon, READY_SECONDS, &error);
  g_assert_no_error (error);
  connect_to_all (fixture);
}

static void
set_up (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *workers = g_strdup_printf ("%d", WORKERS);

  fixture->daemon = daemon_kit_new (NULL, &error);
  g_assert_no_error (error);
  daemon_kit_configure (fixture->daemon, "http", "workers", workers, &error);
  g_assert_no_error (error);
  fixture->daemon->expects_warnings = test_data != NULL;
  start (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer test_data)
{
  for (guint i = 0; i < WORKERS; i++)
    g_clear_pointer (&fixture->wires[i], wire_free);
  g_clear_pointer (&fixture->pids, g_array_unref);
  daemon_kit_free (fixture->daemon);
}

static void
stop (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  daemon_kit_stop (fixture->daemon, &error);
  g_assert_no_error (error);
}

static guint
publish (Wire *wire, const char *name, const char *version, gsize size)
{
  g_autoptr (GBytes) tarball = package_kit_make (name, version, size, 1);

  return wire_publish (wire, name, version, tarball);
}

static void
yank (Wire *wire, const char *name, const char *version)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = g_bytes_new_static ("{}", 2);
  g_autofree char *target =
    g_strdup_printf ("/packages/%s/%s/yank", name, version);
  g_autoptr (WireAnswer) answer =
    wire_request (wire,
                  "POST",
                  target,
                  "Content-Type: application/json\r\n",
                  body,
                  &error);
  g_assert_no_error (error);
  g_assert_cmpuint (answer->status / 100, ==, 2);
}

static gboolean
has_version (Wire *wire, const char *target, const char *version)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *member = g_strdup_printf ("\"version\":\"%s\"", version);
  g_autoptr (WireAnswer) answer = wire_get (wire, target, &error);
  g_assert_no_error (error);
  g_autofree char *text = wire_answer_dup_text (answer);

  return answer->status == 200 && strstr (text, member) != NULL;
}

/* Whether it is the newest in every list that any worker gives. */
static void
assert_everywhere (Fixture *fixture,
                   const char *name,
                   const char *version,
                   gboolean expected)
{
  g_autofree char *target = g_strdup_printf ("/packages/%s", name);

  /* Twice, so that the first answer may be kept. */
  for (guint i = 0; i < 2 * WORKERS; i++)
    {
      Wire *wire = fixture->wires[i % WORKERS];

      g_assert_cmpint (has_version (wire, target, version), ==, expected);
      g_assert_cmpint (has_version (wire, "/packages", version), ==, expected);
    }
}

/* What one worker has acknowledged, no other denies, whatever answers it kept.
 */
static void
test_visible (Fixture *fixture, gconstpointer test_data)
{
  for (guint i = 0; i < VERSIONS; i++)
    {
      g_autofree char *version = g_strdup_printf ("1.%u.0", i);
      Wire *wire = fixture->wires[i % WORKERS];

      g_assert_cmpuint (publish (wire, "hello", version, 500), ==, 201);
      assert_everywhere (fixture, "hello", version, TRUE);
      if (i % 4 != 3)
        continue;

      yank (fixture->wires[(i + 1) % WORKERS], "hello", version);
      assert_everywhere (fixture, "hello", version, FALSE);
    }
  stop (fixture);
}

/* Somebody who publishes by one worker and looks by another. */
typedef struct
{
  Wire *wires[WORKERS]; /* owned */
  guint number;
} Visitor;

static gpointer
visit_thread (gpointer data)
{
  Visitor *visitor = data;
  g_autofree char *name = g_strdup_printf ("own-%u", visitor->number);
  g_autofree char *target = g_strdup_printf ("/packages/%s", name);

  for (guint i = 0; i < VERSIONS; i++)
    {
      g_autofree char *version =
        g_strdup_printf ("%u.%u.0", 1 + visitor->number, i);
      Wire *writer = visitor->wires[i % WORKERS];
      gboolean yanked = i % 3 == 2;

      g_assert_cmpuint (publish (writer, name, version, 500), ==, 201);
      if (yanked)
        yank (writer, name, version);
      for (guint j = 1; j <= WORKERS; j++)
        {
          Wire *reader = visitor->wires[(i + j) % WORKERS];

          g_assert_cmpint (has_version (reader, target, version), ==, !yanked);
          g_assert_cmpint (has_version (reader, "/packages", version),
                           ==,
                           !yanked);
        }
    }

  return NULL;
}

/* Nor while others publish all the time. */
static void
test_visible_busy (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  Visitor visitors[VISITORS] = { 0 };
  GThread *threads[VISITORS];

  for (guint i = 0; i < VISITORS; i++)
    {
      visitors[i].number = i;
      for (guint j = 0; j < WORKERS; j++)
        {
          visitors[i].wires[j] =
            daemon_kit_connect (fixture->daemon,
                                g_array_index (fixture->pids, GPid, j),
                                &error);
          g_assert_no_error (error);
        }
    }
  for (guint i = 0; i < VISITORS; i++)
    threads[i] = g_thread_new ("visitor", visit_thread, &visitors[i]);
  for (guint i = 0; i < VISITORS; i++)
    {
      g_thread_join (threads[i]);
      for (guint j = 0; j < WORKERS; j++)
        wire_free (visitors[i].wires[j]);
    }
  stop (fixture);
}

/* Whoever waits for changes at one worker hears of what another has done. */
static void
test_wait (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  const char *request = "GET /changes?since=0&wait=50 HTTP/1.1\r\n"
                        "Host: 127.0.0.1\r\n\r\n";

  wire_write (fixture->wires[0], request, strlen (request), &error);
  g_assert_no_error (error);
  g_usleep (100000);
  g_assert_cmpuint (publish (fixture->wires[1], "hello", "1.0.0", 500),
                    ==,
                    201);
  g_autoptr (WireAnswer) answer = wire_read (fixture->wires[0], TRUE, &error);
  g_assert_no_error (error);
  g_autofree char *text = wire_answer_dup_text (answer);
  g_assert_nonnull (strstr (text, "\"hello\""));
  stop (fixture);
}

/* A changed configuration is that of all workers, and of those that follow. */
static void
test_reload (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  daemon_kit_configure (fixture->daemon,
                        "registry",
                        "max-tarball-size",
                        "2 KiB",
                        &error);
  g_assert_no_error (error);
  kill (fixture->daemon->pid, SIGHUP);
  for (guint round = 0; round < 2; round++)
    {
      for (guint i = 0; i < WORKERS; i++)
        {
          g_autofree char *version = g_strdup_printf ("%u.%u.", round, i);
          guint status = 0;

          for (guint tries = 0; tries < 1000 && status != 413; tries++)
            {
              g_autofree char *next = g_strdup_printf ("%s%u", version, tries);

              status = publish (fixture->wires[i], "large", next, 20000);
              g_usleep (round == 0 ? 10000 : 0);
              g_assert_true (round == 0 || status == 413);
            }
          g_assert_cmpuint (status, ==, 413);
        }

      if (round == 0)
        {
          kill (g_array_index (fixture->pids, GPid, 0), SIGTERM);
          while (kill (g_array_index (fixture->pids, GPid, 0), 0) == 0)
            g_usleep (1000);
          connect_to_all (fixture);
        }
    }
  stop (fixture);
}

typedef struct
{
  Wire *wire;    /* not owned */
  int answers;   /* atomic */
  int ending;    /* atomic */
  char *failure; /* owned, nullable */
} Reader;

static gpointer
read_thread (gpointer data)
{
  Reader *reader = data;

  while (!g_atomic_int_get (&reader->ending) && reader->failure == NULL)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (WireAnswer) answer =
        wire_get (reader->wire, "/packages/hello", &error);

      if (answer == NULL)
        reader->failure = g_strdup (error->message);
      else if (answer->status != 200)
        reader->failure = g_strdup_printf ("status %u", answer->status);
      g_atomic_int_inc (&reader->answers);
    }

  return NULL;
}

static void
await_answers (Reader *reader, int n)
{
  int end = g_atomic_int_get (&reader->answers) + n;

  for (guint i = 0; i < 60000 && g_atomic_int_get (&reader->answers) < end; i++)
    g_usleep (1000);
  g_assert_cmpint (g_atomic_int_get (&reader->answers), >=, end);
}

/* A worker that dies takes its own connections along and no others; another one
 * takes its place, and the catalog is as it was. */
static void
test_kill (Fixture *fixture, gconstpointer test_data)
{
  Reader readers[WORKERS - 1] = { 0 };
  GThread *threads[WORKERS - 1];

  g_assert_cmpuint (publish (fixture->wires[0], "hello", "1.0.0", 500),
                    ==,
                    201);
  for (guint i = 0; i < WORKERS - 1; i++)
    {
      readers[i].wire = fixture->wires[i + 1];
      threads[i] = g_thread_new ("reader", read_thread, &readers[i]);
    }

  for (guint round = 0; round < 3; round++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *version = g_strdup_printf ("1.%u.0", round + 1);
      GPid victim = g_array_index (fixture->pids, GPid, 0);

      await_answers (&readers[0], ENOUGH_ANSWERS);
      kill (victim, SIGKILL);
      await_answers (&readers[0], ENOUGH_ANSWERS);
      await_answers (&readers[1], ENOUGH_ANSWERS);
      g_autoptr (WireAnswer) none = wire_get (fixture->wires[0], "/", NULL);
      g_assert_null (none);

      daemon_kit_wait_workers (fixture->daemon, WORKERS, &error);
      g_assert_no_error (error);
      g_autoptr (GArray) now = daemon_kit_list_workers (fixture->daemon);
      for (guint i = 0; i < WORKERS; i++)
        {
          GPid pid = g_array_index (now, GPid, i);

          if (pid != g_array_index (fixture->pids, GPid, 1) &&
              pid != g_array_index (fixture->pids, GPid, 2))
            g_array_index (fixture->pids, GPid, 0) = pid;
        }
      g_assert_cmpint (g_array_index (fixture->pids, GPid, 0), !=, victim);

      wire_free (fixture->wires[0]);
      fixture->wires[0] =
        daemon_kit_connect (fixture->daemon,
                            g_array_index (fixture->pids, GPid, 0),
                            &error);
      g_assert_no_error (error);
      g_assert_cmpuint (publish (fixture->wires[0], "hello", version, 500),
                        ==,
                        201);
    }

  for (guint i = 0; i < WORKERS - 1; i++)
    {
      g_atomic_int_set (&readers[i].ending, TRUE);
      g_thread_join (threads[i]);
      g_assert_cmpstr (readers[i].failure, ==, NULL);
    }
  assert_everywhere (fixture, "hello", "1.3.0", TRUE);

  g_autofree char *log = daemon_kit_dup_log (fixture->daemon);
  g_assert_nonnull (strstr (log, "was ended by signal 9"));
  g_autoptr (GError) error = NULL;
  g_autoptr (WireAnswer) metrics =
    wire_get (fixture->wires[0], "/metrics", &error);
  g_assert_no_error (error);
  g_autofree char *figures = wire_answer_dup_text (metrics);
  g_assert_nonnull (strstr (figures, "\nloft_worker_deaths_total 3\n"));
  stop (fixture);
}

/* What is running is finished, also where all processes are told to stop at
 * once and by each other; what comes then is refused. */
static void
test_stop (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) tarball = package_kit_make ("slow", "1.0.0", 100000, 1);
  gsize size;
  const char *data = g_bytes_get_data (tarball, &size);
  g_autofree char *head =
    g_strdup_printf ("PUT /packages/slow/1.0.0 HTTP/1.1\r\n"
                     "Host: 127.0.0.1\r\n"
                     "Content-Type: application/gzip\r\n"
                     "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n",
                     size);

  g_assert_true (wire_write (fixture->wires[0], head, strlen (head), &error));
  g_assert_true (wire_write (fixture->wires[0], data, size / 2, &error));
  g_usleep (100000);
  for (guint i = 0; i < WORKERS; i++)
    kill (g_array_index (fixture->pids, GPid, i), SIGTERM);
  daemon_kit_ask_to_stop (fixture->daemon);
  g_usleep (300000);

  g_autoptr (Wire) late = wire_new (fixture->daemon->port);
  g_assert_null (wire_get (late, "/packages", NULL));
  g_assert_true (
    wire_write (fixture->wires[0], data + size / 2, size - size / 2, &error));
  g_autoptr (WireAnswer) answer = wire_read (fixture->wires[0], TRUE, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (answer->status, ==, 201);
  daemon_kit_wait_stopped (fixture->daemon, &error);
  g_assert_no_error (error);

  start (fixture);
  assert_everywhere (fixture, "slow", "1.0.0", TRUE);
  stop (fixture);
}

/* One that can't start is started again and again, until it can. */
static void
test_unable (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *away = g_strconcat (fixture->daemon->storage, "-", NULL);

  g_assert_cmpint (g_rename (fixture->daemon->storage, away), ==, 0);
  kill (g_array_index (fixture->pids, GPid, 0), SIGKILL);
  for (guint i = 0; i < 10000; i++)
    {
      g_autofree char *log = daemon_kit_dup_log (fixture->daemon);
      const char *first = strstr (log, "A worker can't serve: ");

      if (first != NULL && strstr (first + 1, "A worker can't serve: ") != NULL)
        break;
      g_assert_cmpuint (i, <, 9999);
      g_usleep (1000);
    }

  g_assert_cmpint (g_rename (away, fixture->daemon->storage), ==, 0);
  connect_to_all (fixture);
  g_assert_cmpuint (publish (fixture->wires[2], "hello", "1.0.0", 500),
                    ==,
                    201);
  assert_everywhere (fixture, "hello", "1.0.0", TRUE);
  daemon_kit_stop (fixture->daemon, &error);
  g_assert_no_error (error);
}

/* Workers do not outlive their parent, and the next one finds all as it was. */
static void
test_parent (Fixture *fixture, gconstpointer test_data)
{
  g_assert_cmpuint (publish (fixture->wires[0], "hello", "1.0.0", 500),
                    ==,
                    201);
  daemon_kit_kill (fixture->daemon);
  for (guint i = 0; i < WORKERS; i++)
    {
      guint tries = 0;

      while (kill (g_array_index (fixture->pids, GPid, i), 0) == 0 &&
             tries++ < 10000)
        g_usleep (1000);
      g_assert_cmpuint (tries, <, 10000);
    }

  start (fixture);
  assert_everywhere (fixture, "hello", "1.0.0", TRUE);
  stop (fixture);
}

static GSocket *
listen_somewhere (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GInetAddress) loopback =
    g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4,
                                  G_SOCKET_TYPE_STREAM,
                                  G_SOCKET_PROTOCOL_TCP,
                                  &error);

  g_assert_no_error (error);
  g_socket_bind (socket, address, TRUE, &error);
  g_assert_no_error (error);
  g_socket_listen (socket, &error);
  g_assert_no_error (error);

  return socket;
}

/* On a socket that was passed, whoever comes while nobody serves is served
 * later. */
static void
test_passed (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  const char *request = "GET /packages HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

  stop (fixture);
  fixture->daemon->listener = listen_somewhere ();
  g_autoptr (GSocketAddress) address =
    g_socket_get_local_address (fixture->daemon->listener, &error);
  g_assert_no_error (error);
  guint16 port =
    g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (Wire) early = wire_new (port);

      wire_write (early, request, strlen (request), &error);
      g_assert_no_error (error);
      start (fixture);
      g_assert_cmpuint (fixture->daemon->port, ==, port);
      g_autoptr (WireAnswer) answer = wire_read (early, TRUE, &error);
      g_assert_no_error (error);
      g_assert_true (answer->status == 200 || answer->status == 503);
      stop (fixture);
    }
}

/* Nor does it have to be a socket of a network. */
static void
test_passed_unix (Fixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path =
    g_build_filename (fixture->daemon->folder, "socket", NULL);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  const char *request = "GET / HTTP/1.1\r\nHost: x\r\n"
                        "Connection: close\r\n\r\n";
  char answer[1000] = "";
  gsize length;

  stop (fixture);
  fixture->daemon->listener = g_socket_new (G_SOCKET_FAMILY_UNIX,
                                            G_SOCKET_TYPE_STREAM,
                                            G_SOCKET_PROTOCOL_DEFAULT,
                                            &error);
  g_assert_no_error (error);
  g_socket_bind (fixture->daemon->listener, address, TRUE, &error);
  g_assert_no_error (error);
  g_socket_listen (fixture->daemon->listener, &error);
  g_assert_no_error (error);
  daemon_kit_launch (fixture->daemon, &error);
  g_assert_no_error (error);

  g_autoptr (GSocketConnection) connection =
    g_socket_client_connect (client,
                             G_SOCKET_CONNECTABLE (address),
                             NULL,
                             &error);
  g_assert_no_error (error);
  g_output_stream_write_all (
    g_io_stream_get_output_stream (G_IO_STREAM (connection)),
    request,
    strlen (request),
    NULL,
    NULL,
    &error);
  g_assert_no_error (error);
  g_input_stream_read_all (
    g_io_stream_get_input_stream (G_IO_STREAM (connection)),
    answer,
    sizeof answer - 1,
    &length,
    NULL,
    &error);
  g_assert_no_error (error);
  g_assert_true (g_str_has_prefix (answer, "HTTP/1.1 200 "));
  stop (fixture);
}

static void
add (const char *path,
     void (*test) (Fixture *, gconstpointer),
     gboolean expects_warnings)
{
  g_test_add (path,
              Fixture,
              GINT_TO_POINTER (expects_warnings),
              set_up,
              test,
              tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  add ("/workers/visible", test_visible, FALSE);
  add ("/workers/visible/busy", test_visible_busy, FALSE);
  add ("/workers/wait", test_wait, FALSE);
  add ("/workers/reload", test_reload, FALSE);
  add ("/workers/kill", test_kill, TRUE);
  add ("/workers/unable", test_unable, TRUE);
  add ("/workers/stop", test_stop, FALSE);
  add ("/workers/parent", test_parent, FALSE);
  add ("/workers/passed", test_passed, FALSE);
  add ("/workers/passed/unix", test_passed_unix, FALSE);

  return g_test_run ();
}
