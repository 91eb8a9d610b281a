/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-s3-exchange.h"

#define PIECE_SIZE (64 * 1024)
#define FLOW_PIECE_SIZE (256 * 1024)

/* Who asks waits in a thread of its own; what it waits for happens in the
 * client's thread. It is told as soon as there is an answer, or as nothing has
 * moved for too long: what libsoup still has to do then, it does for nobody.
 * So whatever an engine does, nobody waits longer than he wanted to. */
struct _LoftS3Exchange
{
  int ref_count; /* atomic */

  SoupMessage *message; /* owned */
  LoftS3Body *body;     /* not owned, nullable: there until it is done */
  gsize limit;
  gint64 patience;
  int *n_running; /* of the client */

  GCancellable *cancellable; /* owned */
  GSource *timer;            /* owned, nullable */
  GInputStream *stream;      /* owned, nullable */
  GByteArray *content;       /* owned */
  gpointer piece;            /* owned */
  LoftS3Flow *flow;          /* owned, nullable: where the body goes to */
  GSource *alarm;            /* owned, nullable: the flow's */
  gboolean stalled;          /* nobody takes what has come */

  GMutex lock; /* guards what follows */
  GCond changed;
  gboolean done;
  gboolean sent;
  LoftS3Answer *answer; /* owned, nullable */
  GError *error;        /* owned, nullable */
};

/**
 * loft_s3_answer_free:
 * @self: (transfer full): an answer
 *
 * Frees @self.
 */
void
loft_s3_answer_free (LoftS3Answer *self)
{
  g_return_if_fail (self != NULL);

  soup_message_headers_unref (self->headers);
  g_bytes_unref (self->body);
  g_clear_pointer (&self->flow, loft_s3_flow_leave);
  g_free (self);
}

/**
 * loft_s3_exchange_unref:
 * @self: (transfer full): an exchange
 *
 * Gives up a reference.
 */
void
loft_s3_exchange_unref (LoftS3Exchange *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  g_clear_object (&self->message);
  g_object_unref (self->cancellable);
  g_clear_object (&self->stream);
  g_byte_array_unref (self->content);
  g_free (self->piece);
  g_clear_pointer (&self->flow, loft_s3_flow_unref);
  g_clear_pointer (&self->answer, loft_s3_answer_free);
  g_clear_error (&self->error);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
}

/**
 * loft_s3_exchange_ref:
 * @self: an exchange
 *
 * Returns: (transfer full): another reference
 */
LoftS3Exchange *
loft_s3_exchange_ref (LoftS3Exchange *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_int_inc (&self->ref_count);

  return self;
}

/* Takes what there is, if nobody was told of an end before. */
static void
finish (LoftS3Exchange *self, LoftS3Answer *answer, GError *error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->done)
    {
      g_clear_pointer (&answer, loft_s3_answer_free);
      g_clear_error (&error);
      return;
    }

  self->answer = answer;
  self->error = error;
  self->done = TRUE;
  g_cond_signal (&self->changed);
}

/* The last thing that happens in the client's thread. */
static void
end (LoftS3Exchange *self)
{
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
  if (self->alarm != NULL)
    g_source_destroy (self->alarm);
  g_clear_pointer (&self->alarm, g_source_unref);
  g_signal_handlers_disconnect_by_data (self->message, self);
  /* What belongs to the session may be let go in this thread only. */
  g_clear_object (&self->stream);
  g_clear_object (&self->message);
  g_atomic_int_dec_and_test (self->n_running);
  loft_s3_exchange_unref (self);
}

static void
fail (LoftS3Exchange *self, GError *error)
{
  if (self->alarm != NULL)
    loft_s3_flow_end (self->flow, g_error_copy (error));
  finish (self, NULL, error);
  end (self);
}

static gboolean
timeout_cb (gpointer user_data)
{
  LoftS3Exchange *self = user_data;
  g_autoptr (GError) error =
    g_error_new (G_IO_ERROR,
                 G_IO_ERROR_TIMED_OUT,
                 "nothing happened for %.1f s",
                 (double) self->patience / G_USEC_PER_SEC);

  if (self->alarm != NULL)
    loft_s3_flow_end (self->flow, g_error_copy (error));
  finish (self, NULL, g_steal_pointer (&error));
  g_cancellable_cancel (self->cancellable);

  return G_SOURCE_REMOVE;
}

/* Something has moved, so it may take as long again. */
static void
touch (LoftS3Exchange *self)
{
  if (self->timer != NULL)
    g_source_set_ready_time (self->timer,
                             g_get_monotonic_time () + self->patience);
}

static void
wrote_headers_cb (SoupMessage *message, gpointer user_data)
{
  LoftS3Exchange *self = user_data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->sent = TRUE;
}

/* libsoup sends a request again by itself if a connection that it had kept
 * turns out to be closed. It has let go of the body then, and without one it
 * would store nothing, with success. Who waits has the body as long as it
 * waits. */
static void
restarted_cb (SoupMessage *message, gpointer user_data)
{
  LoftS3Exchange *self = user_data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->body == NULL)
    return;

  g_autoptr (GInputStream) stream =
    self->done ? NULL : loft_s3_body_open (self->body, NULL);
  if (stream == NULL)
    g_cancellable_cancel (self->cancellable);
  else
    soup_message_set_request_body (message, NULL, stream, self->body->size);
}

static void
wrote_body_data_cb (SoupMessage *message, guint size, gpointer user_data)
{
  touch (user_data);
}

static LoftS3Answer *
make_answer (LoftS3Exchange *self)
{
  LoftS3Answer *answer = g_new0 (LoftS3Answer, 1);

  answer->status = soup_message_get_status (self->message);
  answer->headers = soup_message_headers_ref (
    soup_message_get_response_headers (self->message));
  answer->body = g_byte_array_free_to_bytes (g_steal_pointer (&self->content));
  self->content = g_byte_array_new ();

  return answer;
}

static void
succeed (LoftS3Exchange *self)
{
  if (self->alarm != NULL)
    loft_s3_flow_end (self->flow, NULL);
  else
    finish (self, make_answer (self), NULL);
  end (self);
}

static void read_more (LoftS3Exchange *self);

static gboolean
take_flowing (LoftS3Exchange *self, gsize n)
{
  /* What is small is not worth the room of what is large. */
  gpointer piece = g_steal_pointer (&self->piece);
  g_autoptr (GBytes) chunk =
    g_bytes_new_take (n < FLOW_PIECE_SIZE / 2 ? g_realloc (piece, n) : piece,
                      n);

  self->stalled = !loft_s3_flow_push (self->flow, chunk);
  if (self->stalled)
    g_source_set_ready_time (self->timer, -1);

  return !self->stalled;
}

static void
read_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  LoftS3Exchange *self = user_data;
  g_autoptr (GError) error = NULL;
  gssize n =
    g_input_stream_read_finish (G_INPUT_STREAM (source_object), result, &error);

  if (n == -1)
    {
      fail (self, g_steal_pointer (&error));
      return;
    }
  if (n == 0)
    {
      succeed (self);
      return;
    }
  if (self->alarm != NULL)
    {
      if (take_flowing (self, (gsize) n))
        read_more (self);
      return;
    }
  if ((gsize) n > self->limit - self->content->len)
    {
      g_cancellable_cancel (self->cancellable);
      fail (self,
            g_error_new (G_IO_ERROR,
                         G_IO_ERROR_INVALID_DATA,
                         "the answer has more than %" G_GSIZE_FORMAT " bytes",
                         self->limit));
      return;
    }

  g_byte_array_append (self->content, self->piece, (guint) n);
  read_more (self);
}

static void
read_more (LoftS3Exchange *self)
{
  gsize size = self->alarm != NULL ? FLOW_PIECE_SIZE : PIECE_SIZE;

  touch (self);
  if (self->piece == NULL)
    self->piece = g_malloc (size);
  g_input_stream_read_async (self->stream,
                             self->piece,
                             size,
                             G_PRIORITY_DEFAULT,
                             self->cancellable,
                             read_cb,
                             self);
}

/* There is room again for what comes, or nobody wants it. */
static gboolean
alarm_cb (gpointer user_data)
{
  LoftS3Exchange *self = user_data;
  gboolean stalled = self->stalled;

  if (loft_s3_flow_is_left (self->flow))
    g_cancellable_cancel (self->cancellable);
  self->stalled = FALSE;
  if (stalled)
    read_more (self);

  return G_SOURCE_CONTINUE;
}

/* Who waits gets the answer now, and its body as it comes. */
static void
begin_flow (LoftS3Exchange *self)
{
  GSource *alarm = loft_s3_flow_begin (self->flow,
                                       alarm_cb,
                                       loft_s3_exchange_ref (self),
                                       (GDestroyNotify) loft_s3_exchange_unref);
  LoftS3Answer *answer = make_answer (self);

  self->alarm = g_source_ref (alarm);
  answer->flow = loft_s3_flow_ref (self->flow);
  finish (self, answer, NULL);
}

static void
send_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  LoftS3Exchange *self = user_data;
  g_autoptr (GError) error = NULL;

  self->stream =
    soup_session_send_finish (SOUP_SESSION (source_object), result, &error);
  if (self->stream == NULL)
    {
      fail (self, g_steal_pointer (&error));
      return;
    }

  if (self->flow != NULL &&
      SOUP_STATUS_IS_SUCCESSFUL (soup_message_get_status (self->message)))
    begin_flow (self);
  read_more (self);
}

/* Everything that the signature covers goes out as it was signed. */
static SoupMessage *
build_message (GUri *uri,
               LoftS3Request *request,
               GInputStream *stream,
               goffset size)
{
  SoupMessage *message = soup_message_new_from_uri (request->method, uri);
  SoupMessageHeaders *headers = soup_message_get_request_headers (message);

  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  soup_message_disable_feature (message, SOUP_TYPE_CONTENT_DECODER);
  soup_message_disable_feature (message, SOUP_TYPE_AUTH_MANAGER);
  if (stream != NULL)
    soup_message_set_request_body (message, NULL, stream, size);
  for (guint i = 0; i < request->headers->len; i++)
    {
      const LoftS3Header *header = g_ptr_array_index (request->headers, i);

      if (!g_str_equal (header->name, "host"))
        soup_message_headers_append (headers, header->name, header->value);
    }

  return message;
}

/**
 * loft_s3_exchange_new:
 * @uri: where the request goes
 * @request: the request, signed
 * @body: (nullable): what it carries
 * @limit: how many bytes the body of the answer may have
 * @patience: how long nothing may move, in µs
 * @error: return location for a #GError
 *
 * Returns: (transfer full): the exchange, or %NULL if @body can't be read
 */
LoftS3Exchange *
loft_s3_exchange_new (GUri *uri,
                      LoftS3Request *request,
                      LoftS3Body *body,
                      gsize limit,
                      gint64 patience,
                      GError **error)
{
  g_return_val_if_fail (uri != NULL && request != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (GInputStream) stream =
    body != NULL ? loft_s3_body_open (body, error) : NULL;
  if (body != NULL && stream == NULL)
    return NULL;

  LoftS3Exchange *self = g_new0 (LoftS3Exchange, 1);

  self->ref_count = 1;
  self->message =
    build_message (uri, request, stream, body != NULL ? body->size : 0);
  self->body = body;
  self->limit = limit;
  self->patience = patience;
  self->cancellable = g_cancellable_new ();
  self->content = g_byte_array_new ();
  if (request->flows)
    self->flow = loft_s3_flow_new ();
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);

  return self;
}

/**
 * loft_s3_exchange_start:
 * @self: an exchange
 * @session: what sends it, in the thread that calls this
 * @n_running: (inout): how many run; lowered when this one is over
 *
 * Sends the request. To be called in the client's thread.
 */
void
loft_s3_exchange_start (LoftS3Exchange *self,
                        SoupSession *session,
                        int *n_running)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (SOUP_IS_SESSION (session));

  loft_s3_exchange_ref (self);
  self->n_running = n_running;
  g_atomic_int_inc (n_running);

  self->timer = g_timeout_source_new (0);
  g_source_set_callback (self->timer, timeout_cb, self, NULL);
  touch (self);
  g_source_attach (self->timer, g_main_context_get_thread_default ());

  g_signal_connect (self->message,
                    "wrote-headers",
                    G_CALLBACK (wrote_headers_cb),
                    self);
  g_signal_connect (self->message,
                    "restarted",
                    G_CALLBACK (restarted_cb),
                    self);
  g_signal_connect (self->message,
                    "wrote-body-data",
                    G_CALLBACK (wrote_body_data_cb),
                    self);
  /* GIO greets a new connection in a thread of the pool that those may fill who
   * wait for it, so this must come before whatever waits for a thread. */
  soup_session_send_async (session,
                           self->message,
                           G_PRIORITY_HIGH,
                           self->cancellable,
                           send_cb,
                           self);
}

static void
cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  LoftS3Exchange *self = user_data;

  finish (self,
          NULL,
          g_error_new_literal (G_IO_ERROR,
                               G_IO_ERROR_CANCELLED,
                               "Nobody wants it any more"));
  g_cancellable_cancel (self->cancellable);
}

/**
 * loft_s3_exchange_wait:
 * @self: an exchange that was or will be started
 * @cancellable: (nullable): a cancellable
 * @out_sent: (out): whether the engine may have got the request
 * @error: return location for a #GError
 *
 * Waits for the answer. May not be called in the client's thread.
 *
 * Returns: (transfer full): the answer, or %NULL with @error set
 */
LoftS3Answer *
loft_s3_exchange_wait (LoftS3Exchange *self,
                       GCancellable *cancellable,
                       gboolean *out_sent,
                       GError **error)
{
  g_return_val_if_fail (self != NULL && out_sent != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  gulong handler = 0;

  if (cancellable != NULL)
    handler = g_cancellable_connect (cancellable,
                                     G_CALLBACK (cancelled_cb),
                                     self,
                                     NULL);

  g_mutex_lock (&self->lock);
  while (!self->done)
    g_cond_wait (&self->changed, &self->lock);
  *out_sent = self->sent;
  LoftS3Answer *answer = g_steal_pointer (&self->answer);
  if (answer == NULL)
    g_propagate_error (error, g_error_copy (self->error));
  g_mutex_unlock (&self->lock);

  if (cancellable != NULL)
    g_cancellable_disconnect (cancellable, handler);

  return answer;
}
