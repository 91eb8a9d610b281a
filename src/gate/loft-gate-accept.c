/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-connection.h"

#include "gate/loft-gate-refusal.h"
#include "gate/loft-request-id.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

/*
 * How connections come in.
 *
 * Several processes watch the same sockets. Each is woken for a connection
 * (EPOLLEXCLUSIVE, more or less alone), takes one, and leaves what waits behind
 * it to whoever is woken by that: so the load spreads, and what one process
 * does not come to, another does. Only of a long queue it takes a share, so
 * that a flood of connections, most of which want nothing, is through it soon.
 *
 * Where there is no room for one more connection, whoever has been silent for
 * longest makes room; and where nobody can, the newcomer is told so. That takes
 * a descriptor too, so one is kept for it.
 */

/* Connections that are looked at for one to close; all, if there are so few. */
#define EVICT_TRIES 64

/* Descriptors that are left to the rest of the process: half of few. */
#define DESCRIPTORS_LEFT 256

/* Of those that wait one in so many is accepted in a turn, besides the first,
 * and so many at most: the others are for other processes. */
#define ACCEPT_SHARE 8
#define ACCEPTS_MAX 64

/* Of those that wait when nobody is accepted any more. */
#define LAST_ACCEPTS_MAX 4096

/* Bytes that the system takes for a client before it has sent them. Without a
 * bound it takes megabytes, for each client that reads slowly, out of memory
 * that all connections of the machine share. */
#define UNSENT_MAX (256 * 1024)

typedef struct
{
  LoftWatch watch;
  LoftGate *gate;
  GSocket *socket;       /* owned */
  GSocketAddress *local; /* owned */
  gboolean paused;
} LoftListener;

static void
set_watched (LoftListener *self, gboolean watched)
{
  struct epoll_event event = {
    .events = EPOLLIN | EPOLLEXCLUSIVE,
    .data.ptr = self,
  };

  /* What is watched exclusively can't be changed, only removed and added. */
  if (epoll_ctl (self->gate->epoll_fd,
                 watched ? EPOLL_CTL_ADD : EPOLL_CTL_DEL,
                 g_socket_get_fd (self->socket),
                 &event) < 0)
    g_warning ("Can't watch a listening socket: %s", g_strerror (errno));
}

/**
 * loft_gate_listener_free:
 * @data: (transfer full): a listener
 *
 * Watches it no more; the socket is closed with its last reference.
 */
void
loft_gate_listener_free (gpointer data)
{
  LoftListener *self = data;

  if (!self->paused)
    set_watched (self, FALSE);
  g_object_unref (self->socket);
  g_object_unref (self->local);
  g_free (self);
}

/* HTTP servers know addresses of networks alone; a UNIX socket is on this
 * machine, as the loopback address is. */
static GSocketAddress *
find_local_address (GSocket *socket, GError **error)
{
  g_autoptr (GSocketAddress) local = g_socket_get_local_address (socket, error);

  if (local == NULL || G_IS_INET_SOCKET_ADDRESS (local))
    return g_steal_pointer (&local);

  g_autoptr (GInetAddress) loopback =
    g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);

  return g_inet_socket_address_new (loopback, 0);
}

/**
 * loft_gate_add_listener:
 * @self: a gate
 * @socket: a socket that listens; other processes may watch it too
 * @error: return location for a #GError
 *
 * Accepts the connections of a socket, which is made not to block.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #GIOErrorEnum
 */
gboolean
loft_gate_add_listener (LoftGate *self, GSocket *socket, GError **error)
{
  g_return_val_if_fail (LOFT_IS_GATE (self), FALSE);
  g_return_val_if_fail (G_IS_SOCKET (socket), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (GSocketAddress) local = find_local_address (socket, error);
  if (local == NULL)
    return FALSE;

  LoftListener *listener = g_new0 (LoftListener, 1);
  int fd = g_socket_get_fd (socket);

  fcntl (fd, F_SETFL, fcntl (fd, F_GETFL) | O_NONBLOCK);
  listener->watch.is_listener = TRUE;
  listener->gate = self;
  listener->socket = g_object_ref (socket);
  listener->local = g_steal_pointer (&local);
  g_ptr_array_add (self->listeners, listener);
  set_watched (listener, TRUE);

  return TRUE;
}

/**
 * loft_gate_close_listeners:
 * @self: a gate
 *
 * Accepts no more connections.
 */
void
loft_gate_close_listeners (LoftGate *self)
{
  g_ptr_array_set_size (self->listeners, 0);
}

/**
 * loft_gate_has_paused_listener:
 * @self: a gate
 *
 * Returns: whether it is to try again soon to accept connections
 */
gboolean
loft_gate_has_paused_listener (LoftGate *self)
{
  for (guint i = 0; i < self->listeners->len; i++)
    {
      const LoftListener *listener = self->listeners->pdata[i];

      if (listener->paused)
        return TRUE;
    }

  return FALSE;
}

/**
 * loft_gate_resume_listeners:
 * @self: a gate
 *
 * Tries again to accept connections where that had failed.
 */
void
loft_gate_resume_listeners (LoftGate *self)
{
  for (guint i = 0; i < self->listeners->len; i++)
    {
      LoftListener *listener = self->listeners->pdata[i];

      if (!listener->paused)
        continue;
      listener->paused = FALSE;
      set_watched (listener, TRUE);
    }
}

/* The descriptors of connections come from the same number as all others. */
static guint
find_room (LoftGate *self)
{
  struct rlimit limit = { 0 };

  if (getrlimit (RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
    return self->settings.connections;

  rlim_t left = MIN (limit.rlim_cur / 2, DESCRIPTORS_LEFT);

  return (guint) MIN ((rlim_t) self->settings.connections,
                      limit.rlim_cur - left);
}

/* Closes one that waits between two requests, or has not come to its first:
 * the one that has been silent for longest, as far as was looked. */
static gboolean
evict (LoftGate *self)
{
  LoftConnection *oldest = NULL;

  for (guint i = 0; i < MIN (EVICT_TRIES, self->connections->len); i++)
    {
      self->evict_at = (self->evict_at + 1) % self->connections->len;

      LoftConnection *other = self->connections->pdata[self->evict_at];
      if (other->state == LOFT_CONNECTION_PARKED &&
          !loft_connection_has_output (other) &&
          (oldest == NULL || other->last < oldest->last))
        oldest = other;
    }
  if (oldest == NULL)
    return FALSE;

  loft_figure_add (&self->figures->evicted, 1);
  loft_connection_close (oldest);

  return TRUE;
}

/* Says why not, without waiting for anything. */
static void
turn_away (LoftGate *self, int fd, const char *reason)
{
  char id[LOFT_REQUEST_ID_LENGTH + 1];

  loft_request_id_make (id);
  g_autoptr (GBytes) text =
    loft_gate_refusal_render (503, reason, self->date, id);
  gsize size = 0;
  const char *data = g_bytes_get_data (text, &size);

  if (send (fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
    shutdown (fd, SHUT_WR);
  while (recv (fd, self->inbox, LOFT_GATE_BUFFER_SIZE, MSG_DONTWAIT) ==
         LOFT_GATE_BUFFER_SIZE)
    continue;
  close (fd);
}

static gboolean
is_descriptor_wanting (int code)
{
  return code == EMFILE || code == ENFILE;
}

static int
accept_one (LoftListener *listener, struct sockaddr_storage *out_remote)
{
  socklen_t length = sizeof *out_remote;

  memset (out_remote, 0, sizeof *out_remote);

  return accept4 (g_socket_get_fd (listener->socket),
                  (struct sockaddr *) out_remote,
                  &length,
                  SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static void
pause_listener (LoftListener *self)
{
  self->paused = TRUE;
  set_watched (self, FALSE);
  loft_gate_await_tick (self->gate);
}

/* There is no descriptor for it: it gets the one that is kept for that. */
static void
accept_without_descriptor (LoftGate *self, LoftListener *listener)
{
  struct sockaddr_storage remote;

  if (self->reserve_fd >= 0)
    close (self->reserve_fd);
  self->reserve_fd = -1;

  int fd = accept_one (listener, &remote);
  if (fd >= 0)
    {
      loft_figure_add (&self->figures->no_descriptor, 1);
      turn_away (self, fd, "The server has no room for another connection");
    }
  self->reserve_fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  if (fd < 0 || self->reserve_fd < 0)
    pause_listener (listener);
}

/* Whether the peer may have one more, which is counted then. */
static gboolean
count_peer (LoftGate *self, const LoftPeerKey *key, guint8 family)
{
  g_autoptr (GInetAddress) address = NULL;
  guint max = self->settings.connections_per_peer;

  if (max == 0)
    return TRUE;
  if (self->settings.trusted != NULL)
    {
      address = loft_connection_make_address (key, family);
      if (loft_address_list_contains (self->settings.trusted, address))
        return TRUE;
    }

  return loft_peers_get_count (self->peers, key) < max;
}

static void
take (LoftGate *self,
      LoftListener *listener,
      int fd,
      const struct sockaddr_storage *remote)
{
  static const int on = 1;
  static const int unsent = UNSENT_MAX;
  LoftConnection *connection =
    loft_connection_new (self, fd, listener->local, remote);
  struct epoll_event event = {
    .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
    .data.ptr = connection,
  };

  connection->is_counted = self->settings.connections_per_peer > 0;
  if (connection->is_counted)
    loft_peers_add (self->peers, &connection->peer);
  if (remote->ss_family != AF_UNIX)
    {
      setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      setsockopt (fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
    }
  if (epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
    loft_connection_close (connection);
  loft_gate_await_tick (self);
}

/* How many connections wait to be accepted, as far as the system tells. */
static guint
count_waiting (LoftListener *self)
{
  struct tcp_info info = { 0 };
  socklen_t length = sizeof info;

  if (getsockopt (g_socket_get_fd (self->socket),
                  IPPROTO_TCP,
                  TCP_INFO,
                  &info,
                  &length) < 0)
    return 0;

  return info.tcpi_unacked;
}

/* Whether it makes sense to go on. */
static gboolean
accept_next (LoftGate *self, LoftListener *listener)
{
  struct sockaddr_storage remote;
  int fd = accept_one (listener, &remote);
  if (fd < 0 && is_descriptor_wanting (errno) && evict (self))
    fd = accept_one (listener, &remote);
  if (fd < 0)
    {
      int code = errno;

      if (is_descriptor_wanting (code))
        accept_without_descriptor (self, listener);
      else if (code == ENOMEM || code == ENOBUFS)
        pause_listener (listener);
      return FALSE;
    }

  LoftPeerKey key;
  guint16 port = 0;
  guint8 family = 0;
  loft_connection_read_peer (&remote, &key, &port, &family);
  if (!count_peer (self, &key, family))
    {
      loft_figure_add (&self->figures->too_many_of_peer, 1);
      turn_away (self, fd, "There are too many connections from your address");
    }
  else if (self->connections->len >= find_room (self) && !evict (self))
    {
      loft_figure_add (&self->figures->too_many, 1);
      turn_away (self, fd, "The server has no room for another connection");
    }
  else
    take (self, listener, fd, &remote);

  return TRUE;
}

/**
 * loft_gate_accept:
 * @self: a gate
 * @watch: a listener that has been told to have a connection
 *
 * Accepts a connection, if there still is one, and a share of those that wait
 * behind it, if they are many.
 */
void
loft_gate_accept (LoftGate *self, LoftWatch *watch)
{
  LoftListener *listener = (LoftListener *) watch;

  if (listener->paused || !accept_next (self, listener))
    return;

  guint more = MIN (count_waiting (listener) / ACCEPT_SHARE, ACCEPTS_MAX);
  while (more > 0 && accept_next (self, listener))
    more--;
}

/**
 * loft_gate_accept_last:
 * @self: a gate that is about to close its listeners
 *
 * Accepts the connections that wait: the system would reset them, though their
 * clients take them for accepted, and may have sent their requests.
 */
void
loft_gate_accept_last (LoftGate *self)
{
  for (guint i = 0; i < self->listeners->len; i++)
    {
      LoftListener *listener = self->listeners->pdata[i];

      for (guint n = 0; n < LAST_ACCEPTS_MAX && !listener->paused; n++)
        if (!accept_next (self, listener))
          break;
    }
}
