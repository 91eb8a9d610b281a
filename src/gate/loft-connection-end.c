/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-connection.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/*
 * How a connection ends.
 *
 * A close while bytes are on their way to us makes the kernel send a reset,
 * which destroys an answer that the client, busy with sending, has not come to
 * read. So once all is said our side is shut down alone, and what still comes
 * is read and thrown away until the client closes too, within bounds of bytes
 * and time. Where the client has declared how much it will send, our side stays
 * open until it has come, since some clients take its end for a failure before
 * that.
 */

/* Seconds without a byte, after which nobody is believed to send any more. */
#define SILENCE_MAX 10

/* Once all is said on both sides, the client only has to close. */
#define FAREWELL_MAX 2

/* Seconds for which a client is taken, when the gate stops, to be about to say
 * what it has connected for, or to ask again: its last answer did not tell that
 * it was the last one. A busy machine may keep it from that for a while; but
 * meanwhile others wait for the next server. */
#define FIRST_MAX 3
#define NEXT_MAX 2

/**
 * loft_connection_release:
 * @self: a connection of which the HTTP server waits for a request
 * @parking: whether it lives on
 *
 * Makes the HTTP server let it go. It would not, at a mere end: so it gets to
 * read half a request first, and what it answers to that is swallowed.
 */
void
loft_connection_release (LoftConnection *self, gboolean parking)
{
  self->release = LOFT_RELEASE_FED;
  self->parking = parking;
  loft_connection_set_idle (self, FALSE);
}

/**
 * loft_connection_detach:
 * @self: a connection
 *
 * Takes it back when the HTTP server has closed its stream: to wait for the
 * next request in the gate alone, or to end.
 */
void
loft_connection_detach (LoftConnection *self)
{
  gboolean parking = self->parking;

  self->stream = NULL;
  self->source = NULL;
  if (self->state != LOFT_CONNECTION_SERVED)
    return;

  guint64 rest = self->grant + self->withheld;
  self->release = LOFT_RELEASE_NONE;
  self->parking = FALSE;
  self->grant = 0;
  self->withheld = 0;
  if (!parking || self->ended || self->gate->stopping)
    {
      loft_connection_finish (self, rest, rest == 0 || self->cut);
      return;
    }

  loft_connection_set_state (self, LOFT_CONNECTION_PARKED);
  loft_buffer_clear (&self->out);
  if (self->in.length == 0)
    loft_buffer_clear (&self->in);
  loft_connection_mark_again (self);
}

/**
 * loft_connection_finish:
 * @self: a connection on which all is said
 * @rest: bytes that the client may still send
 * @farewell: whether to shut our side down without waiting for them
 *
 * Begins to end a connection: what waits is sent yet, and what comes is thrown
 * away.
 */
void
loft_connection_finish (LoftConnection *self, guint64 rest, gboolean farewell)
{
  LoftGate *gate = self->gate;

  loft_connection_set_state (self, LOFT_CONNECTION_DRAINING);
  self->drain_left = rest - MIN (rest, self->in.length);
  self->drain_max = gate->settings.drain_size;
  self->farewell = farewell;
  self->since = gate->now;
  loft_connection_touch (self);
  loft_buffer_clear (&self->in);
  loft_connection_drain (self);
}

static void
shut_down (LoftConnection *self)
{
  if (self->shut || loft_connection_has_output (self) ||
      (!self->farewell && self->drain_left > 0))
    return;

  self->shut = TRUE;
  loft_connection_touch (self);
  shutdown (self->fd, SHUT_WR);
}

/**
 * loft_connection_drain:
 * @self: a connection that ends
 *
 * Throws away what has come, and closes it if the client has too.
 */
void
loft_connection_drain (LoftConnection *self)
{
  LoftGate *gate = self->gate;

  loft_connection_flush (self);
  if (self->state == LOFT_CONNECTION_CLOSED)
    return;

  shut_down (self);
  loft_connection_begin_turn (self);
  while (self->readable && self->read_left > 0 && self->drain_max > 0)
    {
      gssize n =
        loft_connection_receive (self, gate->inbox, LOFT_GATE_BUFFER_SIZE);

      if (n <= 0)
        break;
      if (!loft_connection_has_output (self))
        loft_connection_touch (self);
      self->read_left -= MIN (self->read_left, (guint) n);
      self->drain_left -= MIN (self->drain_left, (guint64) n);
      self->drain_max -= MIN (self->drain_max, (guint64) n);
      shut_down (self);
    }

  if ((self->ended && !loft_connection_has_output (self)) ||
      self->drain_max == 0)
    loft_connection_close (self);
  else if (self->readable)
    loft_connection_mark_again (self);
}

/* What the system has not been told to have arrived. */
static int
count_queued (LoftConnection *self)
{
  int queued = 0;

  return ioctl (self->fd, SIOCOUTQ, &queued) == 0 ? queued : 0;
}

/**
 * loft_connection_is_unfinished:
 * @self: a connection
 *
 * Finds out whether it would do harm to close a connection that ends: its
 * client still sends what it has declared, or has not got all of its answer.
 *
 * Returns: whether it would
 */
gboolean
loft_connection_is_unfinished (LoftConnection *self)
{
  if (self->state != LOFT_CONNECTION_DRAINING)
    return FALSE;

  return (!self->farewell && self->drain_left > 0) || count_queued (self) > 0;
}

/**
 * loft_connection_may_ask:
 * @self: a connection that waits for a request
 *
 * Finds out whether it would be rude to end a connection because the gate
 * stops: its client has begun to ask, or can be taken to be about to.
 *
 * Returns: whether it would
 */
gboolean
loft_connection_may_ask (const LoftConnection *self)
{
  guint32 age = self->gate->now - self->last;

  return self->in_seen > 0 || age < (self->fresh ? FIRST_MAX : NEXT_MAX);
}

static void
give_up (LoftConnection *self)
{
  loft_figure_add (&self->gate->figures->timed_out, 1);
  loft_connection_close (self);
}

/* Whether a client of whom it is known to be its turn is too slow to be waited
 * for, though it does not stop: as many bytes have to move as long as one may
 * stop altogether. What it was too fast before does not count for it. */
static gboolean
is_slow (LoftConnection *self, guint64 moved, guint seconds)
{
  guint32 now = self->gate->now;
  guint32 elapsed = now - self->paced;

  if (self->paced != 0 && elapsed < seconds)
    return FALSE;
  if (self->paced != 0 && moved - self->paced_from <
                            (guint64) elapsed * self->gate->settings.min_rate)
    return TRUE;

  self->paced = now;
  self->paced_from = moved;

  return FALSE;
}

/* Whether the client has taken nothing for too long, or too little. What the
 * system still holds of the answer tells: a slow client takes of that for long
 * before there is room for more. */
static gboolean
is_stuck (LoftConnection *self)
{
  guint timeout = self->gate->settings.write_timeout;

  if (self->writable)
    {
      self->paced = 0;
      return FALSE;
    }

  int queued = count_queued (self);
  if (queued != self->queued)
    {
      self->queued = queued;
      loft_connection_touch (self);
    }

  return self->gate->now - self->last >= timeout ||
         is_slow (self, self->sent - (guint64) queued, timeout);
}

static void
check_parked (LoftConnection *self)
{
  LoftGate *gate = self->gate;
  const LoftGateSettings *settings = &gate->settings;
  LoftHead late = {
    .status = 408,
    .reason = "The head of the request took too long to come",
  };

  if (loft_connection_has_output (self))
    {
      if (is_stuck (self))
        give_up (self);
    }
  else if (self->in_seen > 0)
    {
      if (gate->now - self->since < settings->head_timeout)
        return;
      loft_figure_add (&gate->figures->timed_out, 1);
      loft_gate_refuse (gate, self, &late);
    }
  else if (gate->now - self->last >=
           (self->fresh ? settings->head_timeout : settings->idle_timeout))
    give_up (self);
}

/* A client that does not go on is made to look like one that has left. */
static void
check_served (LoftConnection *self)
{
  const LoftGateSettings *settings = &self->gate->settings;
  guint32 age = self->gate->now - self->last;

  if (self->release != LOFT_RELEASE_NONE)
    return;
  if (loft_connection_has_output (self) || self->n_writers > 0)
    {
      if (is_stuck (self))
        {
          loft_figure_add (&self->gate->figures->timed_out, 1);
          shutdown (self->fd, SHUT_RDWR);
          loft_connection_fail (self);
        }
    }
  else if (self->idle)
    {
      if (age >= settings->park_after)
        loft_connection_release (self, TRUE);
    }
  else if (self->source == NULL || self->grant == 0 || self->in.length > 0 ||
           self->readable || self->ended)
    self->paced = 0;
  else if (age >= settings->body_timeout ||
           is_slow (self, self->received, settings->body_timeout))
    {
      loft_figure_add (&self->gate->figures->timed_out, 1);
      self->ended = TRUE;
    }
}

static void
check_draining (LoftConnection *self)
{
  const LoftGateSettings *settings = &self->gate->settings;
  guint32 age = self->gate->now - self->last;

  /* What is yet to be said takes its time; the end begins after it. */
  if (loft_connection_has_output (self))
    {
      self->since = self->gate->now;
      if (is_stuck (self))
        give_up (self);
      return;
    }
  if (self->gate->now - self->since >= settings->drain_timeout ||
      age >= SILENCE_MAX ||
      (self->shut && self->drain_left == 0 && age >= FAREWELL_MAX))
    loft_connection_close (self);
}

/**
 * loft_connection_check_deadline:
 * @self: a connection
 *
 * Ends it, or parks it, if it is time.
 */
void
loft_connection_check_deadline (LoftConnection *self)
{
  switch (self->state)
    {
    case LOFT_CONNECTION_PARKED:
      check_parked (self);
      break;
    case LOFT_CONNECTION_SERVED:
      check_served (self);
      break;
    case LOFT_CONNECTION_DRAINING:
      check_draining (self);
      break;
    case LOFT_CONNECTION_HANDED:
    case LOFT_CONNECTION_CLOSED:
    default:
      break;
    }
}
