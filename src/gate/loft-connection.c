/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-connection.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* How much one connection may read and write before others have their turn. */
#define READ_A_TURN (256 * 1024)
#define WRITE_A_TURN (1024 * 1024)

static LoftFigure *
find_gauge (LoftConnection *self, LoftConnectionState state)
{
  LoftGateFigures *figures = self->gate->figures;

  switch (state)
    {
    case LOFT_CONNECTION_PARKED:
    case LOFT_CONNECTION_HANDED:
      return &figures->parked;
    case LOFT_CONNECTION_SERVED:
      return &figures->served;
    case LOFT_CONNECTION_DRAINING:
      return &figures->draining;
    case LOFT_CONNECTION_CLOSED:
    default:
      return NULL;
    }
}

/**
 * loft_connection_new:
 * @gate: a gate
 * @fd: (transfer full): a socket that does not block
 * @local: where it was accepted
 * @remote: who it is
 *
 * Makes a connection, in which nothing has come yet. The gate's list owns it.
 *
 * Returns: (transfer none): the connection
 */
LoftConnection *
loft_connection_new (LoftGate *gate,
                     int fd,
                     GSocketAddress *local,
                     const struct sockaddr_storage *remote)
{
  LoftConnection *self = g_new0 (LoftConnection, 1);

  self->references = 1;
  self->gate = gate;
  self->fd = fd;
  self->fresh = TRUE;
  self->writable = TRUE;
  self->representation = -1;
  self->local = g_object_ref (local);
  self->since = gate->now;
  self->last = gate->now;
  loft_connection_read_peer (remote, &self->peer, &self->port, &self->family);

  self->index = gate->connections->len;
  g_ptr_array_add (gate->connections, self);
  loft_figure_add (&gate->figures->accepted, 1);
  loft_figure_add (&gate->figures->parked, 1);

  return self;
}

/**
 * loft_connection_ref:
 * @self: a connection
 *
 * Returns: (transfer full): @self
 */
LoftConnection *
loft_connection_ref (LoftConnection *self)
{
  self->references++;

  return self;
}

/**
 * loft_connection_clear_capture:
 * @self: a connection
 *
 * Forgets an answer that was to become a hot one.
 */
void
loft_connection_clear_capture (LoftConnection *self)
{
  if (self->capture != NULL)
    loft_hot_response_free (self->capture->response);
  g_clear_pointer (&self->capture, g_free);
}

/**
 * loft_connection_unref:
 * @self: (transfer full): a connection
 *
 * Drops a reference.
 */
void
loft_connection_unref (LoftConnection *self)
{
  if (--self->references > 0)
    return;

  loft_connection_clear_capture (self);
  loft_buffer_clear (&self->in);
  loft_buffer_clear (&self->out);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_free ((char *) self->target.data);
  g_object_unref (self->local);
  g_free (self);
}

/**
 * loft_connection_read_peer:
 * @address: an address
 * @out_key: (out): the address as a key
 * @out_port: (out): its port
 * @out_family: (out): its family, as far as the key's bytes have one
 *
 * Takes an address apart. Who came by a UNIX socket is on this machine, as the
 * loopback address is.
 */
void
loft_connection_read_peer (const struct sockaddr_storage *address,
                           LoftPeerKey *out_key,
                           guint16 *out_port,
                           guint8 *out_family)
{
  const struct sockaddr_in *v4 = (const void *) address;
  const struct sockaddr_in6 *v6 = (const void *) address;
  const guint32 loopback = htonl (INADDR_LOOPBACK);

  memset (out_key, 0, sizeof *out_key);
  *out_port = 0;
  *out_family = AF_INET;
  if (address->ss_family == AF_INET6)
    {
      memcpy (out_key->bytes, &v6->sin6_addr, 16);
      *out_port = ntohs (v6->sin6_port);
      *out_family = AF_INET6;
    }
  else if (address->ss_family == AF_INET)
    {
      memcpy (out_key->bytes, &v4->sin_addr, 4);
      *out_port = ntohs (v4->sin_port);
    }
  else
    memcpy (out_key->bytes, &loopback, 4);
}

/**
 * loft_connection_make_address:
 * @key: an address as loft_connection_read_peer() gives it
 * @family: its family
 *
 * Puts an address together again.
 *
 * Returns: (transfer full): the address
 */
GInetAddress *
loft_connection_make_address (const LoftPeerKey *key, guint8 family)
{
  return g_inet_address_new_from_bytes (
    key->bytes,
    family == AF_INET6 ? G_SOCKET_FAMILY_IPV6 : G_SOCKET_FAMILY_IPV4);
}

/**
 * loft_connection_dup_remote:
 * @self: a connection
 *
 * Returns: (transfer full): who has connected
 */
GSocketAddress *
loft_connection_dup_remote (const LoftConnection *self)
{
  g_autoptr (GInetAddress) address =
    loft_connection_make_address (&self->peer, self->family);

  return g_inet_socket_address_new (address, self->port);
}

/**
 * loft_connection_set_state:
 * @self: a connection
 * @state: where it is now
 *
 * Goes on in its life.
 */
void
loft_connection_set_state (LoftConnection *self, LoftConnectionState state)
{
  LoftFigure *before = find_gauge (self, self->state);
  LoftFigure *after = find_gauge (self, state);

  if (before != NULL)
    loft_figure_subtract (before, 1);
  if (after != NULL)
    loft_figure_add (after, 1);
  self->state = state;
}

/**
 * loft_connection_close:
 * @self: a connection
 *
 * Closes it, whatever is under way, if it is not closed already. The gate's
 * reference goes with that.
 */
void
loft_connection_close (LoftConnection *self)
{
  GPtrArray *connections = self->gate->connections;

  if (self->state == LOFT_CONNECTION_CLOSED)
    return;

  loft_connection_set_state (self, LOFT_CONNECTION_CLOSED);
  loft_connection_set_idle (self, FALSE);
  self->failed = TRUE;
  self->ended = TRUE;

  /* While a child that is being started holds a copy of the socket, closing it
   * alone would leave it among the watched ones. */
  epoll_ctl (self->gate->epoll_fd, EPOLL_CTL_DEL, self->fd, NULL);
  close (self->fd);
  self->fd = -1;
  if (self->is_counted)
    loft_peers_remove (self->gate->peers, &self->peer);

  LoftConnection *last = connections->pdata[connections->len - 1];
  connections->pdata[self->index] = last;
  last->index = self->index;
  g_ptr_array_set_size (connections, (int) connections->len - 1);
  loft_connection_unref (self);
}

/**
 * loft_connection_fail:
 * @self: a connection whose socket is of no use any more
 *
 * Gives it up: at once, or as soon as the HTTP server has noticed.
 */
void
loft_connection_fail (LoftConnection *self)
{
  self->failed = TRUE;
  self->ended = TRUE;
  self->readable = FALSE;
  loft_buffer_clear (&self->out);
  g_clear_pointer (&self->body, g_bytes_unref);

  if (self->state != LOFT_CONNECTION_SERVED)
    loft_connection_close (self);
  else if (self->idle && self->release == LOFT_RELEASE_NONE)
    loft_connection_release (self, FALSE);
}

/**
 * loft_connection_set_idle:
 * @self: a connection
 * @idle: whether the HTTP server waits for a request on it
 *
 * Notes who waits.
 */
void
loft_connection_set_idle (LoftConnection *self, gboolean idle)
{
  if (self->idle && !idle)
    self->gate->n_idle--;
  else if (!self->idle && idle)
    self->gate->n_idle++;
  self->idle = idle;
}

/**
 * loft_connection_touch:
 * @self: a connection
 *
 * Notes that something has moved.
 */
void
loft_connection_touch (LoftConnection *self)
{
  self->last = self->gate->now;
}

/**
 * loft_connection_begin_turn:
 * @self: a connection
 *
 * Lets it read and write again if this is another turn of the main loop.
 */
void
loft_connection_begin_turn (LoftConnection *self)
{
  if (self->turn == self->gate->turn)
    return;

  self->turn = self->gate->turn;
  self->read_left = READ_A_TURN;
  self->write_left = WRITE_A_TURN;
}

/**
 * loft_connection_mark_again:
 * @self: a connection
 *
 * Has it looked at before the main loop waits again.
 */
void
loft_connection_mark_again (LoftConnection *self)
{
  if (self->is_again)
    return;

  self->is_again = TRUE;
  g_ptr_array_add (self->gate->again, loft_connection_ref (self));
}

/**
 * loft_connection_mark_handed:
 * @self: a connection
 *
 * Has loft_connection_dispatch() called, from where the HTTP server may be.
 */
void
loft_connection_mark_handed (LoftConnection *self)
{
  if (self->is_handed)
    return;

  self->is_handed = TRUE;
  g_ptr_array_add (self->gate->handed, loft_connection_ref (self));
}

/**
 * loft_connection_look_again:
 * @self: a connection
 *
 * Does what can be done by now.
 */
void
loft_connection_look_again (LoftConnection *self)
{
  if (self->state == LOFT_CONNECTION_DRAINING)
    loft_connection_drain (self);
  else if (self->state == LOFT_CONNECTION_PARKED ||
           (self->state == LOFT_CONNECTION_SERVED && self->idle))
    loft_connection_read_heads (self);
}

/**
 * loft_connection_event:
 * @self: a connection
 * @events: what epoll has told
 *
 * Notes what its socket can do, and does what can be done by now.
 */
void
loft_connection_event (LoftConnection *self, guint32 events)
{
  g_autoptr (LoftConnection) held = loft_connection_ref (self);

  if (self->state == LOFT_CONNECTION_CLOSED)
    return;

  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
    {
      self->hung_up = TRUE;
      if (self->state == LOFT_CONNECTION_SERVED && !self->idle)
        loft_connection_mark_handed (self);
    }
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
    self->readable = !self->ended;
  if ((events & EPOLLOUT) != 0 && !self->writable)
    {
      self->writable = TRUE;
      loft_connection_flush (self);
    }

  loft_connection_look_again (self);
}

static void
hand_over (LoftConnection *self)
{
  LoftGate *gate = self->gate;
  g_autoptr (GSocketAddress) remote = loft_connection_dup_remote (self);
  g_autoptr (LoftGateStream) stream = loft_gate_stream_new (self);

  self->stream = stream;
  loft_connection_set_state (self, LOFT_CONNECTION_SERVED);
  loft_connection_touch (self);
  gate->delegate.accept (stream, self->local, remote, gate->user_data);
}

/**
 * loft_connection_dispatch:
 * @self: a connection
 *
 * Hands it over to the HTTP server, or tells who waits there that its peer has
 * hung up.
 */
void
loft_connection_dispatch (LoftConnection *self)
{
  if (self->state == LOFT_CONNECTION_HANDED)
    hand_over (self);
  else if (self->state == LOFT_CONNECTION_SERVED && !self->idle &&
           self->hung_up)
    loft_gate_stream_hang_up (self->stream);
}
