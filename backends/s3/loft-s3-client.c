/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-s3-client.h"

#include <glib/gi18n.h>

#include "loft-s3-exchange.h"
#include "storage/loft-storage.h"

/* At once, and kept for later; more wait. */
#define CONNECTIONS_MAX 64

/* In seconds: before most engines and proxies drop a connection. */
#define IDLE_MAX 15

/**
 * LoftS3Client:
 *
 * A thread with a main context and a SoupSession of its own, through which
 * any number of other threads send requests and wait for the answers. Its
 * connections are used again and again.
 */
struct _LoftS3Client
{
  GUri *endpoint;         /* owned */
  GTlsDatabase *database; /* owned, nullable: the system's */

  GThread *thread;       /* owned */
  GMainContext *context; /* owned */
  SoupSession *session;  /* owned by the thread */
  gboolean stopping;     /* of the thread */
  int n_running;         /* atomic */
};

static gpointer
run (gpointer data)
{
  LoftS3Client *self = data;

  g_main_context_push_thread_default (self->context);
  /* Neither proxies nor anything else of the user's environment: the endpoint
   * is where the configuration says. */
  self->session =
    soup_session_new_with_options ("max-conns",
                                   CONNECTIONS_MAX,
                                   "max-conns-per-host",
                                   CONNECTIONS_MAX,
                                   "idle-timeout",
                                   IDLE_MAX,
                                   "timeout",
                                   0,
                                   "proxy-resolver",
                                   NULL,
                                   "user-agent",
                                   PACKAGE_NAME "/" PACKAGE_VERSION,
                                   NULL);
  if (self->database != NULL)
    soup_session_set_tls_database (self->session, self->database);

  while (!self->stopping || g_atomic_int_get (&self->n_running) > 0)
    g_main_context_iteration (self->context, TRUE);

  g_clear_object (&self->session);
  /* What was closed has its last word yet. */
  while (g_main_context_iteration (self->context, FALSE))
    continue;
  g_main_context_pop_thread_default (self->context);

  return NULL;
}

static gboolean
stop_cb (gpointer user_data)
{
  LoftS3Client *self = user_data;

  self->stopping = TRUE;
  soup_session_abort (self->session);

  return G_SOURCE_REMOVE;
}

/**
 * loft_s3_client_new:
 * @endpoint: scheme, host and port that all requests go to
 * @ca_file: (nullable): whose certificates are trusted instead of the system's
 * @error: return location for a #GError
 *
 * Starts a client. Nothing is sent yet.
 *
 * Returns: (transfer full): the client, or %NULL with
 *   %LOFT_STORAGE_ERROR_FAILED if @ca_file can't be used
 */
LoftS3Client *
loft_s3_client_new (GUri *endpoint, const char *ca_file, GError **error)
{
  g_return_val_if_fail (endpoint != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (GTlsDatabase) database = NULL;

  if (ca_file != NULL)
    {
      g_autofree char *path = g_canonicalize_filename (ca_file, NULL);
      g_autoptr (GError) local_error = NULL;

      database = g_tls_file_database_new (path, &local_error);
      if (database == NULL)
        {
          g_set_error (error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_FAILED,
                       _ ("The certificates in “%s” can't be used: %s"),
                       path,
                       local_error->message);
          return NULL;
        }
    }

  LoftS3Client *self = g_new0 (LoftS3Client, 1);

  self->endpoint = g_uri_ref (endpoint);
  self->database = g_steal_pointer (&database);
  self->context = g_main_context_new ();
  self->thread = g_thread_new ("loft-s3", run, self);

  return self;
}

/**
 * loft_s3_client_free:
 * @self: (transfer full): a client that nobody uses
 *
 * Closes all connections and frees @self.
 */
void
loft_s3_client_free (LoftS3Client *self)
{
  g_return_if_fail (self != NULL);

  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_callback (source, stop_cb, self, NULL);
  g_source_attach (source, self->context);
  g_thread_join (self->thread);

  g_main_context_unref (self->context);
  g_clear_object (&self->database);
  g_uri_unref (self->endpoint);
  g_free (self);
}

typedef struct
{
  LoftS3Client *client;     /* not owned: it outlives its thread */
  LoftS3Exchange *exchange; /* owned */
} Start;

static void
start_free (gpointer data)
{
  Start *start = data;

  loft_s3_exchange_unref (start->exchange);
  g_free (start);
}

static gboolean
start_cb (gpointer user_data)
{
  const Start *start = user_data;

  loft_s3_exchange_start (start->exchange,
                          start->client->session,
                          &start->client->n_running);

  return G_SOURCE_REMOVE;
}

static GUri *
build_uri (LoftS3Client *self, LoftS3Request *request)
{
  g_autofree char *query = loft_s3_request_format_query (request);
  const char *host = NULL;

  for (guint i = 0; i < request->headers->len; i++)
    {
      const LoftS3Header *header = g_ptr_array_index (request->headers, i);

      if (g_str_equal (header->name, "host"))
        host = header->value;
    }

  g_autofree char *text = g_strdup_printf ("%s://%s%s%s%s",
                                           g_uri_get_scheme (self->endpoint),
                                           host,
                                           request->path,
                                           query[0] != '\0' ? "?" : "",
                                           query);

  return g_uri_parse (text, SOUP_HTTP_URI_FLAGS, NULL);
}

/**
 * loft_s3_client_send:
 * @self: a client
 * @request: a request, signed
 * @body: (nullable): what it carries
 * @limit: how many bytes the body of the answer may have
 * @patience: how long nothing may move, in µs
 * @out_sent: (out): whether the engine may have got the request
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Sends a request and waits for the whole answer. Any thread may.
 *
 * Returns: (transfer full): the answer, of whatever status, or %NULL with
 *   @error set
 */
LoftS3Answer *
loft_s3_client_send (LoftS3Client *self,
                     LoftS3Request *request,
                     LoftS3Body *body,
                     gsize limit,
                     gint64 patience,
                     gboolean *out_sent,
                     GCancellable *cancellable,
                     GError **error)
{
  g_return_val_if_fail (self != NULL && request != NULL, NULL);
  g_return_val_if_fail (out_sent != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (GUri) uri = build_uri (self, request);
  g_autoptr (LoftS3Exchange) exchange =
    loft_s3_exchange_new (uri, request, body, limit, patience, error);

  *out_sent = FALSE;
  if (exchange == NULL)
    return NULL;

  Start *start = g_new0 (Start, 1);
  g_autoptr (GSource) source = g_idle_source_new ();

  start->client = self;
  start->exchange = loft_s3_exchange_ref (exchange);
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, start_cb, start, start_free);
  g_source_attach (source, self->context);

  return loft_s3_exchange_wait (exchange, cancellable, out_sent, error);
}
