/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-drain.h"

/*
 * Why an early answer is a matter of its own: libsoup answers a request only
 * after the last byte of its body, and after a refusal that was written in
 * place of a 100 it takes a body that comes nevertheless for the next request.
 * So the connection is taken away from it.
 *
 * And why it is not closed at once: a close while bytes are on their way makes
 * the kernel send a reset, which destroys the answer before the client, busy
 * with sending, has come to read it. So what arrives is read and thrown away,
 * up to the length that was declared, within bounds of bytes and time.
 */
#define BYTES_MAX (64 * 1024 * 1024)
#define TOTAL_MAX (30 * G_USEC_PER_SEC)
#define SILENCE_MAX (10 * G_USEC_PER_SEC)

/* Once all is said on both sides, the client only has to close. */
#define FAREWELL_MAX (2 * G_USEC_PER_SEC)

#define READ_SIZE (16 * 1024)

typedef struct
{
  LoftRequest *request; /* owned */
  GIOStream *stream;    /* owned */
  GSource *timer;       /* owned */
  GString *answer;      /* owned */
  goffset length;       /* of the body; -1 if it is anybody's guess */
  goffset drained;
  gboolean expected; /* whether the client waits for leave to send it */
  gint64 started;
  gint64 heard; /* when the last byte came */
  gint64 said;  /* when our side was shut down; 0 before that */
  guint8 buffer[READ_SIZE];
} Drain;

static void read_more (Drain *self);

static void
drain_free (Drain *self)
{
  loft_request_end (self->request, FALSE);
  g_io_stream_close (self->stream, NULL, NULL);

  g_source_destroy (self->timer);
  g_source_unref (self->timer);
  g_string_free (self->answer, TRUE);
  g_object_unref (self->stream);
  g_object_unref (self->request);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Drain, drain_free)

/* What to write was put on the message as if libsoup would do it. */
static GString *
serialise_answer (SoupServerMessage *message)
{
  SoupMessageHeaders *headers =
    soup_server_message_get_response_headers (message);
  SoupMessageBody *body = soup_server_message_get_response_body (message);
  GString *answer = g_string_new (NULL);
  SoupMessageHeadersIter iter;
  const char *name = NULL;
  const char *value = NULL;

  g_string_printf (answer,
                   "HTTP/1.1 %u %s\r\n",
                   soup_server_message_get_status (message),
                   soup_server_message_get_reason_phrase (message));
  soup_message_headers_replace (headers, "Connection", "close");
  soup_message_headers_iter_init (&iter, headers);
  while (soup_message_headers_iter_next (&iter, &name, &value))
    g_string_append_printf (answer, "%s: %s\r\n", name, value);
  g_string_append (answer, "\r\n");

  for (goffset offset = 0; offset < body->length;)
    {
      g_autoptr (GBytes) chunk = soup_message_body_get_chunk (body, offset);
      gsize size = 0;
      const char *data = g_bytes_get_data (chunk, &size);

      g_string_append_len (answer, data, (gssize) size);
      offset += (goffset) size;
    }

  return answer;
}

static void
say_farewell (Drain *self)
{
  GSocket *socket = g_object_get_data (G_OBJECT (self->stream), "GSocket");

  self->said = g_get_monotonic_time ();
  if (socket != NULL)
    g_socket_shutdown (socket, FALSE, TRUE, NULL);
}

static void
read_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Drain) self = user_data;
  gssize n =
    g_input_stream_read_finish (G_INPUT_STREAM (source_object), result, NULL);

  if (n <= 0)
    return;

  self->heard = g_get_monotonic_time ();
  self->drained += n;
  if (self->drained >= BYTES_MAX)
    return;
  if (self->length >= 0 && self->drained >= self->length && self->said == 0)
    say_farewell (self);
  read_more (g_steal_pointer (&self));
}

static void
read_more (Drain *self)
{
  g_input_stream_read_async (g_io_stream_get_input_stream (self->stream),
                             self->buffer,
                             sizeof (self->buffer),
                             G_PRIORITY_DEFAULT,
                             loft_request_get_cancellable (self->request),
                             read_cb,
                             self);
}

static void
write_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Drain) self = user_data;

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (source_object),
                                         result,
                                         NULL,
                                         NULL))
    return;

  loft_request_stop_clock (self->request);
  if (self->expected)
    say_farewell (self);
  read_more (g_steal_pointer (&self));
}

/* The end of the request cancels what it waits for. */
static gboolean
timer_cb (gpointer user_data)
{
  Drain *self = user_data;
  gint64 now = g_get_monotonic_time ();

  if (now - self->started > TOTAL_MAX || now - self->heard > SILENCE_MAX ||
      (self->said != 0 && !self->expected && now - self->said > FAREWELL_MAX))
    loft_request_end (self->request, FALSE);

  return G_SOURCE_CONTINUE;
}

/**
 * loft_drain_start:
 * @request: a request that was answered before its body was read
 * @length: bytes of its body, or -1 if it does not say
 * @expected: whether the client waits for leave to send it
 *
 * Takes the connection away from libsoup, writes the answer, and closes the
 * connection when the client has had the chance to read it. The request ends
 * with that.
 */
void
loft_drain_start (LoftRequest *request, goffset length, gboolean expected)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));
  g_return_if_fail (loft_request_is_alive (request));

  SoupServerMessage *message = loft_request_get_message (request);
  Drain *self = g_new0 (Drain, 1);

  self->request = g_object_ref (request);
  self->answer = serialise_answer (message);
  self->stream = soup_server_message_steal_connection (message);
  self->length = length;
  self->expected = expected;
  self->started = g_get_monotonic_time ();
  self->heard = self->started;
  self->timer = g_timeout_source_new_seconds (1);
  g_source_set_callback (self->timer, timer_cb, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());

  g_output_stream_write_all_async (g_io_stream_get_output_stream (self->stream),
                                   self->answer->str,
                                   self->answer->len,
                                   G_PRIORITY_DEFAULT,
                                   loft_request_get_cancellable (request),
                                   write_cb,
                                   self);
}
