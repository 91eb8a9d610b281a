/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-text.h"

#include <string.h>

/* Whether files are texts, which nothing says of them. */

#define SUBSTITUTE "\357\277\275"

/* A text in an old encoding has some bytes that are wrong in UTF-8, and what is
 * no text has many. */
#define WRONG_MAX(length) ((length) / 4)

/* The longest part of a character that lacks its end. */
#define PART_MAX 3

static gboolean
is_control (char c)
{
  return g_ascii_iscntrl (c) && strchr ("\t\n\v\f\r\033", c) == NULL;
}

/* Stops counting where it doesn't matter any more. */
static gboolean
has_controls (const char *data, gsize length)
{
  gsize n = 0;

  for (gsize i = 0; i < length && n <= WRONG_MAX (length); i++)
    n += is_control (data[i]);

  return n > WRONG_MAX (length);
}

/**
 * loft_text_decode:
 * @data: (array length=length): a file, or the first bytes of it
 * @length: how many bytes
 * @is_cut: whether more bytes follow
 *
 * Reads a file as a text. What is not UTF-8 in it is replaced by U+FFFD; a
 * character that was cut in two is left out.
 *
 * Returns: (transfer full) (nullable): valid UTF-8, or %NULL if it is no text
 */
char *
loft_text_decode (const char *data, gsize length, gboolean is_cut)
{
  g_return_val_if_fail (data != NULL || length == 0, NULL);

  if (length == 0)
    return g_strdup ("");
  if (memchr (data, '\0', length) != NULL || has_controls (data, length))
    return NULL;

  g_autoptr (GString) text = g_string_sized_new (length + 1);
  const char *end = data + length;
  gsize n_wrong = 0;
  while (data < end)
    {
      const char *wrong = data;

      g_utf8_validate_len (data, (gsize) (end - data), &wrong);
      g_string_append_len (text, data, wrong - data);
      if (wrong == end || (is_cut && end - wrong <= PART_MAX))
        break;
      if (++n_wrong > WRONG_MAX (length))
        return NULL;
      g_string_append (text, SUBSTITUTE);
      data = wrong + 1;
    }

  return g_string_free (g_steal_pointer (&text), FALSE);
}
