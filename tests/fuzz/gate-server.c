/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "fuzz/gate-server.h"

#include <string.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>

/* Small, so that inputs of a few hundred bytes come to them. */
const LoftHeadLimits gate_server_limits = { 600, 200, 12 };

/* More than is gathered before it is sent. */
#define LARGE (96 * 1024)

/* Each is answered in another way, by the first letter of its path. */
#define LATE "/l"
#define LARGE_ANSWER "/b"
#define REFUSED "/r"
#define CONCLUDED "/c"

static void
request_free (gpointer data)
{
  GateServerRequest *self = data;

  g_free (self->method);
  g_free (self->target);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_free (self);
}

static LoftGateStream *
find_stream (SoupServerMessage *message)
{
  return g_object_get_data (
    G_OBJECT (soup_server_message_get_remote_address (message)),
    "stream");
}

static void
accept_cb (LoftGateStream *stream,
           GSocketAddress *local,
           GSocketAddress *remote,
           gpointer user_data)
{
  GateServer *self = user_data;
  g_autoptr (GError) error = NULL;

  g_object_set_data_full (G_OBJECT (remote),
                          "stream",
                          g_object_ref (stream),
                          g_object_unref);
  soup_server_accept_iostream (self->soup,
                               G_IO_STREAM (stream),
                               local,
                               remote,
                               &error);
  g_assert_no_error (error);
}

static int
choose_cb (const LoftHead *head, gpointer user_data)
{
  return 0;
}

/* What the gate has answered by itself was asked too. */
static void
answered_cb (const LoftGateAnswer *answer, gpointer user_data)
{
  GateServer *self = user_data;
  const LoftHead *head = answer->head;

  if (answer->status >= 400)
    return;

  GateServerRequest *request = g_new0 (GateServerRequest, 1);
  request->method =
    g_strndup (head->method_text.data, head->method_text.length);
  request->target = g_strndup (head->target.data, head->target.length);
  request->is_hot = TRUE;
  g_ptr_array_add (self->requests, request);
}

/* Nothing ever changes here. */
static void
get_mark_cb (LoftHotMark *out_mark, gpointer user_data)
{
  *out_mark = (LoftHotMark){ 0, 1 };
}

static void
refresh_cb (const LoftHotMark *mark, gpointer user_data)
{
}

static gboolean
begins (const GateServerRequest *request, const char *start)
{
  return g_str_has_prefix (request->target, start);
}

static char *
find_target (SoupServerMessage *message)
{
  GUri *uri = soup_server_message_get_uri (message);
  const char *query = g_uri_get_query (uri);

  return g_strconcat (g_uri_get_path (uri),
                      query != NULL ? "?" : "",
                      query,
                      NULL);
}

static void
conclude (SoupServerMessage *message)
{
  static const char text[] = "HTTP/1.1 413 Too Large\r\n"
                             "Content-Length: 2\r\n"
                             "Connection: close\r\n\r\nno";
  g_autoptr (GBytes) answer = g_bytes_new_static (text, sizeof text - 1);
  g_autoptr (LoftGateStream) stream = g_object_ref (find_stream (message));
  g_autoptr (GIOStream) stolen = soup_server_message_steal_connection (message);

  loft_gate_stream_conclude (stream, answer);
}

/* A head has come. */
static void
early_cb (SoupServer *server,
          SoupServerMessage *message,
          const char *path,
          GHashTable *query,
          gpointer user_data)
{
  GateServer *self = user_data;
  SoupMessageHeaders *headers =
    soup_server_message_get_request_headers (message);
  GateServerRequest *request = g_new0 (GateServerRequest, 1);

  request->method = g_strdup (soup_server_message_get_method (message));
  request->target = find_target (message);
  request->announced = soup_message_headers_get_content_length (headers);
  g_ptr_array_add (self->requests, request);
  g_object_set_data (G_OBJECT (message), "request", request);

  if (soup_message_headers_get_expectations (headers) !=
      SOUP_EXPECTATION_CONTINUE)
    {
      g_assert_null (soup_message_headers_get_one (headers, "Expect"));
      return;
    }
  if (begins (request, REFUSED))
    soup_server_message_set_status (message, 417, NULL);
  else if (begins (request, CONCLUDED))
    conclude (message);
}

static GBytes *
make_answer (const GateServerRequest *request)
{
  /* What is answered to HEAD may become a hot answer to GET. */
  gboolean is_head = g_str_equal (request->method, "HEAD");
  g_autofree char *text = g_strdup_printf ("%s %s %" G_GSIZE_FORMAT "\n",
                                           is_head ? "GET" : request->method,
                                           request->target,
                                           g_bytes_get_size (request->body));
  gsize length = strlen (text);
  gsize size = begins (request, LARGE_ANSWER) ? LARGE : length;
  char *data = g_malloc0 (size);

  memcpy (data, text, length);

  return g_bytes_new_take (data, size);
}

/* Puts an answer on the message, and offers it to the gate. */
static void
answer (SoupServerMessage *message, const GateServerRequest *request)
{
  SoupMessageHeaders *headers =
    soup_server_message_get_response_headers (message);
  g_autoptr (GBytes) body = make_answer (request);
  LoftGateStream *stream = find_stream (message);

  soup_server_message_set_status (message, 200, NULL);
  soup_message_headers_append (headers, "X-Request-Id", "none");
  soup_message_headers_set_content_length (headers,
                                           (goffset) g_bytes_get_size (body));
  soup_message_body_append_bytes (
    soup_server_message_get_response_body (message),
    body);
  if (!loft_gate_stream_wants_hot (stream))
    return;

  const LoftHotMark mark = { 0, 1 };
  loft_gate_stream_capture (stream,
                            loft_hot_response_new (LOFT_HOT_ALL_REPRESENTATIONS,
                                                   1,
                                                   NULL,
                                                   "\"a\"",
                                                   body),
                            &mark);
}

static gboolean
unpause_cb (gpointer user_data)
{
  SoupServerMessage *message = user_data;

  answer (message, g_object_get_data (G_OBJECT (message), "request"));
  soup_server_message_unpause (message);

  return G_SOURCE_REMOVE;
}

/* A request has come whole. */
static void
request_cb (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  GateServerRequest *request =
    g_object_get_data (G_OBJECT (message), "request");

  request->body =
    soup_message_body_flatten (soup_server_message_get_request_body (message));
  if (!begins (request, LATE))
    {
      answer (message, request);
      return;
    }

  soup_server_message_pause (message);
  g_idle_add_full (G_PRIORITY_DEFAULT_IDLE,
                   unpause_cb,
                   g_object_ref (message),
                   g_object_unref);
}

static GSocket *
make_socket (void)
{
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_UNIX,
                                  G_SOCKET_TYPE_STREAM,
                                  G_SOCKET_PROTOCOL_DEFAULT,
                                  NULL);

  g_assert_nonnull (socket);
  g_socket_set_blocking (socket, FALSE);

  return socket;
}

static GSocketAddress *
make_address (void)
{
  g_autofree char *name = g_strdup_printf ("loft-fuzz-%d", getpid ());

  return g_unix_socket_address_new_with_type (name,
                                              -1,
                                              G_UNIX_SOCKET_ADDRESS_ABSTRACT);
}

static void
listen (GateServer *self)
{
  g_autoptr (GSocketAddress) address = make_address ();
  g_autoptr (GError) error = NULL;

  self->socket = make_socket ();
  g_socket_bind (self->socket, address, FALSE, &error);
  g_assert_no_error (error);
  g_socket_listen (self->socket, &error);
  g_assert_no_error (error);
  loft_gate_add_listener (self->gate, self->socket, &error);
  g_assert_no_error (error);
}

static GateServer *
make_server (void)
{
  static const LoftGateDelegate delegate = {
    .accept = accept_cb,
    .choose = choose_cb,
    .get_mark = get_mark_cb,
    .refresh = refresh_cb,
    .answered = answered_cb,
  };
  LoftGateSettings settings = LOFT_GATE_SETTINGS_DEFAULT;
  g_autoptr (GError) error = NULL;
  GateServer *self = g_new0 (GateServer, 1);

  self->requests = g_ptr_array_new_with_free_func (request_free);
  self->soup = g_object_new (SOUP_TYPE_SERVER, "raw-paths", TRUE, NULL);
  soup_server_add_early_handler (self->soup, NULL, early_cb, self, NULL);
  soup_server_add_early_handler (self->soup, "*", early_cb, self, NULL);
  soup_server_add_handler (self->soup, NULL, request_cb, self, NULL);
  soup_server_add_handler (self->soup, "*", request_cb, self, NULL);

  /* Without a listener it would close each connection after one answer. */
  soup_server_listen_local (self->soup, 0, 0, &error);
  g_assert_no_error (error);

  settings.head = gate_server_limits;
  self->gate = loft_gate_new (&settings, &delegate, self, &error);
  g_assert_no_error (error);
  loft_gate_set_figures (self->gate, &self->figures);
  listen (self);

  return self;
}

/* The only one, made at first. */
GateServer *
gate_server_get (void)
{
  static GateServer *server = NULL;

  if (server == NULL)
    server = make_server ();

  return server;
}

/* A client's end of a new connection, which does not block. */
GSocket *
gate_server_connect (GateServer *self)
{
  g_autoptr (GSocketAddress) address = make_address ();
  g_autoptr (GError) error = NULL;
  GSocket *socket = make_socket ();

  g_socket_connect (socket, address, NULL, &error);
  g_assert_no_error (error);

  return socket;
}

/* Forgets what it was asked, and what it has answered. */
void
gate_server_reset (GateServer *self)
{
  g_ptr_array_set_size (self->requests, 0);
  loft_gate_forget_all (self->gate);
}

/* Whether no connection is left. */
gboolean
gate_server_is_empty (GateServer *self)
{
  return loft_figure_get (&self->figures.parked) == 0 &&
         loft_figure_get (&self->figures.served) == 0 &&
         loft_figure_get (&self->figures.draining) == 0;
}
