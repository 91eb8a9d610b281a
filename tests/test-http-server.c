/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/loft-test-archive.h"
#include "kit/log-kit.h"
#include "kit/server-kit.h"
#include "kit/storage-kit.h"

#include <string.h>

#define MEBIBYTE (1024 * 1024)

static void
set_settings (ServerFixture *fixture, gboolean access_log, guint drain_timeout)
{
  LoftHttpSettings settings = LOFT_HTTP_SETTINGS_DEFAULT;

  settings.access_log = access_log;
  settings.drain_timeout = drain_timeout;
  loft_http_server_set_settings (fixture->server, &settings);
}

/* Several addresses are served side by side, and each tells its real port. */
static void
test_listen (ServerFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (
    loft_http_server_listen (fixture->server, "127.0.0.1:0", &error));
  g_assert_no_error (error);
  if (!loft_http_server_listen (fixture->server, "[::1]:0", &error))
    g_test_message ("no IPv6: %s", error->message);

  g_auto (GStrv) addresses = loft_http_server_get_addresses (fixture->server);
  guint n = g_strv_length (addresses);
  g_assert_cmpuint (n, ==, error == NULL ? 3 : 2);
  for (guint i = 0; i < n; i++)
    {
      g_assert_false (g_str_has_suffix (addresses[i], ":0"));
      g_assert_true (
        g_str_has_prefix (addresses[i], i < 2 ? "127.0.0.1:" : "[::1]:"));
    }
}

/* What is no address, or is taken, is an error that names it. */
static void
test_listen_fails (ServerFixture *fixture, gconstpointer test_data)
{
  g_autofree char *taken = g_strdup_printf ("127.0.0.1:%u", fixture->port);
  const char *const addresses[] = { "127.0.0.1:99999",
                                    "127.0.0.1:x",
                                    "[::1",
                                    ":0",
                                    taken };

  for (gsize i = 0; i < G_N_ELEMENTS (addresses); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (
        loft_http_server_listen (fixture->server, addresses[i], &error));
      g_assert_nonnull (error);
      g_test_message ("%s", error->message);
      g_assert_nonnull (strstr (error->message, addresses[i]));
    }
}

static void
put (ServerFixture *fixture, const char *version)
{
  g_autoptr (GBytes) tarball = registry_kit_pack ("hello-lib", version, "x");
  g_autofree char *target = g_strconcat ("/packages/hello-lib/", version, NULL);
  g_autoptr (HttpAnswer) answer = http_request (fixture->port,
                                                "PUT",
                                                target,
                                                SERVER_KIT_AUTH SERVER_KIT_GZIP,
                                                tarball);

  g_assert_cmpuint (answer->status, ==, 201);
}

static HttpClient *
ask (ServerFixture *fixture, const char *target)
{
  HttpClient *client = http_client_new (fixture->port);
  g_autofree char *request =
    g_strdup_printf ("GET %s HTTP/1.1\r\nHost: x\r\n\r\n", target);

  http_client_send_text (client, request);

  return client;
}

/* Who waits for a change has it as soon as it is there; who waits in vain gets
 * nothing in the end; and who leaves meanwhile is not missed. */
static void
run_wait (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (HttpClient) waiting = ask (fixture, "/changes?since=0&wait=50");
  g_autoptr (HttpClient) leaving = ask (fixture, "/changes?since=0&wait=50");
  g_autoptr (HttpAnswer) alive =
    http_request (fixture->port, "GET", "/livez", NULL, NULL);

  g_assert_cmpuint (alive->status, ==, 200);
  http_client_free (g_steal_pointer (&leaving));
  put (fixture, "0.1.0");

  g_autoptr (HttpAnswer) answer = http_client_receive (waiting, TRUE);
  g_autofree char *text = http_answer_dup_text (answer);
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_nonnull (strstr (text, "\"hello-lib\""));

  g_autoptr (HttpAnswer) nothing = http_request (fixture->port,
                                                 "GET",
                                                 "/changes?since=1000&wait=1",
                                                 NULL,
                                                 NULL);
  g_assert_cmpuint (nothing->status, ==, 200);
  g_assert_cmpuint (g_bytes_get_size (nothing->body), ==, 0);
}

static void
test_wait (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, run_wait, NULL);
}

typedef struct
{
  ServerFixture *fixture;
  HttpClient *waiting;   /* owned */
  HttpClient *uploading; /* owned */
  GBytes *tarball;       /* owned */
} Leave;

static void
begin_leave (ServerFixture *fixture, gconstpointer data)
{
  Leave *leave = (Leave *) data;
  g_autofree char *head = NULL;

  leave->tarball = registry_kit_pack ("hello-lib", "0.1.0", "x");
  head = g_strdup_printf ("PUT /packages/hello-lib/0.1.0 HTTP/1.1\r\n"
                          "Host: x\r\n" SERVER_KIT_AUTH SERVER_KIT_GZIP
                          "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n",
                          g_bytes_get_size (leave->tarball));
  leave->waiting = ask (fixture, "/changes?since=0&wait=50");
  leave->uploading = http_client_new (fixture->port);
  http_client_send_text (leave->uploading, head);
  http_client_send (leave->uploading,
                    g_bytes_get_data (leave->tarball, NULL),
                    10);

  /* Once this is answered the others have been seen too. */
  g_autoptr (HttpAnswer) alive =
    http_request (fixture->port, "GET", "/livez", NULL, NULL);
  g_assert_cmpuint (alive->status, ==, 200);
}

static gpointer
end_leave (gpointer data)
{
  Leave *leave = data;
  gsize size = 0;
  const char *bytes = g_bytes_get_data (leave->tarball, &size);
  g_autoptr (HttpAnswer) nothing = http_client_receive (leave->waiting, TRUE);
  g_autofree char *close = http_answer_get_header (nothing, "Connection");
  g_assert_cmpuint (nothing->status, ==, 200);
  g_assert_cmpuint (g_bytes_get_size (nothing->body), ==, 0);
  g_assert_cmpstr (close, ==, "close");

  http_client_send (leave->uploading, bytes + 10, size - 10);
  g_autoptr (HttpAnswer) answer = http_client_receive (leave->uploading, TRUE);
  g_assert_cmpuint (answer->status, ==, 201);
  g_assert_true (http_client_is_closed (leave->uploading));

  return NULL;
}

/* A server that takes leave finishes what is running, answers those that only
 * wait, and then is gone. */
static void
test_drain (ServerFixture *fixture, gconstpointer test_data)
{
  Leave leave = { .fixture = fixture };

  server_fixture_run (fixture, begin_leave, &leave);

  GThread *thread = g_thread_new ("leave", end_leave, &leave);
  g_assert_true (server_fixture_drain (fixture));
  g_thread_join (thread);

  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection =
    g_socket_client_connect_to_host (client,
                                     "127.0.0.1",
                                     fixture->port,
                                     NULL,
                                     &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  g_assert_null (connection);

  http_client_free (leave.waiting);
  http_client_free (leave.uploading);
  g_bytes_unref (leave.tarball);
}

/* Its patience has an end. */
static void
test_drain_timeout (ServerFixture *fixture, gconstpointer test_data)
{
  Leave leave = { .fixture = fixture };

  set_settings (fixture, FALSE, 1);
  server_fixture_run (fixture, begin_leave, &leave);
  g_assert_false (server_fixture_drain (fixture));
  g_assert_true (http_client_is_closed (leave.uploading));

  http_client_free (leave.waiting);
  http_client_free (leave.uploading);
  g_bytes_unref (leave.tarball);
}

static void
run_access_log (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (HttpAnswer) refused =
    http_request (fixture->port,
                  "GET",
                  "/packages/x%0a\"y?z=\\",
                  SERVER_KIT_AUTH "X-Request-Id: id-1\r\n",
                  NULL);
  g_autoptr (HttpAnswer) found = http_request (fixture->port,
                                               "GET",
                                               "/livez",
                                               "X-Request-Id: a b\r\n",
                                               NULL);
  g_autofree char *id = http_answer_get_header (found, "X-Request-Id");

  g_assert_cmpuint (refused->status, ==, 400);
  g_assert_cmpuint (found->status, ==, 200);
  g_assert_cmpuint (strlen (id), ==, 16);
}

/* Each request is a line, in which nothing of a client's looks like ours. */
static void
test_access_log (ServerFixture *fixture, gconstpointer test_data)
{
  set_settings (fixture, TRUE, 25);
  log_kit_expect (G_LOG_LEVEL_MESSAGE,
                  "127.0.0.1 \"GET /packages/x%0??x22y?z=?x5c\" 400, "
                  "* bytes, *.* ms, id-1");
  log_kit_expect (G_LOG_LEVEL_MESSAGE,
                  "127.0.0.1 \"GET /livez\" 200, 19 bytes, *.* ms, *");
  server_fixture_run (fixture, run_access_log, NULL);
  log_kit_check ();
}

static void
set_up_unready (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_set_up_unready (fixture);
}

/* Before the catalog is whole, a package is looked up where it is kept, and
 * what only the catalog knows has to wait. */
static void
run_unready (ServerFixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *method;
    const char *target;
    const char *headers;
    guint status;
  } rows[] = {
    { "GET", "/livez", NULL, 200 },
    { "GET", "/", NULL, 200 },
    { "GET", "/readyz", NULL, 503 },
    { "GET", "/packages", NULL, 503 },
    { "GET", "/packages?q=x", NULL, 503 },
    { "GET", "/changes", NULL, 503 },
    { "GET", "/packages/old-lib", NULL, 200 },
    { "GET", "/packages/no-lib", NULL, 404 },
    { "PUT",
      "/packages/new-lib/1.0.0",
      SERVER_KIT_AUTH SERVER_KIT_GZIP
      "Expect: 100-continue\r\nContent-Length: 1000000\r\n",
      503 },
    { "POST",
      "/packages/publish",
      SERVER_KIT_AUTH SERVER_KIT_JSON
      "Expect: 100-continue\r\nContent-Length: 1000000\r\n",
      503 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (HttpAnswer) answer = http_request (fixture->port,
                                                    rows[i].method,
                                                    rows[i].target,
                                                    rows[i].headers,
                                                    NULL);
      g_autofree char *retry = http_answer_get_header (answer, "Retry-After");

      g_test_message ("%s %s", rows[i].method, rows[i].target);
      g_assert_cmpuint (answer->status, ==, rows[i].status);
      g_assert_cmpint (retry != NULL, ==, rows[i].status == 503);
    }
}

static void
test_unready (ServerFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;

  storage_kit_put (fixture->registry.storage,
                   "old-lib/1.0.0.json",
                   "{\"name\":\"old-lib\",\"version\":\"1.0.0\"}",
                   &error);
  g_assert_no_error (error);
  storage_kit_put (fixture->registry.storage,
                   "old-lib/1.0.0.tar.gz",
                   "x",
                   &error);
  g_assert_no_error (error);
  server_fixture_run (fixture, run_unready, NULL);
}

/* Figures of memory and time mean nothing under a checker. */
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

/* A field of /proc/self/status, in bytes. */
static gsize
read_status (const char *field)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/status", &text, NULL, NULL));

  const char *line = strstr (text, field);
  g_assert_nonnull (line);

  return (gsize) g_ascii_strtoull (line + strlen (field), NULL, 10) * 1024;
}

typedef struct
{
  const char *method;
  const char *target;
  const char *headers;
  const char *before;
  const char *after;
} Upload;

static const Upload uploads[] = {
  { "PUT",
    "/packages/hello-lib/0.1.0",
    SERVER_KIT_AUTH SERVER_KIT_GZIP,
    "",
    "" },
  { "POST",
    "/packages/publish",
    SERVER_KIT_AUTH SERVER_KIT_JSON,
    "{\"name\":\"hello-lib\",\"version\":\"0.1.0\",\"tarball\":\"",
    "\"}" },
};

/* Sends 20 MiB as fast as they are taken, without having them in memory. */
static void
run_upload (ServerFixture *fixture, gconstpointer data)
{
  const Upload *upload = data;
  gsize size = (g_str_equal (upload->method, "PUT") ? 20 : 26) * MEBIBYTE;
  g_autofree char *piece = g_strnfill (16 * 1024, 'A');
  g_autofree char *head =
    g_strdup_printf ("%s %s HTTP/1.1\r\nHost: x\r\n%s"
                     "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s",
                     upload->method,
                     upload->target,
                     upload->headers,
                     size + strlen (upload->before) + strlen (upload->after),
                     upload->before);
  g_autoptr (HttpClient) client = http_client_new (fixture->port);

  http_client_send_text (client, head);
  for (gsize sent = 0; sent < size; sent += 16 * 1024)
    g_assert_true (http_client_send (client, piece, 16 * 1024));
  http_client_send_text (client, upload->after);

  g_autoptr (HttpAnswer) answer = http_client_receive (client, TRUE);
  g_assert_cmpuint (answer->status, ==, 422);
}

/* The memory that an upload takes does not grow with its length. */
static void
test_upload_memory (ServerFixture *fixture, gconstpointer test_data)
{
  if (is_checked ())
    {
      g_test_skip ("no figures under a checker");
      return;
    }

  for (gsize i = 0; i < G_N_ELEMENTS (uploads); i++)
    {
      gboolean reset = g_file_set_contents_full ("/proc/self/clear_refs",
                                                 "5",
                                                 1,
                                                 G_FILE_SET_CONTENTS_NONE,
                                                 0600,
                                                 NULL);
      gsize before = read_status ("VmRSS:");

      server_fixture_run (fixture, run_upload, &uploads[i]);

      gsize peak = read_status ("VmHWM:");
      g_test_message ("%s: %.1f MiB above idle%s",
                      uploads[i].method,
                      (double) (peak - MIN (before, peak)) / MEBIBYTE,
                      reset ? "" : ", counted from the start");
      g_assert_cmpuint (peak - MIN (before, peak), <, 16 * MEBIBYTE);
    }
}

typedef struct
{
  gint64 last;
  gint64 longest;
} Pulse;

static gboolean
pulse_cb (gpointer user_data)
{
  Pulse *pulse = user_data;
  gint64 now = g_get_monotonic_time ();

  pulse->longest = MAX (pulse->longest, now - pulse->last);
  pulse->last = now;

  return G_SOURCE_CONTINUE;
}

static GBytes *
make_large_package (void)
{
  g_autoptr (LoftTestArchive) archive = loft_test_archive_new ();
  gsize size = 18 * MEBIBYTE;
  g_autofree char *noise = g_malloc (size);
  guint64 state = 1;

  for (gsize i = 0; i < size; i++)
    {
      state = state * 6364136223846793005 + 1442695040888963407;
      noise[i] = (char) (state >> 56);
    }
  loft_test_archive_add_manifest (archive, "hello-lib", "0.1.0");
  loft_test_archive_add (
    archive,
    &(LoftTestMember){ .path = "noise", .content = noise, .length = size });
  loft_test_archive_end (archive);

  return loft_test_archive_to_gzip (archive);
}

static void
run_large (ServerFixture *fixture, gconstpointer data)
{
  GBytes *tarball = (GBytes *) data;
  g_autoptr (HttpAnswer) answer = http_request (fixture->port,
                                                "PUT",
                                                "/packages/hello-lib/0.1.0",
                                                SERVER_KIT_AUTH SERVER_KIT_GZIP,
                                                tarball);
  g_assert_cmpuint (answer->status, ==, 201);

  for (int i = 0; i < 3; i++)
    {
      g_autoptr (HttpAnswer) download =
        http_request (fixture->port,
                      "GET",
                      "/packages/hello-lib/0.1.0/download",
                      NULL,
                      NULL);

      g_assert_true (g_bytes_equal (download->body, tarball));
    }

  /* And one that reads a little and leaves. */
  g_autoptr (HttpClient) client =
    ask (fixture, "/packages/hello-lib/0.1.0/download");
  g_usleep (50000);
  g_assert_true (g_socket_is_connected (http_client_get_socket (client)));
}

/* A large package comes and goes whole, without keeping others waiting. */
static void
test_large (ServerFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GBytes) tarball = make_large_package ();
  Pulse pulse = { .last = g_get_monotonic_time () };
  g_autoptr (GSource) source = g_timeout_source_new (1);

  g_source_set_callback (source, pulse_cb, &pulse, NULL);
  g_source_attach (source, NULL);
  server_fixture_run (fixture, run_large, tarball);
  g_source_destroy (source);

  g_test_message ("longest pause: %.1f ms", (double) pulse.longest / 1000);
  if (!is_checked ())
    g_assert_cmpint (pulse.longest, <, 250000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  log_kit_init ();

#define ADD(path, func)                                                        \
  g_test_add ("/http-server/" path,                                            \
              ServerFixture,                                                   \
              NULL,                                                            \
              server_fixture_set_up,                                           \
              func,                                                            \
              server_fixture_tear_down)

  ADD ("listen", test_listen);
  ADD ("listen/fails", test_listen_fails);
  ADD ("wait", test_wait);
  ADD ("drain", test_drain);
  ADD ("drain/timeout", test_drain_timeout);
  ADD ("access-log", test_access_log);
  ADD ("upload-memory", test_upload_memory);
  ADD ("large", test_large);
  g_test_add ("/http-server/unready",
              ServerFixture,
              NULL,
              set_up_unready,
              test_unready,
              server_fixture_tear_down);

  return g_test_run ();
}
