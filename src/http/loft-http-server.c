/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-http-server.h"

#include "http/loft-front.h"
#include "http/loft-listen.h"
#include "http/loft-refusal.h"
#include "http/loft-response.h"
#include "http/loft-routes.h"

/* Milliseconds between two looks whether the last answers have left. */
#define QUIET_INTERVAL 10

/**
 * LoftHttpServer:
 *
 * The HTTP front door of a registry. It lives on the main loop of the thread
 * that made it.
 */
struct _LoftHttpServer
{
  GObject parent_instance;

  LoftHttpShared *shared; /* owned */
  LoftRoutes *routes;     /* owned */
  SoupServer *server;     /* owned */
  LoftFront *front;       /* owned */
  GPtrArray *sockets;     /* owned, of owned GSocket */
  GTask *drain;           /* owned, NULL while it serves */
  GSource *drain_source;  /* owned, nullable: bounds the drain, or ends it */
  gint64 drain_until;
};

G_DEFINE_FINAL_TYPE (LoftHttpServer, loft_http_server, G_TYPE_OBJECT)

/* Ends every request and drops every connection. */
static void
cut_off (LoftHttpServer *self)
{
  for (LoftRequest *request = g_queue_peek_head (&self->shared->requests);
       request != NULL;
       request = g_queue_peek_head (&self->shared->requests))
    loft_request_end (request, TRUE);
  soup_server_disconnect (self->server);
  loft_gate_close (loft_front_get_gate (self->front));
}

static void
clear_drain_source (LoftHttpServer *self)
{
  if (self->drain_source != NULL)
    g_source_destroy (self->drain_source);
  g_clear_pointer (&self->drain_source, g_source_unref);
}

static void
loft_http_server_dispose (GObject *object)
{
  LoftHttpServer *self = LOFT_HTTP_SERVER (object);

  clear_drain_source (self);
  if (self->front != NULL)
    {
      self->shared->idle = NULL;
      cut_off (self);
      g_signal_handlers_disconnect_by_data (self->server, self);
      g_clear_pointer (&self->front, loft_front_free);
      g_clear_object (&self->server);
    }

  G_OBJECT_CLASS (loft_http_server_parent_class)->dispose (object);
}

static void
loft_http_server_finalize (GObject *object)
{
  LoftHttpServer *self = LOFT_HTTP_SERVER (object);

  g_clear_pointer (&self->shared, loft_http_shared_unref);
  g_clear_pointer (&self->routes, loft_routes_free);
  g_clear_pointer (&self->sockets, g_ptr_array_unref);
  g_clear_object (&self->server);

  G_OBJECT_CLASS (loft_http_server_parent_class)->finalize (object);
}

static void
loft_http_server_class_init (LoftHttpServerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = loft_http_server_dispose;
  G_OBJECT_CLASS (klass)->finalize = loft_http_server_finalize;
}

/* The head of a request has arrived. */
static void
early_cb (SoupServer *server,
          SoupServerMessage *message,
          const char *path,
          GHashTable *query,
          gpointer user_data)
{
  LoftHttpServer *self = LOFT_HTTP_SERVER (user_data);
  g_autoptr (LoftRequest) request =
    g_object_ref (loft_request_new (self->shared, message));
  g_autoptr (GError) local_error = NULL;

  if (loft_routes_find (self->routes, request, &local_error) &&
      loft_refusal_check (request, &local_error))
    loft_refusal_consult (request);
  else
    loft_refusal_send (request, g_steal_pointer (&local_error));
}

/* A request has arrived whole. */
static void
request_cb (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  LoftRequest *found = loft_request_get (message);

  g_return_if_fail (found != NULL);

  g_autoptr (LoftRequest) request = g_object_ref (found);
  const GError *refusal = loft_request_get_error (request);
  if (refusal != NULL)
    loft_response_send_problem (request, refusal);
  else
    loft_request_get_endpoint (request)->handle (request);
}

static void
end_request (LoftHttpServer *self, SoupServerMessage *message, gboolean aborted)
{
  LoftRequest *found = loft_request_get (message);

  /* One whose head libsoup itself has refused came by no handler of ours; but
   * there is none where it was only made to let go of a connection. */
  if (found == NULL)
    {
      LoftGateStream *stream = loft_front_find_stream (message);

      if (stream == NULL || loft_gate_stream_is_released (stream))
        return;
      found = loft_request_new (self->shared, message);
      loft_request_answered (found, soup_server_message_get_status (message));
    }

  g_autoptr (LoftRequest) request = g_object_ref (found);
  loft_request_end (request, aborted);
}

static void
request_finished_cb (SoupServer *server,
                     SoupServerMessage *message,
                     gpointer user_data)
{
  end_request (LOFT_HTTP_SERVER (user_data), message, FALSE);
}

/* For libsoup, whatever was answered with a 500 is aborted too. */
static void
request_aborted_cb (SoupServer *server,
                    SoupServerMessage *message,
                    gpointer user_data)
{
  LoftRequest *request = loft_request_get (message);

  end_request (LOFT_HTTP_SERVER (user_data),
               message,
               request == NULL || loft_request_get_status (request) !=
                                    SOUP_STATUS_INTERNAL_SERVER_ERROR);
}

static void
loft_http_server_init (LoftHttpServer *self)
{
  self->routes = loft_routes_new ();
  self->sockets = g_ptr_array_new_with_free_func (g_object_unref);

  /* Paths stay as they were sent, since the router decodes them itself. */
  self->server = g_object_new (SOUP_TYPE_SERVER, "raw-paths", TRUE, NULL);
  soup_server_add_early_handler (self->server, NULL, early_cb, self, NULL);
  soup_server_add_handler (self->server, NULL, request_cb, self, NULL);
  soup_server_add_early_handler (self->server, "*", early_cb, self, NULL);
  soup_server_add_handler (self->server, "*", request_cb, self, NULL);
  g_signal_connect (self->server,
                    "request-finished",
                    G_CALLBACK (request_finished_cb),
                    self);
  g_signal_connect (self->server,
                    "request-aborted",
                    G_CALLBACK (request_aborted_cb),
                    self);
}

/**
 * loft_http_server_new:
 * @registry: the registry
 * @settings: what the administrator has chosen
 * @error: return location for a #GError
 *
 * Makes a server that does not listen yet.
 *
 * Returns: (transfer full): the server, or %NULL with @error set to a
 *   #GIOErrorEnum where the system has no descriptor for it
 */
LoftHttpServer *
loft_http_server_new (LoftRegistry *registry,
                      const LoftHttpSettings *settings,
                      GError **error)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (registry), NULL);
  g_return_val_if_fail (settings != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftHttpServer) self = g_object_new (LOFT_TYPE_HTTP_SERVER, NULL);

  self->shared = loft_http_shared_new (registry, settings);
  self->front = loft_front_new (self->shared, self->server, error);
  if (self->front == NULL)
    return NULL;

  return g_steal_pointer (&self);
}

/**
 * loft_http_server_set_settings:
 * @self: a server
 * @settings: what the administrator has chosen
 *
 * Changes the settings; requests that are running may still see the old ones.
 */
void
loft_http_server_set_settings (LoftHttpServer *self,
                               const LoftHttpSettings *settings)
{
  g_return_if_fail (LOFT_IS_HTTP_SERVER (self));
  g_return_if_fail (settings != NULL);

  loft_http_shared_set_settings (self->shared, settings);
  loft_gate_set_settings (loft_front_get_gate (self->front), &settings->gate);
}

/**
 * loft_http_server_add_listener:
 * @self: a server
 * @socket: a socket that listens; other processes may listen on it too
 * @error: return location for a #GError
 *
 * Begins to serve the connections of a socket.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #GIOErrorEnum
 */
gboolean
loft_http_server_add_listener (LoftHttpServer *self,
                               GSocket *socket,
                               GError **error)
{
  g_return_val_if_fail (LOFT_IS_HTTP_SERVER (self), FALSE);
  g_return_val_if_fail (G_IS_SOCKET (socket), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  LoftGate *gate = loft_front_get_gate (self->front);
  if (!loft_gate_add_listener (gate, socket, error))
    return FALSE;
  g_ptr_array_add (self->sockets, g_object_ref (socket));

  return TRUE;
}

/**
 * loft_http_server_listen:
 * @self: a server
 * @address: `HOST:PORT`, with an IPv6 address in brackets; port 0 takes any
 *   that is free
 * @error: return location for a #GError
 *
 * Begins to serve at an address, beside those that are served already. May
 * block for as long as it takes to look a host's name up.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #GIOErrorEnum or a
 *   #GResolverError
 */
gboolean
loft_http_server_listen (LoftHttpServer *self,
                         const char *address,
                         GError **error)
{
  g_return_val_if_fail (LOFT_IS_HTTP_SERVER (self), FALSE);
  g_return_val_if_fail (address != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (GPtrArray) sockets = loft_listen_open (address, error);
  if (sockets == NULL)
    return FALSE;
  for (guint i = 0; i < sockets->len; i++)
    if (!loft_http_server_add_listener (self, sockets->pdata[i], error))
      return FALSE;

  return TRUE;
}

/**
 * loft_http_server_get_addresses:
 * @self: a server
 *
 * Tells where it listens, with the real ports.
 *
 * Returns: (transfer full): addresses as loft_http_server_listen() takes them
 */
GStrv
loft_http_server_get_addresses (LoftHttpServer *self)
{
  g_return_val_if_fail (LOFT_IS_HTTP_SERVER (self), NULL);

  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  for (guint i = 0; i < self->sockets->len; i++)
    {
      g_autoptr (GSocketAddress) address =
        g_socket_get_local_address (g_ptr_array_index (self->sockets, i), NULL);

      if (address == NULL)
        continue;

      g_autofree char *text =
        g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));
      g_strv_builder_add (builder, text);
    }

  return g_strv_builder_end (builder);
}

static void
finish_drain (LoftHttpServer *self, gboolean in_time)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->drain);

  clear_drain_source (self);
  self->shared->idle = NULL;
  cut_off (self);
  loft_download_tally_flush (self->shared->tally);
  if (in_time)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_new_error (task,
                             G_IO_ERROR,
                             G_IO_ERROR_TIMED_OUT,
                             "Some requests took too long to finish");
}

static gboolean
drain_timeout_cb (gpointer user_data)
{
  finish_drain (LOFT_HTTP_SERVER (user_data), FALSE);

  return G_SOURCE_REMOVE;
}

/* An answer that is written has not left yet; and another request may have come
 * meanwhile. */
static gboolean
drained_cb (gpointer user_data)
{
  LoftHttpServer *self = LOFT_HTTP_SERVER (user_data);
  gboolean is_idle = g_queue_is_empty (&self->shared->requests);

  if ((!is_idle || !loft_gate_is_quiet (loft_front_get_gate (self->front))) &&
      g_get_monotonic_time () < self->drain_until)
    return G_SOURCE_CONTINUE;
  finish_drain (self, is_idle);

  return G_SOURCE_REMOVE;
}

static void
set_drain_source (LoftHttpServer *self, GSource *source, GSourceFunc func)
{
  clear_drain_source (self);
  self->drain_source = source;
  g_source_set_callback (source, func, self, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
}

/* Called from within libsoup, which does not expect its connections to be
 * closed there; so they are closed a moment later. */
static void
idle_cb (gpointer user_data)
{
  set_drain_source (LOFT_HTTP_SERVER (user_data),
                    g_timeout_source_new (QUIET_INTERVAL),
                    drained_cb);
}

/**
 * loft_http_server_drain_async:
 * @self: a server that was not drained before
 * @cancellable: (nullable): a cancellable
 * @callback: called when no request is running any more
 * @user_data: for @callback
 *
 * Takes leave: listens no longer, lets the running requests finish within the
 * time that the settings give them, answers those that only wait, and closes
 * all connections.
 */
void
loft_http_server_drain_async (LoftHttpServer *self,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_return_if_fail (LOFT_IS_HTTP_SERVER (self));
  g_return_if_fail (self->drain == NULL);

  GQueue *requests = &self->shared->requests;

  self->drain = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (self->drain, loft_http_server_drain_async);
  self->shared->stopping = TRUE;
  loft_gate_stop (loft_front_get_gate (self->front));
  g_ptr_array_set_size (self->sockets, 0);

  for (GList *link = requests->head, *next = NULL; link != NULL; link = next)
    {
      next = link->next;
      loft_request_hurry (link->data);
    }

  self->shared->idle = idle_cb;
  self->shared->idle_data = self;
  self->drain_until = g_get_monotonic_time () +
                      self->shared->settings.drain_timeout * G_USEC_PER_SEC;
  set_drain_source (
    self,
    g_timeout_source_new_seconds (self->shared->settings.drain_timeout),
    drain_timeout_cb);
  if (g_queue_is_empty (requests))
    idle_cb (self);
}

/**
 * loft_http_server_drain_finish:
 * @self: a server
 * @result: what the callback was given
 * @error: return location for a #GError
 *
 * Ends loft_http_server_drain_async(); the server serves nothing any more,
 * whatever came of it.
 *
 * Returns: %TRUE, or %FALSE with @error set to %G_IO_ERROR_TIMED_OUT if
 *   requests had to be cut off, or %G_IO_ERROR_CANCELLED
 */
gboolean
loft_http_server_drain_finish (LoftHttpServer *self,
                               GAsyncResult *result,
                               GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
