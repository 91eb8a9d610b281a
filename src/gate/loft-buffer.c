/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-buffer.h"

#include <string.h>

/* So that a buffer does not grow byte by byte. */
#define GROW 1024

/**
 * loft_buffer_clear:
 * @self: a buffer
 *
 * Forgets its bytes, and gives its memory back, unless that was lent to it.
 */
void
loft_buffer_clear (LoftBuffer *self)
{
  if (self->size > 0)
    g_free (self->data);
  self->data = NULL;
  self->start = 0;
  self->length = 0;
  self->size = 0;
}

/**
 * loft_buffer_reserve:
 * @self: a buffer
 * @room: bytes
 *
 * Makes sure that so many bytes can be written behind those that are there.
 */
void
loft_buffer_reserve (LoftBuffer *self, gsize room)
{
  if (self->start > 0)
    {
      memmove (self->data, self->data + self->start, self->length);
      self->start = 0;
    }
  if (self->length + room <= self->size)
    return;

  self->size = (guint) (self->length + room + GROW - 1) / GROW * GROW;
  self->data = g_realloc (self->data, self->size);
}

/**
 * loft_buffer_append:
 * @self: a buffer
 * @data: (array length=length): bytes
 * @length: how many
 *
 * Adds bytes at the end.
 */
void
loft_buffer_append (LoftBuffer *self, const char *data, gsize length)
{
  if (length == 0)
    return;

  loft_buffer_reserve (self, length);
  memcpy (self->data + self->length, data, length);
  self->length += (guint) length;
}

/**
 * loft_buffer_consume:
 * @self: a buffer
 * @length: how many bytes, which are there
 *
 * Takes bytes off its beginning.
 */
void
loft_buffer_consume (LoftBuffer *self, gsize length)
{
  self->length -= (guint) length;
  self->start = self->length > 0 ? self->start + (guint) length : 0;
}
