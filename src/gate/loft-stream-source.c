/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-connection.h"

/* A source that is ready when its connection can go on. */
typedef struct
{
  GSource parent_instance;

  GObject *pollable;          /* owned */
  LoftConnection *connection; /* owned, nullable */
  gboolean reads;
} StreamSource;

static gboolean
is_ready (GSource *source)
{
  StreamSource *self = (StreamSource *) source;
  LoftConnection *connection = self->connection;

  if (connection == NULL || connection->stream == NULL)
    return TRUE;

  return self->reads ? loft_connection_can_read (connection)
                     : loft_connection_can_write (connection);
}

static gboolean
source_prepare (GSource *source, int *out_timeout)
{
  *out_timeout = -1;

  return is_ready (source);
}

static gboolean
source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  GPollableSourceFunc func = (GPollableSourceFunc) (void *) callback;

  return func (((StreamSource *) source)->pollable, user_data);
}

static void
source_finalize (GSource *source)
{
  StreamSource *self = (StreamSource *) source;

  if (self->connection != NULL && !self->reads)
    self->connection->n_writers--;
  else if (self->connection != NULL && self->connection->source == source)
    self->connection->source = NULL;
  g_clear_pointer (&self->connection, loft_connection_unref);
  g_clear_object (&self->pollable);
}

/* libsoup's sources are children of its own, which are given no callback. */
static gboolean
ready_cb (GObject *pollable, gpointer user_data)
{
  return TRUE;
}

/**
 * loft_stream_source_new:
 * @pollable: the stream that is polled
 * @connection: (nullable): its connection; without one it is always ready
 * @reads: whether it is to be read from, or written to
 * @cancellable: (nullable): makes it ready too
 *
 * Makes a source that is ready when a connection can go on. It has no
 * descriptor: the gate knows.
 *
 * Returns: (transfer full): the source
 */
GSource *
loft_stream_source_new (GObject *pollable,
                        LoftConnection *connection,
                        gboolean reads,
                        GCancellable *cancellable)
{
  static GSourceFuncs funcs = {
    source_prepare,
    is_ready,
    source_dispatch,
    source_finalize,
    (GSourceFunc) (void *) ready_cb,
    NULL,
  };
  GSource *source = g_source_new (&funcs, sizeof (StreamSource));
  StreamSource *self = (StreamSource *) source;

  self->pollable = g_object_ref (pollable);
  self->reads = reads;
  if (connection != NULL)
    self->connection = loft_connection_ref (connection);
  if (connection != NULL && reads)
    connection->source = source;
  else if (connection != NULL)
    connection->n_writers++;

  if (cancellable != NULL)
    {
      g_autoptr (GSource) child = g_cancellable_source_new (cancellable);

      g_source_set_dummy_callback (child);
      g_source_add_child_source (source, child);
    }

  return source;
}
