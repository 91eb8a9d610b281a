/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * LoftBuffer:
 * @data: (nullable): all of it
 * @start: where its bytes begin
 * @length: how many they are
 * @size: bytes of @data; 0 if they are lent to it, to be consumed only
 *
 * Bytes that wait. An empty one is all zeros, and takes no memory.
 */
typedef struct
{
  char *data; /* owned unless lent, nullable */
  guint start;
  guint length;
  guint size;
} LoftBuffer;

void loft_buffer_clear (LoftBuffer *self);
void loft_buffer_reserve (LoftBuffer *self, gsize room);
void loft_buffer_append (LoftBuffer *self, const char *data, gsize length);
void loft_buffer_consume (LoftBuffer *self, gsize length);

G_END_DECLS
