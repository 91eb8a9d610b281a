/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>
#include <unistd.h>

#include "kit/log-kit.h"
#include "kit/server-kit.h"

/* Tarballs that somebody cuts short while they are served. */

#define SIZE (512 * 1024)
#define TARGET "/packages/hello/1.0.0/download"

static void
set_up (ServerFixture *fixture, gconstpointer test_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autofree char *content = g_malloc0 (SIZE + 1);

  /* As good as incompressible, so that the tarball is large. */
  for (gsize i = 0; i < SIZE; i++)
    content[i] = (char) g_rand_int_range (rand, 1, 127);
  server_fixture_set_up (fixture, test_data);
  g_autofree char *element = registry_kit_publish (&fixture->registry,
                                                   "hello",
                                                   "1.0.0",
                                                   content,
                                                   REGISTRY_KIT_TOKEN,
                                                   NULL,
                                                   &error);
  g_assert_no_error (error);
}

static void
ask_whole (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (HttpAnswer) answer =
    http_request (fixture->port, "GET", TARGET, NULL, NULL);

  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_cmpuint (g_bytes_get_size (answer->body), >, 256 * 1024);
}

/* The answer has begun when it turns out that there is no more of it. */
static void
ask_torn (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (HttpClient) client = http_client_new (fixture->port);
  g_autofree char *request =
    g_strdup_printf ("GET " TARGET " HTTP/1.1\r\nHost: x\r\n%s\r\n",
                     (const char *) data);
  GSocket *socket = http_client_get_socket (client);
  gsize received = 0;
  char buffer[16384];
  gssize n;

  g_assert_true (http_client_send_text (client, request));
  while ((n = g_socket_receive (socket, buffer, sizeof buffer, NULL, NULL)) > 0)
    received += (gsize) n;
  g_assert_cmpuint (received, <, 256 * 1024);
}

static void
ask_metrics (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (HttpAnswer) answer =
    http_request (fixture->port, "GET", "/metrics", NULL, NULL);
  g_autofree char *text = http_answer_dup_text (answer);

  g_test_message ("%s", text);
  g_assert_nonnull (strstr (text, data));
}

static void
cut_short (ServerFixture *fixture)
{
  g_autofree char *path =
    g_build_filename (fixture->registry.root, "hello", "1.0.0.tar.gz", NULL);

  g_assert_cmpint (truncate (path, 1000), ==, 0);
}

/* What is missing of a tarball that was mapped is told of once, and counted
 * each time; the server goes on. */
static void
test_torn (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_run (fixture, ask_whole, NULL);
  cut_short (fixture);
  log_kit_expect (G_LOG_LEVEL_WARNING,
                  "The tarball of hello 1.0.0 became shorter*");
  server_fixture_run (fixture, ask_torn, test_data);
  log_kit_check ();
  server_fixture_run (fixture, ask_metrics, "loft_downloads_torn_total 1\n");
}

static void
ask_damaged (ServerFixture *fixture, gconstpointer data)
{
  g_autoptr (HttpAnswer) answer =
    http_request (fixture->port, "GET", TARGET, NULL, NULL);

  g_assert_cmpuint (answer->status, ==, 500);
}

/* Once that is known nobody is promised a whole tarball any more. */
static void
test_afterwards (ServerFixture *fixture, gconstpointer test_data)
{
  test_torn (fixture, test_data);
  log_kit_expect (G_LOG_LEVEL_WARNING, "Request * failed: *");
  server_fixture_run (fixture, ask_damaged, NULL);
  log_kit_check ();
}

#define add(name, func, headers)                                               \
  g_test_add ("/http-torn/" name,                                              \
              ServerFixture,                                                   \
              headers,                                                         \
              set_up,                                                          \
              func,                                                            \
              server_fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  log_kit_init ();

  add ("whole", test_torn, "");
  add ("range", test_torn, "Range: bytes=4096-300000\r\n");
  add ("small-range", test_torn, "Range: bytes=-100\r\n");
  add ("afterwards", test_afterwards, "");

  return g_test_run ();
}
