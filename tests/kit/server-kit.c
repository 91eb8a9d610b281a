/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/server-kit.h"

#include "http/loft-http-figures.h"

#include <string.h>

typedef struct
{
  ServerFixture *fixture;
  ServerKitFunc func;
  gconstpointer data;
  gint done;
} Run;

/* A server before a registry that was not started. */
void
server_fixture_set_up_unready (ServerFixture *fixture)
{
  LoftHttpSettings settings = LOFT_HTTP_SETTINGS_DEFAULT;
  g_autoptr (GError) error = NULL;

  settings.access_log = FALSE;
  registry_fixture_set_up (&fixture->registry, NULL);
  fixture->server =
    loft_http_server_new (fixture->registry.registry, &settings, &error);
  g_assert_no_error (error);

  LoftFigures *figures = loft_page_get_slot (
    loft_registry_get_page (fixture->registry.registry, NULL),
    0);
  fixture->figures = &figures->gate;
  loft_http_server_listen (fixture->server, "127.0.0.1:0", &error);
  g_assert_no_error (error);

  g_auto (GStrv) addresses = loft_http_server_get_addresses (fixture->server);
  g_assert_cmpuint (g_strv_length (addresses), ==, 1);
  fixture->port =
    (guint16) g_ascii_strtoull (strrchr (addresses[0], ':') + 1, NULL, 10);
}

void
server_fixture_set_up (ServerFixture *fixture, gconstpointer test_data)
{
  server_fixture_set_up_unready (fixture);
  registry_fixture_start (&fixture->registry);
}

static void
drain_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **out_result = user_data;

  *out_result = g_object_ref (result);
}

/* Stops the server; whether it had not to cut anything off. */
gboolean
server_fixture_drain (ServerFixture *fixture)
{
  g_autoptr (GAsyncResult) result = NULL;

  loft_http_server_drain_async (fixture->server, NULL, drain_cb, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);

  return loft_http_server_drain_finish (fixture->server, result, NULL);
}

/* A server that is not dropped here is leaked by some request. */
void
server_fixture_tear_down (ServerFixture *fixture, gconstpointer test_data)
{
  gint64 end = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND;
  gpointer watched = fixture->server;

  g_object_add_weak_pointer (watched, &watched);
  g_clear_object (&fixture->server);
  while (watched != NULL)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_main_context_iteration (NULL, FALSE);
    }
  registry_fixture_tear_down (&fixture->registry, NULL);
}

static gpointer
run_in_thread (gpointer data)
{
  Run *run = data;

  run->func (run->fixture, run->data);
  g_atomic_int_set (&run->done, TRUE);
  g_main_context_wakeup (NULL);

  return NULL;
}

/* Runs the client's part of a test while the server has the main loop. */
void
server_fixture_run (ServerFixture *fixture,
                    ServerKitFunc func,
                    gconstpointer data)
{
  Run run = { .fixture = fixture, .func = func, .data = data };
  GThread *thread = g_thread_new ("client", run_in_thread, &run);

  while (!g_atomic_int_get (&run.done))
    g_main_context_iteration (NULL, TRUE);
  g_thread_join (thread);
}

/* Checks one header of an answer as a row has it. */
void
server_kit_check_header (const HttpAnswer *answer, const char *expected)
{
  g_auto (GStrv) parts = g_strsplit (expected, ":", 2);
  g_autofree char *value = http_answer_get_header (answer, parts[0]);

  if (parts[1][0] == '\0')
    g_assert_null (value);
  else if (value == NULL ||
           !g_pattern_match_simple (g_strstrip (parts[1]), value))
    g_error ("no “%s” in\n%s", expected, answer->head);
}

/* Asks as a row has it, in a client's thread. */
void
server_kit_ask_row (ServerFixture *fixture, gconstpointer data)
{
  const ServerKitRow *row = data;
  g_autoptr (HttpAnswer) answer =
    http_request (fixture->port,
                  row->method != NULL ? row->method : "GET",
                  row->target,
                  row->headers,
                  NULL);
  g_autofree char *text = http_answer_dup_text (answer);

  g_test_message ("%s%s", answer->head, text);
  g_assert_cmpuint (answer->status, ==, row->status);
  if (row->header != NULL)
    server_kit_check_header (answer, row->header);
  if (row->body != NULL)
    g_assert_nonnull (strstr (text, row->body));
  if (row->absent != NULL)
    g_assert_null (strstr (text, row->absent));
}

/* Asks as all rows have it, one after the other. */
void
server_kit_run_rows (ServerFixture *fixture,
                     const ServerKitRow *rows,
                     gsize n_rows)
{
  for (gsize i = 0; i < n_rows; i++)
    {
      g_test_message ("row %s", rows[i].name);
      server_fixture_run (fixture, server_kit_ask_row, &rows[i]);
    }
}
