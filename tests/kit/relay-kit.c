/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/relay-kit.h"

#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE (10 * G_TIME_SPAN_SECOND)

struct _Relay
{
  GSocket *listener; /* owned */
  guint16 port;
  guint16 server_port;
  GThread *thread; /* owned */

  GMutex lock; /* guards what follows */
  GCond changed;
  GPtrArray *lines; /* owned */
  gboolean is_holding;
  gboolean is_over;
};

/* One connection, and the one that it leads to. */
typedef struct
{
  Relay *relay;    /* not owned */
  GSocket *client; /* owned */
  GSocket *server; /* owned */
  GThread *up;     /* owned */
  GThread *down;   /* owned */

  gboolean is_held; /* these by the relay's lock */
  gboolean has_late;
  gboolean is_answered;
} Line;

static gboolean
send_all (GSocket *socket, const char *data, gsize size)
{
  while (size > 0)
    {
      gssize n = g_socket_send (socket, data, size, NULL, NULL);

      if (n <= 0)
        return FALSE;
      data += n;
      size -= (gsize) n;
    }

  return TRUE;
}

/* Waits while @line is held; what is then delivered comes late. */
static void
wait_while_held (Line *line)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&line->relay->lock);

  line->has_late = line->has_late || line->is_held;
  while (line->is_held && !line->relay->is_over)
    g_cond_wait (&line->relay->changed, &line->relay->lock);
}

/* A server that hears that the client is gone may not do what it was sent
 * before; so of what comes late it does not hear. */
static void
hang_up (Line *line)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&line->relay->lock);

  while (line->has_late && !line->is_answered && !line->relay->is_over)
    g_cond_wait (&line->relay->changed, &line->relay->lock);
  g_socket_shutdown (line->server, FALSE, TRUE, NULL);
}

static gpointer
up_cb (gpointer data)
{
  Line *line = data;
  char buffer[65536];

  for (;;)
    {
      gssize n =
        g_socket_receive (line->client, buffer, sizeof buffer, NULL, NULL);

      if (n <= 0)
        break;
      wait_while_held (line);
      if (!send_all (line->server, buffer, (gsize) n))
        break;
    }
  hang_up (line);

  return NULL;
}

/* Whether anybody waits for an answer is not the server's affair. */
static gpointer
down_cb (gpointer data)
{
  Line *line = data;
  char buffer[65536];
  gssize n = 0;

  do
    {
      n = g_socket_receive (line->server, buffer, sizeof buffer, NULL, NULL);
      if (n > 0)
        send_all (line->client, buffer, (gsize) n);

      g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&line->relay->lock);
      line->is_answered = line->has_late && !line->is_held;
      g_cond_broadcast (&line->relay->changed);
    }
  while (n > 0);
  g_socket_shutdown (line->client, FALSE, TRUE, NULL);

  return NULL;
}

static GSocketAddress *
local_address (guint16 port)
{
  g_autoptr (GInetAddress) loopback =
    g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);

  return g_inet_socket_address_new (loopback, port);
}

static GSocket *
new_socket (void)
{
  g_autoptr (GError) error = NULL;
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4,
                                  G_SOCKET_TYPE_STREAM,
                                  G_SOCKET_PROTOCOL_TCP,
                                  &error);

  g_assert_no_error (error);

  return socket;
}

static void
add_line (Relay *self, GSocket *client)
{
  g_autoptr (GSocketAddress) address = local_address (self->server_port);
  g_autoptr (GSocket) server = new_socket ();

  if (!g_socket_connect (server, address, NULL, NULL))
    return;

  Line *line = g_new0 (Line, 1);
  line->relay = self;
  line->client = g_object_ref (client);
  line->server = g_steal_pointer (&server);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  line->is_held = self->is_holding;
  line->up = g_thread_new ("relay-up", up_cb, line);
  line->down = g_thread_new ("relay-down", down_cb, line);
  g_ptr_array_add (self->lines, line);
}

static gpointer
accept_cb (gpointer data)
{
  Relay *self = data;

  for (;;)
    {
      g_autoptr (GSocket) client = g_socket_accept (self->listener, NULL, NULL);

      if (client == NULL)
        return NULL;
      add_line (self, client);
    }
}

static void
line_free (gpointer data)
{
  Line *line = data;

  g_socket_shutdown (line->client, TRUE, TRUE, NULL);
  g_socket_shutdown (line->server, TRUE, TRUE, NULL);
  g_thread_join (line->up);
  g_thread_join (line->down);
  g_object_unref (line->client);
  g_object_unref (line->server);
  g_free (line);
}

Relay *
relay_new (guint16 server_port)
{
  Relay *self = g_new0 (Relay, 1);
  g_autoptr (GSocketAddress) address = local_address (0);
  g_autoptr (GError) error = NULL;

  self->server_port = server_port;
  self->lines = g_ptr_array_new_with_free_func (line_free);
  self->listener = new_socket ();
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);

  g_socket_bind (self->listener, address, TRUE, &error);
  g_assert_no_error (error);
  g_socket_listen (self->listener, &error);
  g_assert_no_error (error);
  g_autoptr (GSocketAddress) bound =
    g_socket_get_local_address (self->listener, &error);
  g_assert_no_error (error);
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  self->thread = g_thread_new ("relay", accept_cb, self);

  return self;
}

guint16
relay_get_port (Relay *self)
{
  return self->port;
}

/* Holds back whatever is sent from now on. */
void
relay_hold (Relay *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->is_holding = TRUE;
  for (guint i = 0; i < self->lines->len; i++)
    {
      Line *line = g_ptr_array_index (self->lines, i);

      line->is_held = TRUE;
    }
}

/* Whoever connects from now on is not held back. */
void
relay_let_new_pass (Relay *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->is_holding = FALSE;
}

/* Whether the server has not yet answered to what comes late. */
static gboolean
is_awaited (Relay *self)
{
  for (guint i = 0; i < self->lines->len; i++)
    {
      const Line *line = g_ptr_array_index (self->lines, i);

      if (line->has_late && !line->is_answered)
        return TRUE;
    }

  return FALSE;
}

/* Lets the server have all that was held back, and waits for its answers.
 * Tells whether there was anything. */
gboolean
relay_release (Relay *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  gint64 end = g_get_monotonic_time () + PATIENCE;
  gboolean any = is_awaited (self);

  self->is_holding = FALSE;
  for (guint i = 0; i < self->lines->len; i++)
    {
      Line *line = g_ptr_array_index (self->lines, i);

      line->is_held = FALSE;
    }
  g_cond_broadcast (&self->changed);
  while (is_awaited (self))
    if (!g_cond_wait_until (&self->changed, &self->lock, end))
      g_error ("The server does not answer");

  return any;
}

void
relay_free (Relay *self)
{
  g_mutex_lock (&self->lock);
  self->is_over = TRUE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);

  g_socket_shutdown (self->listener, TRUE, TRUE, NULL);
  g_thread_join (self->thread);
  g_ptr_array_unref (self->lines);
  g_object_unref (self->listener);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
}
