/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/gate-kit.h"

#include "kit/package-kit.h"

#include <string.h>
#include <sys/socket.h>

#define PATIENCE (20 * G_TIME_SPAN_SECOND)

static void
publish (ServerFixture *fixture, const char *name, const char *version)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *element = registry_kit_publish (&fixture->registry,
                                                   name,
                                                   version,
                                                   "x",
                                                   REGISTRY_KIT_TOKEN,
                                                   NULL,
                                                   &error);

  g_assert_no_error (error);
  g_assert_nonnull (element);
}

void
gate_kit_set_up (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_set_up (fixture, test_data);
  publish (fixture, GATE_KIT_SMALL, "0.1.0");
  for (guint i = 0; i < GATE_KIT_LONG_VERSIONS; i++)
    {
      g_autofree char *version = g_strdup_printf ("0.%u.0", i);

      publish (fixture, GATE_KIT_LONG, version);
    }
}

/* For the main thread. */
void
gate_kit_allow (ServerFixture *fixture, const LoftGateSettings *settings)
{
  LoftHttpSettings all = LOFT_HTTP_SETTINGS_DEFAULT;

  all.access_log = FALSE;
  all.gate = *settings;
  loft_http_server_set_settings (fixture->server, &all);
}

/* Publishes a package `large-lib` with a tarball of about @size bytes, which is
 * given back. */
GBytes *
gate_kit_put_large (ServerFixture *fixture, gsize size)
{
  GBytes *tarball = package_kit_make ("large-lib", "0.1.0", size, 1);
  g_autoptr (HttpAnswer) answer = http_request (fixture->port,
                                                "PUT",
                                                "/packages/large-lib/0.1.0",
                                                SERVER_KIT_AUTH SERVER_KIT_GZIP,
                                                tarball);

  g_assert_cmpuint (answer->status, ==, 201);

  return tarball;
}

/* Calls @func with what each descriptor of this process leads to, which is
 * client and server. Those of the catalog don't count, since it opens more of
 * itself when many ask at once. */
static guint
walk_descriptors (void (*func) (const char *target))
{
  g_autoptr (GDir) folder = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *name = NULL;
  guint n = 0;

  g_assert_nonnull (folder);
  while ((name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/fd", name, NULL);
      g_autofree char *target = g_file_read_link (path, NULL);

      if (target == NULL || strstr (target, "/catalog-") != NULL)
        continue;
      n++;
      if (func != NULL)
        func (target);
    }

  return n;
}

guint
gate_kit_count_descriptors (void)
{
  return walk_descriptors (NULL);
}

static void
show_descriptor (const char *target)
{
  g_test_message ("%s", target);
}

/* Waits, in the client's thread, until there are no more than @n. */
void
gate_kit_await_descriptors (guint n)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  while (gate_kit_count_descriptors () > n && g_get_monotonic_time () < end)
    g_usleep (5000);
  if (gate_kit_count_descriptors () > n)
    walk_descriptors (show_descriptor);
  g_assert_cmpuint (gate_kit_count_descriptors (), <=, n);
}

/* A new client that has said so much. */
HttpClient *
gate_kit_send (ServerFixture *fixture, const char *text)
{
  HttpClient *client = http_client_new (fixture->port);

  http_client_send_text (client, text);

  return client;
}

/* The client has no more to say, but still listens. */
void
gate_kit_end_sending (HttpClient *client)
{
  g_socket_shutdown (http_client_get_socket (client), FALSE, TRUE, NULL);
}

/* When it is closed, the server gets a reset instead of an end. */
void
gate_kit_arm_reset (GSocket *socket)
{
  static const struct linger now = { .l_onoff = 1, .l_linger = 0 };

  setsockopt (g_socket_get_fd (socket),
              SOL_SOCKET,
              SO_LINGER,
              &now,
              sizeof now);
}

/* The client dies. */
void
gate_kit_reset (HttpClient *client)
{
  gate_kit_arm_reset (http_client_get_socket (client));
  http_client_free (client);
}

void
gate_kit_assert_answer (HttpClient *client, guint status)
{
  g_autoptr (HttpAnswer) answer = http_client_receive (client, TRUE);

  g_assert_cmpuint (answer->status, ==, status);
}

void
gate_kit_assert_alive (ServerFixture *fixture)
{
  g_autoptr (HttpAnswer) answer =
    http_request (fixture->port, "GET", "/livez", NULL, NULL);

  g_assert_cmpuint (answer->status, ==, 200);
}
