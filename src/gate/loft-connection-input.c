/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-connection.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/*
 * What comes in.
 *
 * Between two requests the gate reads, and it reads heads alone. A head that it
 * can't answer itself is granted to the HTTP server, together with exactly the
 * body that it declares: what follows stays here until that request is
 * answered. So however the HTTP server reads, it can't find a request that the
 * gate has not found, nor miss one.
 *
 * What was just read lies in the gate's buffer, and only what is left of it
 * when the gate goes on to another connection is copied: a connection that
 * waits has no buffer.
 */

/* Idle connections that the HTTP server may keep for a while: each is a source
 * to the main loop, and memory. */
#define IDLE_MAX 512

static gboolean
is_waiting (LoftConnection *self)
{
  return self->release == LOFT_RELEASE_NONE &&
         (self->state == LOFT_CONNECTION_PARKED ||
          (self->state == LOFT_CONNECTION_SERVED && self->idle));
}

/**
 * loft_connection_receive:
 * @self: a connection
 * @buffer: (out caller-allocates): where to put it
 * @room: bytes of it
 *
 * Reads once, and notes whether there may be more; a mistake of the socket is
 * an end too.
 *
 * Returns: how many bytes came, 0 at the end, or -1 if there are none for now
 */
gssize
loft_connection_receive (LoftConnection *self, void *buffer, gsize room)
{
  gssize n = 0;

  do
    n = recv (self->fd, buffer, room, MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);

  if (n < 0 && errno == EAGAIN)
    {
      self->readable = FALSE;
      return -1;
    }
  if (n <= 0)
    {
      self->readable = FALSE;
      self->ended = TRUE;
      return 0;
    }

  /* Less than there was room for means that there is no more, and that epoll
   * will tell of more; but it told of the end once, and will not again. */
  if ((gsize) n < room && !self->hung_up)
    self->readable = FALSE;
  self->received += (guint64) n;
  loft_figure_add (&self->gate->figures->received, (guint64) n);

  return n;
}

/* More of the heads; FALSE if there is none for now. */
static gboolean
receive_more (LoftConnection *self, LoftSpan *out_input)
{
  LoftGate *gate = self->gate;
  gboolean empty = self->in.length == 0;

  loft_connection_begin_turn (self);
  if (!self->readable)
    return FALSE;
  if (self->read_left == 0)
    {
      loft_connection_mark_again (self);
      return FALSE;
    }

  if (!empty)
    loft_buffer_reserve (&self->in, gate->settings.head.size);
  char *buffer = empty ? gate->inbox : self->in.data + self->in.length;
  gsize room = empty ? LOFT_GATE_BUFFER_SIZE : self->in.size - self->in.length;
  gssize n = loft_connection_receive (self, buffer, room);
  if (n <= 0)
    return FALSE;

  self->read_left -= MIN (self->read_left, (guint) n);
  if (!empty)
    self->in.length += (guint) n;
  *out_input = (LoftSpan){
    empty ? gate->inbox : self->in.data,
    empty ? (gsize) n : self->in.length,
  };

  return TRUE;
}

/* Lets the HTTP server have a request. */
static void
grant (LoftConnection *self, const LoftHead *head)
{
  self->expecting = head->expects && head->body_length > 0;
  self->grant = head->length + (self->expecting ? 0 : head->body_length);
  self->withheld = self->expecting ? head->body_length : 0;
  self->begun = FALSE;
  self->answered = FALSE;
  self->fragile = FALSE;
  self->paced = 0;
  loft_connection_set_idle (self, FALSE);
  self->cut = FALSE;
  self->old = head->minor == 0;
  loft_connection_clear_capture (self);
  loft_connection_touch (self);

  if (self->state == LOFT_CONNECTION_PARKED)
    {
      loft_connection_set_state (self, LOFT_CONNECTION_HANDED);
      loft_connection_mark_handed (self);
    }
}

/* Goes through the heads that have come. Returns how many bytes are done with.
 */
static gsize
take_heads (LoftConnection *self, LoftSpan input)
{
  LoftGate *gate = self->gate;
  gsize done = 0;

  while (done < input.length && !self->failed &&
         !loft_connection_has_output (self))
    {
      LoftHead head;
      LoftHeadResult result = loft_head_parse (input.data + done,
                                               input.length - done,
                                               self->in_seen,
                                               &gate->settings.head,
                                               &head);

      if (result == LOFT_HEAD_INCOMPLETE)
        {
          if (self->in_seen == 0 && !self->fresh)
            self->since = gate->now;
          self->in_seen = input.length - done;
          return done;
        }

      self->in_seen = 0;
      self->fresh = FALSE;
      if (result == LOFT_HEAD_REFUSED)
        {
          loft_gate_refuse (gate, self, &head);
          return input.length;
        }
      done += head.skipped;
      if (!loft_gate_answer_hot (gate, self, &head))
        {
          grant (self, &head);
          return done;
        }
      done += head.length;
    }

  return done;
}

/* Keeps what is not done with. */
static void
keep (LoftConnection *self, LoftSpan input, gsize done)
{
  if (input.data == self->in.data)
    loft_buffer_consume (&self->in, done);
  else
    loft_buffer_append (&self->in, input.data + done, input.length - done);

  if (self->in.length == 0 && self->state == LOFT_CONNECTION_PARKED)
    loft_buffer_clear (&self->in);
}

/**
 * loft_connection_read_heads:
 * @self: a connection that waits for a request
 *
 * Reads heads, and does what they ask for, until there is no more to read, an
 * answer waits to be taken, or the HTTP server has to answer.
 */
void
loft_connection_read_heads (LoftConnection *self)
{
  LoftGate *gate = self->gate;
  gboolean leaving = gate->stopping && !loft_connection_may_ask (self);

  /* A request that came before the end counts, though epoll has not been asked
   * about it yet. */
  if (leaving)
    self->readable = !self->ended;
  while (is_waiting (self) && !loft_connection_has_output (self))
    {
      LoftSpan input = { self->in.data, self->in.length };

      if (self->in.start > 0)
        loft_buffer_reserve (&self->in, 0);
      input.data = self->in.data;
      if (input.length == self->in_seen && !receive_more (self, &input))
        break;

      gsize done = take_heads (self, input);
      if (self->state == LOFT_CONNECTION_CLOSED)
        return;
      keep (self, input, done);
      loft_gate_send_outbox (gate, self, NULL);
    }

  if (!is_waiting (self) || loft_connection_has_output (self))
    return;

  if (self->ended || (leaving && self->in_seen == 0))
    {
      if (self->state == LOFT_CONNECTION_SERVED)
        loft_connection_release (self, FALSE);
      else if (self->ended)
        loft_connection_close (self);
      else
        loft_connection_finish (self, 0, TRUE);
    }
  else if (self->state == LOFT_CONNECTION_SERVED && gate->n_idle > IDLE_MAX)
    loft_connection_release (self, TRUE);
}

/**
 * loft_connection_can_read:
 * @self: a connection that the HTTP server has
 *
 * Returns: whether loft_connection_read() does something
 */
gboolean
loft_connection_can_read (LoftConnection *self)
{
  if (self->release != LOFT_RELEASE_NONE || self->failed ||
      self->state != LOFT_CONNECTION_SERVED)
    return TRUE;

  loft_connection_begin_turn (self);

  return self->grant > 0 && self->read_left > 0 &&
         (self->in.length > 0 || self->readable || self->ended);
}

/* Half a request, and then the end: at a mere end between two requests, the
 * HTTP server would wait for another one for ever. */
static gssize
read_release (LoftConnection *self, char *buffer)
{
  if (self->release == LOFT_RELEASE_ENDED)
    return 0;

  self->release = LOFT_RELEASE_ENDED;
  buffer[0] = 'X';

  return 1;
}

/**
 * loft_connection_read:
 * @self: a connection that the HTTP server has
 * @buffer: (out caller-allocates): where to put it
 * @count: bytes of it
 * @error: return location for a #GError
 *
 * Gives the HTTP server what it may read of the request.
 *
 * Returns: how many bytes it got, 0 at the end, or -1 with @error set to
 *   %G_IO_ERROR_WOULD_BLOCK
 */
gssize
loft_connection_read (LoftConnection *self,
                      void *buffer,
                      gsize count,
                      GError **error)
{
  if (self->failed && self->release == LOFT_RELEASE_NONE &&
      (self->grant == 0 || !self->begun))
    loft_connection_release (self, FALSE);
  if (self->release != LOFT_RELEASE_NONE)
    return read_release (self, buffer);
  if (self->failed)
    return 0;

  loft_connection_begin_turn (self);
  count = MIN (count, MIN (self->grant, self->read_left));
  gssize n = -1;
  if (count > 0 && self->in.length > 0)
    {
      n = (gssize) MIN (count, self->in.length);
      memcpy (buffer, self->in.data + self->in.start, (gsize) n);
      loft_buffer_consume (&self->in, (gsize) n);
    }
  else if (count > 0 && self->readable)
    n = loft_connection_receive (self, buffer, count);

  if (n > 0)
    {
      self->begun = TRUE;
      self->grant -= (guint64) n;
      self->read_left -= (guint) n;
      loft_connection_touch (self);
    }
  if (n < 0 && count > 0 && self->ended && self->in.length == 0)
    return 0;
  if (n < 0)
    g_set_error_literal (error,
                         G_IO_ERROR,
                         G_IO_ERROR_WOULD_BLOCK,
                         "No more of the request has come yet");

  return n;
}

/**
 * loft_connection_await_input:
 * @self: a connection that the HTTP server has
 *
 * Takes note that the HTTP server waits for something to read: for more of the
 * request or, if it has all that there is of that, for the next one.
 */
void
loft_connection_await_input (LoftConnection *self)
{
  if (self->state != LOFT_CONNECTION_SERVED)
    return;

  loft_connection_touch (self);
  if (self->release != LOFT_RELEASE_NONE)
    return;

  /* The HTTP server would take the body that it has refused for a request. */
  if (self->cut)
    {
      loft_connection_release (self, FALSE);
      return;
    }
  if (self->grant > 0 || self->withheld > 0)
    return;

  loft_connection_set_idle (self, TRUE);
  loft_connection_mark_again (self);
}
