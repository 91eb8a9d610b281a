/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-connection.h"

#include "gate/loft-http-date.h"

#include <errno.h>
#include <sys/epoll.h>
#include <time.h>

#define EVENTS_MAX 256

typedef struct
{
  GSource parent_instance;

  LoftGate *gate; /* not owned: it destroys its source */
} GateSource;

/**
 * loft_gate_read_clock:
 * @self: a gate
 *
 * Takes the time, coarsely, as it serves for all that happens now.
 */
void
loft_gate_read_clock (LoftGate *self)
{
  struct timespec time = { 0 };

  clock_gettime (CLOCK_MONOTONIC_COARSE, &time);
  self->now = (guint32) time.tv_sec;
  clock_gettime (CLOCK_REALTIME_COARSE, &time);
  if (time.tv_sec == self->date_seconds)
    return;

  self->date_seconds = time.tv_sec;
  loft_http_date_format (time.tv_sec, self->date);
}

/**
 * loft_gate_await_tick:
 * @self: a gate
 *
 * Makes sure that deadlines are looked at, as long as there is a connection.
 */
void
loft_gate_await_tick (LoftGate *self)
{
  if (g_source_get_ready_time (self->source) < 0)
    g_source_set_ready_time (self->source,
                             g_get_monotonic_time () + G_USEC_PER_SEC);
}

static void
flush_corked (LoftGate *self)
{
  for (guint i = 0; i < self->corked->len; i++)
    {
      g_autoptr (LoftConnection) connection = self->corked->pdata[i];

      connection->is_corked = FALSE;
      if (connection->state == LOFT_CONNECTION_CLOSED)
        continue;
      loft_connection_flush (connection);
      if (connection->state == LOFT_CONNECTION_DRAINING)
        loft_connection_drain (connection);
    }
  g_ptr_array_set_size (self->corked, 0);
}

/* Those that want it once more have their turn in the next round. */
static void
look_again (LoftGate *self)
{
  guint n = self->again->len;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (LoftConnection) connection = self->again->pdata[i];

      connection->is_again = FALSE;
      loft_connection_look_again (connection);
    }
  if (n > 0)
    g_ptr_array_remove_range (self->again, 0, n);
}

static gboolean
prepare (GSource *source, int *out_timeout)
{
  LoftGate *self = ((GateSource *) source)->gate;

  self->turn++;
  flush_corked (self);
  look_again (self);
  flush_corked (self);
  *out_timeout = self->again->len > 0 ? 0 : -1;

  return self->handed->len > 0;
}

/* Whether somebody else has to do something about a connection first. */
static gboolean
is_served (const LoftConnection *connection)
{
  return connection->state == LOFT_CONNECTION_HANDED ||
         (connection->state == LOFT_CONNECTION_SERVED && !connection->idle);
}

/* Returns how many there were; @out_served tells whether the HTTP server is to
 * have its turn. */
static int
take_events (LoftGate *self, gboolean *out_served)
{
  struct epoll_event events[EVENTS_MAX];
  int n = epoll_wait (self->epoll_fd, events, EVENTS_MAX, 0);

  for (int i = 0; i < n; i++)
    {
      LoftWatch *watch = events[i].data.ptr;

      /* A connection that is closed by what happens to another one, to make
       * room, may still be among the events. */
      if (!watch->is_listener)
        loft_connection_ref ((LoftConnection *) watch);
    }
  for (int i = 0; i < n; i++)
    {
      LoftWatch *watch = events[i].data.ptr;

      if (watch->is_listener)
        {
          loft_gate_accept (self, watch);
          continue;
        }

      g_autoptr (LoftConnection) connection = (LoftConnection *) watch;
      loft_connection_event (connection, events[i].events);
      if (is_served (connection))
        *out_served = TRUE;
    }

  return n;
}

/* While hot answers went out, the next requests have come: the way through the
 * main loop costs as much as several of them, so they are looked at first, as
 * long as nobody else has anything to do, and up to a bound. */
static void
take_rounds (LoftGate *self)
{
  gboolean served = FALSE;
  int left = EVENTS_MAX;

  while (left > 0 && !served && self->again->len == 0 && self->corked->len == 0)
    {
      int n = take_events (self, &served);

      if (n <= 0)
        break;
      left -= n;
    }
}

static gboolean
is_tick_due (GSource *source)
{
  gint64 time = g_source_get_ready_time (source);

  return time >= 0 && time <= g_source_get_time (source);
}

static gboolean
check (GSource *source)
{
  LoftGate *self = ((GateSource *) source)->gate;

  loft_gate_read_clock (self);
  if (g_source_query_unix_fd (source, self->epoll_tag) != 0)
    take_rounds (self);

  return self->handed->len > 0 || is_tick_due (source);
}

/* There may be many connections, but this is done once a second. One that is
 * closed makes room for the last, which was looked at before it. */
static void
tick (LoftGate *self)
{
  for (guint i = self->connections->len; i > 0; i--)
    if (i <= self->connections->len)
      loft_connection_check_deadline (self->connections->pdata[i - 1]);

  loft_gate_resume_listeners (self);
  if (self->connections->len > 0 || loft_gate_has_paused_listener (self))
    g_source_set_ready_time (self->source,
                             g_get_monotonic_time () + G_USEC_PER_SEC);
  else
    g_source_set_ready_time (self->source, -1);
}

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  g_autoptr (LoftGate) self = g_object_ref (((GateSource *) source)->gate);

  if (is_tick_due (source))
    tick (self);
  while (self->handed->len > 0)
    {
      g_autoptr (LoftConnection) connection =
        g_ptr_array_steal_index (self->handed, 0);

      connection->is_handed = FALSE;
      loft_connection_dispatch (connection);
    }

  return G_SOURCE_CONTINUE;
}

/**
 * loft_gate_source_new:
 * @self: a gate with its epoll descriptor
 *
 * Makes the source of a gate.
 *
 * Returns: (transfer full): the source, not attached yet
 */
GSource *
loft_gate_source_new (LoftGate *self)
{
  static GSourceFuncs funcs = { prepare, check, dispatch, NULL, NULL, NULL };
  GSource *source = g_source_new (&funcs, sizeof (GateSource));

  ((GateSource *) source)->gate = self;
  self->epoll_tag = g_source_add_unix_fd (source, self->epoll_fd, G_IO_IN);

  /* Else GLib would take the descriptor out of its set for each dispatch, and
   * put it back, which wakes the main loop up twice. */
  g_source_set_can_recurse (source, TRUE);
  g_source_set_static_name (source, "LoftGate");

  return source;
}
