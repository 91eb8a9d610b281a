/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define LOFT_JSON_NUMBER_MAX 64

/**
 * LoftUtf8:
 * @left: continuation bytes to come
 * @low: the least that the next one may be
 * @high: the most
 *
 * Checks UTF-8 byte by byte.
 */
typedef struct
{
  guint left;
  guint8 low;
  guint8 high;
} LoftUtf8;

gboolean loft_utf8_take (LoftUtf8 *self, guint8 byte);

/**
 * LoftJsonNumber:
 * @state: what was read last
 * @length: how many characters were read
 * @text: they, and a NUL
 *
 * A number that is being read.
 */
typedef struct
{
  guint state;
  gsize length;
  char text[LOFT_JSON_NUMBER_MAX + 1];
} LoftJsonNumber;

void loft_json_number_begin (LoftJsonNumber *self, char c);
gboolean loft_json_number_take (LoftJsonNumber *self, char c);
const char *loft_json_number_end (LoftJsonNumber *self);

G_END_DECLS
