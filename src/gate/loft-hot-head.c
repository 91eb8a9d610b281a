/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-hot-head.h"

#include <string.h>

#include "gate/loft-http-date.h"
#include "gate/loft-request-id.h"

/* The text without the id, so that one of any length can stand there. */
struct _LoftHotHead
{
  gsize length;
  gsize date_at;
  gsize id_at;
  char text[];
};

/* Where the value of a header begins; NULL if there is no such header. */
static const char *
find_value (const char *head, gsize length, const char *name)
{
  gsize name_length = strlen (name);
  const char *end = head + length;

  for (const char *line = head; line != NULL && line < end;
       line = memchr (line, '\n', (gsize) (end - line)))
    {
      line++;
      if ((gsize) (end - line) > name_length &&
          memcmp (line, name, name_length) == 0)
        return line + name_length;
    }

  return NULL;
}

/**
 * loft_hot_head_new:
 * @head: (array length=length): the head of an answer as it was sent
 * @length: its bytes
 *
 * Keeps a head to send it again.
 *
 * Returns: (transfer full) (nullable): the head, or %NULL if it is not one that
 *   is whole and has a `Date` and an `X-Request-Id`, both after the first line
 */
LoftHotHead *
loft_hot_head_new (const char *head, gsize length)
{
  if (length < 4 || memcmp (head + length - 4, "\r\n\r\n", 4) != 0 ||
      memmem (head, length - 1, "\r\n\r\n", 4) != NULL)
    return NULL;

  const char *date = find_value (head, length, "Date: ");
  const char *id = find_value (head, length, "X-Request-Id: ");
  if (date == NULL || id == NULL ||
      (gsize) (head + length - date) < LOFT_HTTP_DATE_LENGTH)
    return NULL;

  gsize id_length =
    (gsize) ((const char *) memchr (id, '\r', length - (gsize) (id - head)) -
             id);
  gsize id_at = (gsize) (id - head);
  gsize date_at = (gsize) (date - head);
  LoftHotHead *self = g_malloc (sizeof *self + length - id_length);

  self->length = length - id_length;
  self->id_at = id_at;
  self->date_at = date_at > id_at ? date_at - id_length : date_at;
  memcpy (self->text, head, id_at);
  memcpy (self->text + id_at, id + id_length, length - id_at - id_length);

  return self;
}

/**
 * loft_hot_head_free:
 * @self: (transfer full): a head
 *
 * Frees @self.
 */
void
loft_hot_head_free (LoftHotHead *self)
{
  g_free (self);
}

/**
 * loft_hot_head_get_size:
 * @self: a head
 *
 * Returns: bytes that loft_hot_head_write() writes at most
 */
gsize
loft_hot_head_get_size (const LoftHotHead *self)
{
  return self->length + LOFT_REQUEST_ID_MAX;
}

/**
 * loft_hot_head_write:
 * @self: a head
 * @date: (array fixed-size=29): the date of this moment
 * @id: the id of the request, not longer than %LOFT_REQUEST_ID_MAX
 * @out_head: (out caller-allocates): where to write it
 *
 * Writes the head of another answer.
 *
 * Returns: how many bytes were written
 */
gsize
loft_hot_head_write (const LoftHotHead *self,
                     const char *date,
                     LoftSpan id,
                     char *out_head)
{
  gsize date_at =
    self->date_at < self->id_at ? self->date_at : self->date_at + id.length;

  memcpy (out_head, self->text, self->id_at);
  memcpy (out_head + self->id_at, id.data, id.length);
  memcpy (out_head + self->id_at + id.length,
          self->text + self->id_at,
          self->length - self->id_at);
  memcpy (out_head + date_at, date, LOFT_HTTP_DATE_LENGTH);

  return self->length + id.length;
}
