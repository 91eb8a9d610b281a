/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-gate-stream.h"

#include <sys/socket.h>

#include "gate/loft-connection.h"

/**
 * LoftGateStream:
 *
 * What the HTTP server sees of a connection. It does not block, and belongs to
 * the thread of its gate; the HTTP server polls it by sources that have no
 * descriptor, since the gate knows what the socket can do.
 *
 * It is left without a connection when it is closed, or when the gate has taken
 * the connection back; then it is at its end.
 */
struct _LoftGateStream
{
  GIOStream parent_instance;

  LoftConnection *connection; /* owned, NULL once it was taken back */
  GInputStream *input;        /* owned */
  GOutputStream *output;      /* owned */
  LoftGateHangupFunc hangup;  /* nullable */
  gpointer hangup_data;
  gboolean released;
};

G_DEFINE_FINAL_TYPE (LoftGateStream, loft_gate_stream, G_TYPE_IO_STREAM)

#define LOFT_TYPE_GATE_INPUT (loft_gate_input_get_type ())
G_DECLARE_FINAL_TYPE (LoftGateInput,
                      loft_gate_input,
                      LOFT,
                      GATE_INPUT,
                      GInputStream)

#define LOFT_TYPE_GATE_OUTPUT (loft_gate_output_get_type ())
G_DECLARE_FINAL_TYPE (LoftGateOutput,
                      loft_gate_output,
                      LOFT,
                      GATE_OUTPUT,
                      GOutputStream)

struct _LoftGateInput
{
  GInputStream parent_instance;

  LoftGateStream *stream; /* not owned, NULL once it is gone */
};

struct _LoftGateOutput
{
  GOutputStream parent_instance;

  LoftGateStream *stream; /* not owned, NULL once it is gone */
};

static void input_iface_init (GPollableInputStreamInterface *iface);
static void output_iface_init (GPollableOutputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (
  LoftGateInput,
  loft_gate_input,
  G_TYPE_INPUT_STREAM,
  G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM, input_iface_init))

G_DEFINE_FINAL_TYPE_WITH_CODE (
  LoftGateOutput,
  loft_gate_output,
  G_TYPE_OUTPUT_STREAM,
  G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM, output_iface_init))

static LoftConnection *
get_connection (LoftGateStream *stream)
{
  return stream != NULL ? stream->connection : NULL;
}

static gssize
input_read_nonblocking (GPollableInputStream *pollable,
                        void *buffer,
                        gsize count,
                        GError **error)
{
  LoftConnection *connection =
    get_connection (LOFT_GATE_INPUT (pollable)->stream);

  if (connection == NULL)
    return 0;

  return loft_connection_read (connection, buffer, count, error);
}

static gboolean
input_is_readable (GPollableInputStream *pollable)
{
  LoftConnection *connection =
    get_connection (LOFT_GATE_INPUT (pollable)->stream);

  return connection == NULL || loft_connection_can_read (connection);
}

static GSource *
input_create_source (GPollableInputStream *pollable, GCancellable *cancellable)
{
  LoftGateStream *stream = LOFT_GATE_INPUT (pollable)->stream;
  LoftConnection *connection = get_connection (stream);

  if (connection != NULL)
    loft_connection_await_input (connection);

  return loft_stream_source_new (G_OBJECT (pollable),
                                 connection,
                                 TRUE,
                                 cancellable);
}

static void
input_iface_init (GPollableInputStreamInterface *iface)
{
  iface->is_readable = input_is_readable;
  iface->create_source = input_create_source;
  iface->read_nonblocking = input_read_nonblocking;
}

/* The HTTP server polls; whoever else reads gets what there is. */
static gssize
input_read (GInputStream *stream,
            void *buffer,
            gsize count,
            GCancellable *cancellable,
            GError **error)
{
  return input_read_nonblocking (G_POLLABLE_INPUT_STREAM (stream),
                                 buffer,
                                 count,
                                 error);
}

static gboolean
input_close (GInputStream *stream, GCancellable *cancellable, GError **error)
{
  return TRUE;
}

static void
loft_gate_input_class_init (LoftGateInputClass *klass)
{
  G_INPUT_STREAM_CLASS (klass)->read_fn = input_read;
  G_INPUT_STREAM_CLASS (klass)->close_fn = input_close;
}

static void
loft_gate_input_init (LoftGateInput *self)
{
}

static gssize
output_write_nonblocking (GPollableOutputStream *pollable,
                          const void *data,
                          gsize count,
                          GError **error)
{
  LoftConnection *connection =
    get_connection (LOFT_GATE_OUTPUT (pollable)->stream);

  if (connection == NULL)
    {
      g_set_error_literal (error,
                           G_IO_ERROR,
                           G_IO_ERROR_BROKEN_PIPE,
                           "The connection is gone");
      return -1;
    }

  return loft_connection_write (connection, data, count, error);
}

static gboolean
output_is_writable (GPollableOutputStream *pollable)
{
  LoftConnection *connection =
    get_connection (LOFT_GATE_OUTPUT (pollable)->stream);

  return connection == NULL || loft_connection_can_write (connection);
}

static GSource *
output_create_source (GPollableOutputStream *pollable,
                      GCancellable *cancellable)
{
  return loft_stream_source_new (
    G_OBJECT (pollable),
    get_connection (LOFT_GATE_OUTPUT (pollable)->stream),
    FALSE,
    cancellable);
}

static void
output_iface_init (GPollableOutputStreamInterface *iface)
{
  iface->is_writable = output_is_writable;
  iface->create_source = output_create_source;
  iface->write_nonblocking = output_write_nonblocking;
}

/* libsoup writes like that only the end of an answer in chunks, from another
 * thread; there are no such answers here. */
static gssize
output_write (GOutputStream *stream,
              const void *data,
              gsize count,
              GCancellable *cancellable,
              GError **error)
{
  g_set_error_literal (error,
                       G_IO_ERROR,
                       G_IO_ERROR_NOT_SUPPORTED,
                       "This stream is written to without blocking only");

  return -1;
}

static gboolean
output_close (GOutputStream *stream, GCancellable *cancellable, GError **error)
{
  return TRUE;
}

static void
loft_gate_output_class_init (LoftGateOutputClass *klass)
{
  G_OUTPUT_STREAM_CLASS (klass)->write_fn = output_write;
  G_OUTPUT_STREAM_CLASS (klass)->close_fn = output_close;
}

static void
loft_gate_output_init (LoftGateOutput *self)
{
}

static GInputStream *
get_input_stream (GIOStream *stream)
{
  return LOFT_GATE_STREAM (stream)->input;
}

static GOutputStream *
get_output_stream (GIOStream *stream)
{
  return LOFT_GATE_STREAM (stream)->output;
}

static void
detach (LoftGateStream *self)
{
  g_autoptr (LoftConnection) connection = g_steal_pointer (&self->connection);

  self->hangup = NULL;
  if (connection != NULL)
    loft_connection_detach (connection);
}

static gboolean
close_stream (GIOStream *stream, GCancellable *cancellable, GError **error)
{
  detach (LOFT_GATE_STREAM (stream));

  return TRUE;
}

static void
loft_gate_stream_finalize (GObject *object)
{
  LoftGateStream *self = LOFT_GATE_STREAM (object);

  detach (self);
  LOFT_GATE_INPUT (self->input)->stream = NULL;
  LOFT_GATE_OUTPUT (self->output)->stream = NULL;
  g_object_unref (self->input);
  g_object_unref (self->output);

  G_OBJECT_CLASS (loft_gate_stream_parent_class)->finalize (object);
}

static void
loft_gate_stream_class_init (LoftGateStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = loft_gate_stream_finalize;
  G_IO_STREAM_CLASS (klass)->get_input_stream = get_input_stream;
  G_IO_STREAM_CLASS (klass)->get_output_stream = get_output_stream;
  G_IO_STREAM_CLASS (klass)->close_fn = close_stream;
}

static void
loft_gate_stream_init (LoftGateStream *self)
{
  self->input = g_object_new (LOFT_TYPE_GATE_INPUT, NULL);
  LOFT_GATE_INPUT (self->input)->stream = self;
  self->output = g_object_new (LOFT_TYPE_GATE_OUTPUT, NULL);
  LOFT_GATE_OUTPUT (self->output)->stream = self;
}

/**
 * loft_gate_stream_new:
 * @connection: a connection
 *
 * Makes a stream for the HTTP server.
 *
 * Returns: (transfer full): the stream
 */
LoftGateStream *
loft_gate_stream_new (LoftConnection *connection)
{
  LoftGateStream *self = g_object_new (LOFT_TYPE_GATE_STREAM, NULL);

  self->connection = loft_connection_ref (connection);

  return self;
}

/**
 * loft_gate_stream_hang_up:
 * @self: a stream
 *
 * Tells who waits on it that the client has closed its side.
 */
void
loft_gate_stream_hang_up (LoftGateStream *self)
{
  LoftGateHangupFunc func = g_steal_pointer (&self->hangup);

  if (func != NULL)
    func (self, self->hangup_data);
}

/**
 * loft_gate_stream_set_hangup:
 * @self: a stream
 * @func: (nullable): called once
 * @user_data: for @func
 *
 * Says what to call when the client closes its side, or if it has done so,
 * while a request waits for something; the HTTP server would not notice.
 */
void
loft_gate_stream_set_hangup (LoftGateStream *self,
                             LoftGateHangupFunc func,
                             gpointer user_data)
{
  g_return_if_fail (LOFT_IS_GATE_STREAM (self));

  self->hangup = func;
  self->hangup_data = user_data;
  if (func != NULL && self->connection != NULL && self->connection->hung_up &&
      self->connection->state == LOFT_CONNECTION_SERVED)
    loft_connection_mark_handed (self->connection);
}

/**
 * loft_gate_stream_is_released:
 * @self: a stream
 *
 * Tells whether the HTTP server is made to let go of the stream. What it then
 * takes for a bad request is none.
 *
 * Returns: whether it is
 */
gboolean
loft_gate_stream_is_released (LoftGateStream *self)
{
  g_return_val_if_fail (LOFT_IS_GATE_STREAM (self), FALSE);

  return self->connection == NULL ||
         self->connection->release != LOFT_RELEASE_NONE;
}

/**
 * loft_gate_stream_conclude:
 * @self: a stream that the HTTP server was made to give up
 * @answer: an answer, head and body, after which the connection ends
 *
 * Answers a request of which the body was not read, and ends the connection: it
 * is closed when the client has had the chance to read the answer.
 */
void
loft_gate_stream_conclude (LoftGateStream *self, GBytes *answer)
{
  g_return_if_fail (LOFT_IS_GATE_STREAM (self));
  g_return_if_fail (answer != NULL);

  g_autoptr (LoftConnection) connection = g_steal_pointer (&self->connection);
  if (connection == NULL || connection->state != LOFT_CONNECTION_SERVED)
    return;

  guint64 rest = connection->grant + connection->withheld;
  gsize size = 0;
  const char *data = g_bytes_get_data (answer, &size);

  self->hangup = NULL;
  connection->stream = NULL;
  connection->source = NULL;
  if (connection->failed)
    {
      loft_connection_close (connection);
      return;
    }
  loft_connection_append (connection, data, size);
  loft_connection_finish (connection, rest, connection->expecting);
}

/**
 * loft_gate_stream_set_fragile:
 * @self: a stream
 *
 * Says that the body of the answer that is about to be written may be the
 * mapping of a file that somebody cuts short.
 */
void
loft_gate_stream_set_fragile (LoftGateStream *self)
{
  g_return_if_fail (LOFT_IS_GATE_STREAM (self));

  if (self->connection != NULL)
    self->connection->fragile = TRUE;
}

/**
 * loft_gate_stream_is_torn:
 * @self: a stream
 *
 * Returns: whether the connection ended since that has happened
 */
gboolean
loft_gate_stream_is_torn (LoftGateStream *self)
{
  g_return_val_if_fail (LOFT_IS_GATE_STREAM (self), FALSE);

  return self->connection != NULL && self->connection->torn;
}

/**
 * loft_gate_stream_break:
 * @self: a stream
 *
 * Ends the connection, because the rest of the answer can't be had: the client
 * sees that it is not whole. What the HTTP server writes then goes nowhere.
 */
void
loft_gate_stream_break (LoftGateStream *self)
{
  g_return_if_fail (LOFT_IS_GATE_STREAM (self));

  if (self->connection == NULL ||
      self->connection->state != LOFT_CONNECTION_SERVED)
    return;

  shutdown (self->connection->fd, SHUT_RDWR);
  loft_connection_fail (self->connection);
}

/**
 * loft_gate_stream_wants_hot:
 * @self: a stream
 *
 * Tells whether the answer to the request that is served could be a hot one the
 * next time.
 *
 * Returns: whether loft_gate_stream_capture() makes sense
 */
gboolean
loft_gate_stream_wants_hot (LoftGateStream *self)
{
  g_return_val_if_fail (LOFT_IS_GATE_STREAM (self), FALSE);

  return self->connection != NULL && self->connection->representation >= 0;
}

/**
 * loft_gate_stream_capture:
 * @self: a stream
 * @response: (transfer full): what is about to be answered
 * @mark: how far the changes had come before anything was looked up for it
 *
 * Makes an answer a hot one: its head is taken from what is written next. It is
 * forgotten if something has changed since @mark.
 */
void
loft_gate_stream_capture (LoftGateStream *self,
                          LoftHotResponse *response,
                          const LoftHotMark *mark)
{
  g_return_if_fail (LOFT_IS_GATE_STREAM (self));
  g_return_if_fail (response != NULL && mark != NULL);

  g_autoptr (LoftHotResponse) owned = response;
  LoftConnection *connection = self->connection;
  if (!loft_gate_stream_wants_hot (self) || connection->capture != NULL ||
      (owned->representations &
       (G_GUINT64_CONSTANT (1) << connection->representation)) == 0)
    return;

  connection->capture = g_new0 (LoftCapture, 1);
  connection->capture->response = g_steal_pointer (&owned);
  connection->capture->mark = *mark;
}
