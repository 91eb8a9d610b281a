/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "docs/loft-builder-wire.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "docs/loft-builder-stop.h"

/* A peer that neither sends nor takes anything for so long has hung. */
#define PATIENCE_MS (60 * 1000)

/* How long it is waited for a peer to close. */
#define FAREWELL_MS (5 * 1000)

#define PIECE (64 * 1024)

struct _LoftBuilderWire
{
  int fd;            /* unowned */
  GByteArray *ahead; /* owned: what was read, and is not taken yet */
};

/**
 * loft_builder_wire_new:
 * @fd: a connected socket, which must stay open
 *
 * Begins to talk on a connection.
 *
 * Returns: (transfer full): the connection
 */
LoftBuilderWire *
loft_builder_wire_new (int fd)
{
  g_return_val_if_fail (fd >= 0, NULL);

  LoftBuilderWire *self = g_new0 (LoftBuilderWire, 1);

  self->fd = fd;
  self->ahead = g_byte_array_new ();

  return self;
}

/**
 * loft_builder_wire_free:
 * @self: (transfer full): a connection
 *
 * Frees @self; the socket stays open.
 */
void
loft_builder_wire_free (LoftBuilderWire *self)
{
  g_return_if_fail (self != NULL);

  g_byte_array_unref (self->ahead);
  g_free (self);
}

static gboolean
fail (const char *problem, GError **error)
{
  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_MALFORMED,
               "The request can't be read: %s",
               problem);

  return FALSE;
}

/* FALSE too if this process shall end. */
static gboolean
wait_for (LoftBuilderWire *self, short events, int milliseconds)
{
  struct pollfd fds[] = {
    { .fd = self->fd, .events = events },
    { .fd = loft_builder_stop_get_fd (), .events = POLLIN },
  };
  int ready;

  do
    ready = poll (fds, G_N_ELEMENTS (fds), milliseconds);
  while (ready == -1 && errno == EINTR);

  return ready > 0 && fds[1].revents == 0;
}

/* Reads some more, at least a byte of it. */
static gboolean
read_more (LoftBuilderWire *self, GError **error)
{
  guint had = self->ahead->len;
  gssize count;

  if (!wait_for (self, POLLIN, PATIENCE_MS))
    return fail ("nothing comes any more", error);

  g_byte_array_set_size (self->ahead, had + PIECE);
  do
    count = recv (self->fd, self->ahead->data + had, PIECE, MSG_DONTWAIT);
  while (count == -1 && errno == EINTR);
  g_byte_array_set_size (self->ahead, had + (guint) MAX (count, 0));

  if (count == 0)
    return fail ("it ends too early", error);
  if (count == -1 && errno != EAGAIN)
    return fail (g_strerror (errno), error);

  return TRUE;
}

/**
 * loft_builder_wire_read_line:
 * @self: a connection
 * @error: return location for a #GError
 *
 * Reads a line.
 *
 * Returns: (transfer full): the line without its end, or %NULL with @error set
 */
char *
loft_builder_wire_read_line (LoftBuilderWire *self, GError **error)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  const guint8 *end = NULL;

  while (self->ahead->len == 0 ||
         (end = memchr (self->ahead->data, '\n', self->ahead->len)) == NULL)
    if (self->ahead->len >= LOFT_BUILDER_LINE_MAX)
      break;
    else if (!read_more (self, error))
      return NULL;

  gsize length = end != NULL ? (gsize) (end - self->ahead->data) : G_MAXSIZE;
  if (length >= LOFT_BUILDER_LINE_MAX)
    {
      fail ("its first line is too long", error);
      return NULL;
    }
  if (memchr (self->ahead->data, '\0', length) != NULL)
    {
      fail ("it has a NUL in it", error);
      return NULL;
    }

  char *line = g_strndup ((const char *) self->ahead->data, length);
  g_byte_array_remove_range (self->ahead, 0, (guint) length + 1);

  return line;
}

/**
 * loft_builder_wire_read_bytes:
 * @self: a connection
 * @length: how many bytes
 * @folder: where there is room for them
 * @error: return location for a #GError
 *
 * Reads what follows a line.
 *
 * Returns: (transfer full): the bytes, or %NULL with @error set
 */
LoftSpool *
loft_builder_wire_read_bytes (LoftBuilderWire *self,
                              guint64 length,
                              const char *folder,
                              GError **error)
{
  g_return_val_if_fail (self != NULL && folder != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftSpool) spool =
    loft_spool_new (folder, (goffset) length, error);

  while (spool != NULL && length > 0)
    {
      if (self->ahead->len == 0 && !read_more (self, error))
        return NULL;

      guint count = (guint) MIN (length, self->ahead->len);
      if (!loft_spool_write (spool, self->ahead->data, count, error))
        return NULL;
      g_byte_array_remove_range (self->ahead, 0, count);
      length -= count;
    }
  if (spool == NULL || !loft_spool_finish (spool, error))
    return NULL;

  return g_steal_pointer (&spool);
}

/**
 * loft_builder_wire_write:
 * @self: a connection
 * @data: (array length=length): what to send
 * @length: how many bytes
 *
 * Sends all of it.
 *
 * Returns: %FALSE if the peer is gone, or takes nothing
 */
gboolean
loft_builder_wire_write (LoftBuilderWire *self, const char *data, gsize length)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (data != NULL || length == 0, FALSE);

  while (length > 0)
    {
      if (!wait_for (self, POLLOUT, PATIENCE_MS))
        return FALSE;

      gssize count = send (self->fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (count == -1 && errno != EINTR && errno != EAGAIN)
        return FALSE;
      data += MAX (count, 0);
      length -= (gsize) MAX (count, 0);
    }

  return TRUE;
}

/**
 * loft_builder_wire_write_file:
 * @self: a connection
 * @fd: a file, whose position is not used
 *
 * Sends a whole file.
 *
 * Returns: %FALSE if it can't be read, or the peer is gone or takes nothing
 */
gboolean
loft_builder_wire_write_file (LoftBuilderWire *self, int fd)
{
  g_return_val_if_fail (self != NULL && fd >= 0, FALSE);

  g_autofree char *piece = g_malloc (PIECE);
  off_t offset = 0;
  gssize count;

  while ((count = pread (fd, piece, PIECE, offset)) > 0)
    {
      if (!loft_builder_wire_write (self, piece, (gsize) count))
        return FALSE;
      offset += count;
    }

  return count == 0;
}

/**
 * loft_builder_wire_finish:
 * @self: a connection
 *
 * Says that no more will be sent, and waits a little until the peer has heard
 * so: to close a socket with something left to read would make the peer lose
 * what it has not read yet.
 */
void
loft_builder_wire_finish (LoftBuilderWire *self)
{
  g_return_if_fail (self != NULL);

  gint64 end = g_get_monotonic_time () + FAREWELL_MS * 1000;
  gssize count = 1;

  shutdown (self->fd, SHUT_WR);
  g_byte_array_set_size (self->ahead, PIECE);
  while (count > 0)
    {
      gint64 rest = end - g_get_monotonic_time ();

      count = -1;
      if (rest > 0 && wait_for (self, POLLIN, (int) (rest / 1000)))
        count = recv (self->fd, self->ahead->data, PIECE, MSG_DONTWAIT);
    }
}
