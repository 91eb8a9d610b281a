/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-connection.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>

/*
 * What goes out.
 *
 * Small pieces are gathered and leave together, at the end of the main loop's
 * turn or in front of a large one: the head of an answer and its body are one
 * system call.
 */
#define CORK_MAX (16 * 1024)

/* What is gathered, and then what is not. */
static gssize
send_both (LoftConnection *self, const void *data, gsize length)
{
  struct iovec parts[2] = {
    { self->out.data + self->out.start, self->out.length },
    { (void *) data, length },
  };
  struct msghdr message = { 0 };

  message.msg_iov = self->out.length > 0 ? parts : parts + 1;
  message.msg_iovlen = (self->out.length > 0) + (gsize) (length > 0);

  while (TRUE)
    {
      gssize sent =
        message.msg_iovlen == 1
          ? send (self->fd,
                  message.msg_iov->iov_base,
                  message.msg_iov->iov_len,
                  MSG_NOSIGNAL | MSG_DONTWAIT)
          : sendmsg (self->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);

      if (sent >= 0)
        {
          self->sent += (guint64) sent;
          loft_figure_add (&self->gate->figures->sent, (guint64) sent);
          if (sent > 0)
            loft_connection_touch (self);
          return sent;
        }
      if (errno == EAGAIN)
        {
          /* From now on the client has to do something. */
          self->writable = FALSE;
          loft_connection_touch (self);
          return -1;
        }
      if (errno != EINTR)
        return -1;
    }
}

/**
 * loft_connection_has_output:
 * @self: a connection
 *
 * Returns: whether something waits to be sent
 */
gboolean
loft_connection_has_output (LoftConnection *self)
{
  return self->out.length > 0 || self->body != NULL;
}

static void
cork (LoftConnection *self)
{
  if (self->is_corked)
    return;

  self->is_corked = TRUE;
  g_ptr_array_add (self->gate->corked, loft_connection_ref (self));
}

/**
 * loft_connection_append:
 * @self: a connection
 * @data: (array length=length): bytes
 * @length: how many
 *
 * Has something sent before the main loop waits again.
 */
void
loft_connection_append (LoftConnection *self, const char *data, gsize length)
{
  loft_buffer_append (&self->out, data, length);
  cork (self);
}

/**
 * loft_connection_flush:
 * @self: a connection
 *
 * Sends what waits, as far as the client takes it.
 */
void
loft_connection_flush (LoftConnection *self)
{
  while (self->writable && loft_connection_has_output (self))
    {
      gsize size = 0;
      const char *data =
        self->body != NULL ? g_bytes_get_data (self->body, &size) : NULL;
      gsize left = size - self->body_sent;
      gssize sent =
        send_both (self, data != NULL ? data + self->body_sent : NULL, left);

      if (sent < 0 && self->writable)
        {
          loft_connection_fail (self);
          return;
        }
      if (sent < 0)
        return;

      gsize head = MIN ((gsize) sent, self->out.length);
      loft_buffer_consume (&self->out, head);
      self->body_sent += (gsize) sent - head;
      if (self->body != NULL && self->body_sent == size)
        {
          g_clear_pointer (&self->body, g_bytes_unref);
          self->body_sent = 0;
        }
    }
}

/**
 * loft_connection_can_write:
 * @self: a connection that the HTTP server has
 *
 * Returns: whether loft_connection_write() does something
 */
gboolean
loft_connection_can_write (LoftConnection *self)
{
  if (self->failed || self->state != LOFT_CONNECTION_SERVED ||
      self->release != LOFT_RELEASE_NONE)
    return TRUE;

  loft_connection_begin_turn (self);

  return self->writable && self->write_left > 0;
}

static gboolean
is_informational (const char *head, gsize length)
{
  static const char start[] = "HTTP/1.";

  return length > sizeof start + 1 &&
         memcmp (head, start, sizeof start - 1) == 0 &&
         head[sizeof start + 1] == '1';
}

/* A final answer came while the client waits for leave to send its body: it may
 * send it all the same. So this is the last answer here, and says so. */
static void
append_last_head (LoftConnection *self, const char *head, gsize length)
{
  const char *line = memchr (head, '\n', length);
  gsize first = line != NULL ? (gsize) (line - head) + 1 : 0;
  static const char close_line[] = "Connection: close\r\n";

  self->cut = TRUE;
  loft_connection_append (self, head, first);
  if (first > 0)
    loft_connection_append (self, close_line, sizeof close_line - 1);
  loft_connection_append (self, head + first, length - first);
}

/* The HTTP server writes a head at once, and nothing else with it. */
static gssize
write_head (LoftConnection *self, const char *head, gsize length)
{
  gboolean informational = is_informational (head, length);

  if (informational)
    {
      self->expecting = FALSE;
      self->grant += self->withheld;
      self->withheld = 0;
      if (!self->old)
        loft_connection_append (self, head, length);
      return (gssize) length;
    }

  self->answered = TRUE;
  self->paced = 0;
  if (self->expecting)
    append_last_head (self, head, length);
  else
    loft_connection_append (self, head, length);
  if (self->capture != NULL)
    loft_gate_keep_hot (self->gate, self, head, length);

  return (gssize) length;
}

/**
 * loft_connection_write:
 * @self: a connection that the HTTP server has
 * @data: (array length=count): bytes of an answer
 * @count: how many
 * @error: return location for a #GError
 *
 * Sends or gathers what the HTTP server writes.
 *
 * Returns: how many bytes were taken, or -1 with @error set to
 *   %G_IO_ERROR_WOULD_BLOCK or %G_IO_ERROR_BROKEN_PIPE
 */
gssize
loft_connection_write (LoftConnection *self,
                       const void *data,
                       gsize count,
                       GError **error)
{
  /* What it says of the half request that made it let go concerns nobody. */
  if (self->release != LOFT_RELEASE_NONE)
    return (gssize) count;
  if (!self->failed && !self->answered)
    return write_head (self, data, count);
  if (!self->failed && !self->fragile && self->out.length + count <= CORK_MAX)
    {
      loft_connection_append (self, data, count);
      return (gssize) count;
    }

  while (!self->failed)
    {
      if (!loft_connection_can_write (self))
        {
          g_set_error_literal (error,
                               G_IO_ERROR,
                               G_IO_ERROR_WOULD_BLOCK,
                               "The client has not taken more yet");
          return -1;
        }

      gssize sent = send_both (self, data, MIN (count, self->write_left));
      if (sent < 0 && self->writable)
        {
          self->torn = self->fragile && errno == EFAULT;
          loft_connection_fail (self);
        }
      if (sent < 0)
        continue;

      gsize gathered = MIN ((gsize) sent, self->out.length);
      loft_buffer_consume (&self->out, gathered);
      self->write_left -= MIN (self->write_left, (guint) sent);
      if ((gsize) sent > gathered)
        return sent - (gssize) gathered;
    }

  g_set_error_literal (error,
                       G_IO_ERROR,
                       G_IO_ERROR_BROKEN_PIPE,
                       "The client has left");

  return -1;
}
