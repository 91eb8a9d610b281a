/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-request-private.h"

#include "gate/loft-request-id.h"
#include "http/loft-access-log.h"
#include "http/loft-front.h"
#include "http/loft-http-figures.h"
#include "http/loft-torn.h"

#include <string.h>

G_DEFINE_FINAL_TYPE (LoftRequest, loft_request, G_TYPE_OBJECT)

/* Under which a message keeps its request. */
static GQuark
request_quark (void)
{
  static GQuark quark = 0;

  if (quark == 0)
    quark = g_quark_from_static_string ("loft-request");

  return quark;
}

static void
loft_request_finalize (GObject *object)
{
  LoftRequest *self = LOFT_REQUEST (object);

  g_clear_object (&self->message);
  g_clear_object (&self->stream);
  g_clear_object (&self->peer);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->id, g_free);
  g_clear_pointer (&self->hot_tag, g_free);
  g_clear_pointer (&self->subject, g_ref_string_release);
  g_clear_pointer (&self->segments, g_strfreev);
  g_clear_pointer (&self->query, g_hash_table_unref);
  g_clear_pointer (&self->view, g_free);
  g_clear_pointer (&self->view_prefix, g_free);
  g_clear_error (&self->error);
  if (self->free_data != NULL)
    self->free_data (self->data);
  loft_http_shared_unref (self->shared);

  G_OBJECT_CLASS (loft_request_parent_class)->finalize (object);
}

static void
loft_request_class_init (LoftRequestClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = loft_request_finalize;
}

static void
loft_request_init (LoftRequest *self)
{
}

/* A client's own id is taken over where it is harmless, so that a proxy and we
 * speak of a request by the same name. */
static char *
make_id (const char *proposed)
{
  LoftSpan span = { proposed, proposed != NULL ? strlen (proposed) : 0 };

  if (loft_request_id_is_good (span))
    return g_strdup (proposed);

  char *id = g_malloc (LOFT_REQUEST_ID_LENGTH + 1);
  loft_request_id_make (id);

  return id;
}

static GInetAddress *
find_peer (LoftRequest *self)
{
  return loft_http_shared_find_peer (
    self->shared,
    soup_server_message_get_remote_address (self->message),
    loft_request_get_header (self, "Forwarded"),
    loft_request_get_header (self, "X-Forwarded-For"));
}

/**
 * loft_request_new:
 * @shared: what requests share
 * @message: a message whose head has arrived
 *
 * Makes the request of a message, which owns it until it ends.
 *
 * Returns: (transfer none): the request
 */
LoftRequest *
loft_request_new (LoftHttpShared *shared, SoupServerMessage *message)
{
  g_return_val_if_fail (shared != NULL, NULL);
  g_return_val_if_fail (SOUP_IS_SERVER_MESSAGE (message), NULL);

  LoftRequest *self = g_object_new (LOFT_TYPE_REQUEST, NULL);
  self->shared = g_atomic_rc_box_acquire (shared);
  self->message = g_object_ref (message);
  self->started = g_get_monotonic_time ();
  self->id = make_id (loft_request_get_header (self, "X-Request-Id"));
  g_set_object (&self->stream, loft_front_find_stream (message));
  self->peer = find_peer (self);
  loft_http_shared_get_mark (shared, &self->mark);
  self->cancellable = g_cancellable_new ();
  g_queue_push_tail (&shared->requests, self);
  loft_counter_add (&shared->figures->http.running, 1);
  g_object_set_qdata_full (G_OBJECT (message),
                           request_quark (),
                           self,
                           g_object_unref);

  return self;
}

/**
 * loft_request_get:
 * @message: a message
 *
 * Finds the request of a message.
 *
 * Returns: (transfer none) (nullable): the request, or %NULL if it has none or
 *   it has ended
 */
LoftRequest *
loft_request_get (SoupServerMessage *message)
{
  return g_object_get_qdata (G_OBJECT (message), request_quark ());
}

/**
 * loft_request_is_alive:
 * @self: a request
 *
 * Tells whether there is anybody to answer.
 *
 * Returns: %FALSE once loft_request_end() was called
 */
gboolean
loft_request_is_alive (LoftRequest *self)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (self), FALSE);

  return self->message != NULL;
}

static void
count (LoftRequest *self, gboolean aborted, gint64 duration)
{
  LoftHttpFigures *figures = &self->shared->figures->http;
  const char *method = soup_server_message_get_method (self->message);

  loft_http_figures_count (figures,
                           self->row,
                           loft_http_method_find (method, strlen (method)),
                           self->status,
                           self->sent,
                           duration);
  if (aborted)
    loft_counter_add (&figures->aborted, 1);
  else if (self->is_download)
    loft_http_shared_count_download (self->shared, self->subject);
  loft_counter_add (&figures->running, -1);
}

static void
log_access (LoftRequest *self, gboolean aborted, gint64 duration)
{
  GUri *uri = soup_server_message_get_uri (self->message);
  const char *query = uri != NULL ? g_uri_get_query (uri) : NULL;
  g_autofree char *target = uri != NULL
                              ? g_strconcat (g_uri_get_path (uri),
                                             query != NULL ? "?" : NULL,
                                             query,
                                             NULL)
                              : NULL;
  const LoftAccess access = {
    .request_id = self->id,
    .method = soup_server_message_get_method (self->message),
    .target = target,
    .peer = self->peer,
    .status = self->status,
    .bytes = self->sent,
    .duration = duration,
    .aborted = aborted,
  };

  loft_access_log (&access);
}

/**
 * loft_request_end:
 * @self: a request
 * @aborted: whether the client left before it had the answer
 *
 * Ends a request, once: it is counted and logged, and work on its behalf is
 * cancelled.
 */
void
loft_request_end (LoftRequest *self, gboolean aborted)
{
  g_return_if_fail (LOFT_IS_REQUEST (self));

  if (self->message == NULL)
    return;

  gint64 duration = g_get_monotonic_time () - self->started;
  count (self, aborted, duration);
  if (self->shared->settings.access_log)
    log_access (self, aborted, duration);

  loft_torn_report (self);
  loft_gate_stream_set_hangup (self->stream, NULL, NULL);

  /* The message's reference goes last, since it may be the last. */
  g_autoptr (SoupServerMessage) message = g_steal_pointer (&self->message);
  g_queue_remove (&self->shared->requests, self);
  g_cancellable_cancel (self->cancellable);
  if (g_queue_is_empty (&self->shared->requests) && self->shared->idle != NULL)
    self->shared->idle (self->shared->idle_data);
  g_object_set_qdata (G_OBJECT (message), request_quark (), NULL);
}

/**
 * loft_request_get_shared:
 * @self: a request
 *
 * Returns: (transfer none): what it shares with others
 */
LoftHttpShared *
loft_request_get_shared (LoftRequest *self)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (self), NULL);

  return self->shared;
}

/**
 * loft_request_get_registry:
 * @self: a request
 *
 * Returns: (transfer none): the registry
 */
LoftRegistry *
loft_request_get_registry (LoftRequest *self)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (self), NULL);

  return self->shared->registry;
}

/**
 * loft_request_get_cancellable:
 * @self: a request
 *
 * Returns: (transfer none): what is cancelled when the request ends
 */
GCancellable *
loft_request_get_cancellable (LoftRequest *self)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (self), NULL);

  return self->cancellable;
}

/**
 * loft_request_get_message:
 * @self: a request
 *
 * Returns: (transfer none) (nullable): its message, or %NULL if it has ended
 */
SoupServerMessage *
loft_request_get_message (LoftRequest *self)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (self), NULL);

  return self->message;
}

/**
 * loft_request_get_id:
 * @self: a request
 *
 * Returns: (transfer none): its id
 */
const char *
loft_request_get_id (LoftRequest *self)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (self), NULL);

  return self->id;
}

/**
 * loft_request_get_response_headers:
 * @self: a living request
 *
 * Returns: (transfer none): headers of the answer
 */
SoupMessageHeaders *
loft_request_get_response_headers (LoftRequest *self)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (self), NULL);
  g_return_val_if_fail (self->message != NULL, NULL);

  return soup_server_message_get_response_headers (self->message);
}

/**
 * loft_request_get_peer:
 * @self: a request
 *
 * Returns: (transfer none): where it came from, as far as its proxies are
 *   believed
 */
GInetAddress *
loft_request_get_peer (LoftRequest *self)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (self), NULL);

  return self->peer;
}

/**
 * loft_request_get_stream:
 * @self: a request
 *
 * Returns: (transfer none): the gate's stream by which it came
 */
LoftGateStream *
loft_request_get_stream (LoftRequest *self)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (self), NULL);

  return self->stream;
}

/**
 * loft_request_get_mark:
 * @self: a request
 *
 * Returns: (transfer none): how far the registry's changes had come when the
 *   request came
 */
const LoftHotMark *
loft_request_get_mark (LoftRequest *self)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (self), NULL);

  return &self->mark;
}

/**
 * loft_request_set_row:
 * @self: a request
 * @row: which row of the routing tables serves it
 *
 * Notes as what the request is to be counted.
 */
void
loft_request_set_row (LoftRequest *self, guint row)
{
  g_return_if_fail (LOFT_IS_REQUEST (self));

  self->row = row;
}

/**
 * loft_request_set_error:
 * @self: a request
 * @error: (transfer full): why it is refused
 *
 * Remembers why a request will be refused once it is whole.
 */
void
loft_request_set_error (LoftRequest *self, GError *error)
{
  g_return_if_fail (LOFT_IS_REQUEST (self));
  g_return_if_fail (error != NULL && self->error == NULL);

  self->error = error;
}

/**
 * loft_request_get_error:
 * @self: a request
 *
 * Returns: (transfer none) (nullable): why it is refused
 */
const GError *
loft_request_get_error (LoftRequest *self)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (self), NULL);

  return self->error;
}

/**
 * loft_request_set_data:
 * @self: a request
 * @data: (transfer full): what its endpoint has to remember
 * @free: frees @data
 *
 * Keeps data of the endpoint as long as the request itself.
 */
void
loft_request_set_data (LoftRequest *self, gpointer data, GDestroyNotify free)
{
  g_return_if_fail (LOFT_IS_REQUEST (self));
  g_return_if_fail (self->data == NULL);

  self->data = data;
  self->free_data = free;
}

/**
 * loft_request_get_data:
 * @self: a request
 *
 * Returns: (transfer none) (nullable): what loft_request_set_data() was given
 */
gpointer
loft_request_get_data (LoftRequest *self)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (self), NULL);

  return self->data;
}

/**
 * loft_request_answered:
 * @self: a living request
 * @status: the answer's status
 *
 * Notes what was answered.
 */
void
loft_request_answered (LoftRequest *self, SoupStatus status)
{
  g_return_if_fail (LOFT_IS_REQUEST (self));

  self->status = status;
}

/**
 * loft_request_add_sent:
 * @self: a request
 * @bytes: bytes of the answer's body that went out
 *
 * Counts what was sent.
 */
void
loft_request_add_sent (LoftRequest *self, gsize bytes)
{
  g_return_if_fail (LOFT_IS_REQUEST (self));

  self->sent += (goffset) bytes;
}

/**
 * loft_request_get_sent:
 * @self: a request
 *
 * Returns: bytes of the answer's body that went out
 */
goffset
loft_request_get_sent (LoftRequest *self)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (self), 0);

  return self->sent;
}

/**
 * loft_request_get_status:
 * @self: a request
 *
 * Returns: the answer's status, or 0 before it was answered
 */
SoupStatus
loft_request_get_status (LoftRequest *self)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (self), SOUP_STATUS_NONE);

  return self->status;
}
