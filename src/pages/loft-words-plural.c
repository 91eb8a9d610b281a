/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-words-private.h"

#include <string.h>

/*
 * Which form of a text goes with a number is told by an expression of C in the
 * head of a catalog, such as `n == 1 ? 0 : n % 10 >= 2 ? 1 : 2`. The rules come
 * with the program; one that can't be read means the first form.
 */

/* More parentheses and conditions than that has no language. */
#define DEPTH_MAX 32

typedef struct
{
  const char *next;
  guint64 n;
  guint depth;
  gboolean is_bad;
} Reader;

/* From those that bind least to those that bind most; the longer of two that
 * begin alike comes first. */
static const struct
{
  const char *sign;
  guint level;
} operators[] = {
  { "||", 0 }, { "&&", 1 }, { "==", 2 }, { "!=", 2 }, { "<=", 3 },
  { ">=", 3 }, { "<", 3 },  { ">", 3 },  { "+", 4 },  { "-", 4 },
  { "*", 5 },  { "/", 5 },  { "%", 5 },
};

static guint64 read_condition (Reader *self);

static gboolean
take (Reader *self, const char *sign)
{
  while (*self->next == ' ')
    self->next++;
  if (!g_str_has_prefix (self->next, sign))
    return FALSE;
  self->next += strlen (sign);

  return TRUE;
}

static guint64
read_operand (Reader *self)
{
  if (self->is_bad || ++self->depth > DEPTH_MAX)
    {
      self->is_bad = TRUE;
      return 0;
    }

  guint64 value = 0;
  if (take (self, "!"))
    value = !read_operand (self);
  else if (take (self, "("))
    {
      value = read_condition (self);
      self->is_bad |= !take (self, ")");
    }
  else if (take (self, "n"))
    value = self->n;
  else if (g_ascii_isdigit (*self->next))
    value = g_ascii_strtoull (self->next, (char **) &self->next, 10);
  else
    self->is_bad = TRUE;
  self->depth--;

  return value;
}

static guint64
apply (const char *sign, guint64 a, guint64 b)
{
  switch (sign[0])
    {
    case '|':
      return a != 0 || b != 0;
    case '&':
      return a != 0 && b != 0;
    case '=':
      return a == b;
    case '!':
      return a != b;
    case '<':
      return sign[1] == '=' ? a <= b : a < b;
    case '>':
      return sign[1] == '=' ? a >= b : a > b;
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return b != 0 ? a / b : 0;
    case '%':
    default:
      return b != 0 ? a % b : 0;
    }
}

static const char *
take_operator (Reader *self, guint lowest, guint *out_level)
{
  for (gsize i = 0; i < G_N_ELEMENTS (operators); i++)
    if (operators[i].level >= lowest && take (self, operators[i].sign))
      {
        *out_level = operators[i].level;
        return operators[i].sign;
      }

  return NULL;
}

static guint64
read_operation (Reader *self, guint lowest)
{
  guint64 value = read_operand (self);
  guint level = 0;

  for (const char *sign = take_operator (self, lowest, &level); sign != NULL;
       sign = take_operator (self, lowest, &level))
    value = apply (sign, value, read_operation (self, level + 1));

  return value;
}

static guint64
read_condition (Reader *self)
{
  guint64 value = read_operation (self, 0);

  if (!take (self, "?"))
    return value;
  if (++self->depth > DEPTH_MAX)
    {
      self->is_bad = TRUE;
      return 0;
    }

  guint64 yes = read_condition (self);
  self->is_bad |= !take (self, ":");
  guint64 no = self->is_bad ? 0 : read_condition (self);
  self->depth--;

  return value != 0 ? yes : no;
}

/**
 * loft_plural_find:
 * @rule: an expression, ended by a semicolon or a line's end
 * @n: a number of things
 *
 * Tells which form of a text goes with a number.
 *
 * Returns: the form, from 0
 */
guint
loft_plural_find (const char *rule, guint64 n)
{
  Reader reader = { rule, n, 0, FALSE };
  guint64 form = read_condition (&reader);

  if (reader.is_bad ||
      !(take (&reader, ";") || *reader.next == '\n' || *reader.next == '\0'))
    return 0;

  return (guint) MIN (form, G_MAXUINT);
}
