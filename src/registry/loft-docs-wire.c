/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-docs-wire.h"

#include <gio/gunixsocketaddress.h>
#include <string.h>

/* Talking to the program that builds documentation, in a thread that may wait,
 * but not for ever, and that has something else to do now and then. Whoever is
 * at the other end may send anything, or nothing. */

#define MOMENT (G_TIME_SPAN_SECOND / 4)
#define PIECE_SIZE (64 * 1024)

struct _LoftDocsWire
{
  GSocket *socket; /* owned */
  LoftDocsTickFunc tick;
  gpointer tick_data;        /* not owned */
  GCancellable *cancellable; /* owned, nullable */
  gint64 patience;           /* microseconds that may still be waited */
  guint8 *piece;             /* owned */
  gsize begin;               /* what was not taken yet of the piece */
  gsize end;
};

/**
 * loft_docs_wire_new:
 * @path: of a socket in the file system
 * @tick: (scope notified): called while it waits
 * @tick_data: for @tick
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Connects, without waiting for anybody.
 *
 * Returns: (transfer full): a connection, or %NULL with @error set to a
 *   #GIOErrorEnum
 */
LoftDocsWire *
loft_docs_wire_new (const char *path,
                    LoftDocsTickFunc tick,
                    gpointer tick_data,
                    GCancellable *cancellable,
                    GError **error)
{
  g_return_val_if_fail (path != NULL && tick != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);

  if (g_unix_socket_address_get_path_len (G_UNIX_SOCKET_ADDRESS (address)) !=
      strlen (path))
    g_set_error (error,
                 G_IO_ERROR,
                 G_IO_ERROR_FILENAME_TOO_LONG,
                 "The path “%s” is too long for a socket",
                 path);
  else
    socket = g_socket_new (G_SOCKET_FAMILY_UNIX,
                           G_SOCKET_TYPE_STREAM,
                           G_SOCKET_PROTOCOL_DEFAULT,
                           error);
  if (socket == NULL)
    return NULL;
  g_socket_set_blocking (socket, FALSE);
  if (!g_socket_connect (socket, address, cancellable, error))
    return NULL;

  LoftDocsWire *self = g_new0 (LoftDocsWire, 1);

  self->socket = g_steal_pointer (&socket);
  self->tick = tick;
  self->tick_data = tick_data;
  g_set_object (&self->cancellable, cancellable);
  self->piece = g_malloc (PIECE_SIZE);

  return self;
}

/**
 * loft_docs_wire_free:
 * @self: (transfer full): a connection
 *
 * Closes it.
 */
void
loft_docs_wire_free (LoftDocsWire *self)
{
  g_return_if_fail (self != NULL);

  g_object_unref (self->socket);
  g_clear_object (&self->cancellable);
  g_free (self->piece);
  g_free (self);
}

/**
 * loft_docs_wire_set_patience:
 * @self: a connection
 * @seconds: for how long the other end is waited for in all
 *
 * Says how long to wait from now on, be it once or a little many times.
 */
void
loft_docs_wire_set_patience (LoftDocsWire *self, guint seconds)
{
  g_return_if_fail (self != NULL);

  self->patience = seconds * G_TIME_SPAN_SECOND;
}

/* Waits until the other end takes something, or gives something. */
static gboolean
wait_for (LoftDocsWire *self, GIOCondition condition, GError **error)
{
  while (self->patience > 0)
    {
      g_autoptr (GError) local_error = NULL;

      if (!self->tick (self->tick_data, error))
        return FALSE;

      gint64 begin = g_get_monotonic_time ();
      gboolean ready = g_socket_condition_timed_wait (self->socket,
                                                      condition,
                                                      MOMENT,
                                                      self->cancellable,
                                                      &local_error);

      self->patience -= g_get_monotonic_time () - begin;
      if (ready)
        return TRUE;
      if (!g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
    }
  g_set_error_literal (error,
                       G_IO_ERROR,
                       G_IO_ERROR_TIMED_OUT,
                       "It takes too long");

  return FALSE;
}

/**
 * loft_docs_wire_send:
 * @self: a connection
 * @data: (array length=length): bytes
 * @length: how many
 * @error: return location for a #GError
 *
 * Sends all of them. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #GIOErrorEnum, or by the tick
 */
gboolean
loft_docs_wire_send (LoftDocsWire *self,
                     gconstpointer data,
                     gsize length,
                     GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  const char *next = data;

  while (length > 0)
    {
      if (!wait_for (self, G_IO_OUT, error))
        return FALSE;

      g_autoptr (GError) local_error = NULL;
      gssize sent = g_socket_send (self->socket,
                                   next,
                                   length,
                                   self->cancellable,
                                   &local_error);

      if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        continue;
      if (sent < 0)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
      next += sent;
      length -= (gsize) sent;
    }

  return TRUE;
}

/* Reads another piece once the last one was taken. */
static gboolean
fill (LoftDocsWire *self, GError **error)
{
  while (self->begin == self->end)
    {
      if (!wait_for (self, G_IO_IN, error))
        return FALSE;

      g_autoptr (GError) local_error = NULL;
      gssize received = g_socket_receive (self->socket,
                                          (char *) self->piece,
                                          PIECE_SIZE,
                                          self->cancellable,
                                          &local_error);

      if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        continue;
      if (received == 0)
        g_set_error_literal (&local_error,
                             G_IO_ERROR,
                             G_IO_ERROR_PARTIAL_INPUT,
                             "The connection was closed");
      if (local_error != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
      self->begin = 0;
      self->end = (gsize) received;
    }

  return TRUE;
}

/**
 * loft_docs_wire_read_line:
 * @self: a connection
 * @most: bytes of it at most
 * @error: return location for a #GError
 *
 * Reads what comes before the next line feed. Blocks.
 *
 * Returns: (transfer full): the line, without its end, any bytes but that; or
 *   %NULL with @error set to a #GIOErrorEnum, or by the tick
 */
char *
loft_docs_wire_read_line (LoftDocsWire *self, gsize most, GError **error)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (GString) line = g_string_new (NULL);
  const guint8 *feed = NULL;

  while (feed == NULL)
    {
      if (!fill (self, error))
        return NULL;

      const guint8 *begin = self->piece + self->begin;
      gsize left = self->end - self->begin;
      feed = memchr (begin, '\n', left);
      gsize length = feed != NULL ? (gsize) (feed - begin) : left;

      if (line->len + length > most)
        {
          g_set_error (error,
                       G_IO_ERROR,
                       G_IO_ERROR_MESSAGE_TOO_LARGE,
                       "A line is longer than %" G_GSIZE_FORMAT " bytes",
                       most);
          return NULL;
        }
      g_string_append_len (line, (const char *) begin, (gssize) length);
      self->begin += feed != NULL ? length + 1 : length;
    }

  return g_string_free (g_steal_pointer (&line), FALSE);
}

/**
 * loft_docs_wire_read:
 * @self: a connection
 * @data: (array length=length): where to put them
 * @length: how many bytes are wanted
 * @error: return location for a #GError
 *
 * Reads so many bytes. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #GIOErrorEnum, or by the tick
 */
gboolean
loft_docs_wire_read (LoftDocsWire *self,
                     gpointer data,
                     gsize length,
                     GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  guint8 *next = data;

  while (length > 0)
    {
      if (!fill (self, error))
        return FALSE;

      gsize taken = MIN (length, self->end - self->begin);

      memcpy (next, self->piece + self->begin, taken);
      self->begin += taken;
      next += taken;
      length -= taken;
    }

  return TRUE;
}
