/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-json-token.h"

#include <math.h>
#include <string.h>

#define INTEGER_MAX (G_GINT64_CONSTANT (1) << 53)

typedef enum
{
  NUMBER_MINUS,
  NUMBER_ZERO,
  NUMBER_INTEGER,
  NUMBER_POINT,
  NUMBER_FRACTION,
  NUMBER_E,
  NUMBER_SIGN,
  NUMBER_EXPONENT,
  NUMBER_TOO_LONG,
  NUMBER_BROKEN,
} NumberState;

/**
 * loft_utf8_take:
 * @self: what was read so far; all zero at the beginning
 * @byte: the next byte, at least 0x80 where no continuation byte is due
 *
 * Takes the next byte. Overlong forms, surrogates and what lies above U+10FFFF
 * are refused; noncharacters are characters like others.
 *
 * Returns: %FALSE if @byte cannot follow
 */
gboolean
loft_utf8_take (LoftUtf8 *self, guint8 byte)
{
  if (self->left > 0)
    {
      if (byte < self->low || byte > self->high)
        return FALSE;
      self->left--;
      self->low = 0x80;
      self->high = 0xbf;
      return TRUE;
    }

  if (byte < 0xc2 || byte > 0xf4)
    return FALSE;

  self->left = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
  self->low = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
  self->high = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;

  return TRUE;
}

/**
 * loft_json_number_begin:
 * @self: a number
 * @c: its first character, a digit or a hyphen
 *
 * Begins to read a number.
 */
void
loft_json_number_begin (LoftJsonNumber *self, char c)
{
  self->state = c == '-'   ? NUMBER_MINUS
                : c == '0' ? NUMBER_ZERO
                           : NUMBER_INTEGER;
  self->text[0] = c;
  self->length = 1;
}

/* The state after @c, or NUMBER_BROKEN if @c cannot follow. */
static NumberState
next_state (NumberState state, char c)
{
  gboolean is_digit = g_ascii_isdigit (c);

  switch (state)
    {
    case NUMBER_MINUS:
      return c == '0' ? NUMBER_ZERO : is_digit ? NUMBER_INTEGER : NUMBER_BROKEN;

    case NUMBER_ZERO:
    case NUMBER_INTEGER:
      if (is_digit)
        return state == NUMBER_INTEGER ? NUMBER_INTEGER : NUMBER_BROKEN;
      return c == '.'               ? NUMBER_POINT
             : c == 'e' || c == 'E' ? NUMBER_E
                                    : NUMBER_BROKEN;

    case NUMBER_POINT:
      return is_digit ? NUMBER_FRACTION : NUMBER_BROKEN;

    case NUMBER_FRACTION:
      return is_digit               ? NUMBER_FRACTION
             : c == 'e' || c == 'E' ? NUMBER_E
                                    : NUMBER_BROKEN;

    case NUMBER_E:
      if (c == '+' || c == '-')
        return NUMBER_SIGN;
      return is_digit ? NUMBER_EXPONENT : NUMBER_BROKEN;

    case NUMBER_SIGN:
    case NUMBER_EXPONENT:
      return is_digit ? NUMBER_EXPONENT : NUMBER_BROKEN;

    case NUMBER_TOO_LONG:
      return NUMBER_TOO_LONG;

    case NUMBER_BROKEN:
    default:
      return NUMBER_BROKEN;
    }
}

/**
 * loft_json_number_take:
 * @self: a number
 * @c: the next character
 *
 * Takes the next character of a number.
 *
 * Returns: %FALSE if @c is no character of a number, so that it ended before
 */
gboolean
loft_json_number_take (LoftJsonNumber *self, char c)
{
  if (!g_ascii_isdigit (c) && (c == '\0' || strchr ("+-.eE", c) == NULL))
    return FALSE;

  self->state = next_state (self->state, c);
  if (self->length < LOFT_JSON_NUMBER_MAX)
    self->text[self->length++] = c;
  else if (self->state != NUMBER_BROKEN)
    self->state = NUMBER_TOO_LONG;

  return TRUE;
}

/**
 * loft_json_number_end:
 * @self: a number
 *
 * Ends a number, which completes its text. An integer must lie within ±2^53,
 * where programs that know only floating point still tell neighbours apart,
 * and others must not be too large for floating point.
 *
 * Returns: (nullable): what is wrong with it, or %NULL
 */
const char *
loft_json_number_end (LoftJsonNumber *self)
{
  self->text[self->length] = '\0';

  switch ((NumberState) self->state)
    {
    case NUMBER_ZERO:
    case NUMBER_INTEGER:
      {
        gint64 value = g_ascii_strtoll (self->text, NULL, 10);

        return value >= -INTEGER_MAX && value <= INTEGER_MAX
                 ? NULL
                 : "an integer is not within ±2^53";
      }

    case NUMBER_FRACTION:
    case NUMBER_EXPONENT:
      return isfinite (g_ascii_strtod (self->text, NULL))
               ? NULL
               : "a number is too large";

    case NUMBER_TOO_LONG:
      return "a number is too long";

    case NUMBER_MINUS:
    case NUMBER_POINT:
    case NUMBER_E:
    case NUMBER_SIGN:
    case NUMBER_BROKEN:
    default:
      return "a number is malformed";
    }
}
