/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-readme.h"

#include <string.h>

/**
 * loft_readme_rank:
 * @path: a path in an archive
 *
 * Tells whether a file is the README of its package: one at the root, by a
 * name in any case.
 *
 * Returns: 0 if it is not, else the larger the better
 */
guint
loft_readme_rank (const char *path)
{
  static const char *const names[] = { "README.txt", "README", "README.md" };

  g_return_val_if_fail (path != NULL, 0);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_ascii_strcasecmp (path, names[i]) == 0)
      return i + 1;

  return 0;
}

/* Where the last whole character within @most bytes of @text ends. */
static gsize
find_border (const char *text, gsize length, gsize most)
{
  if (length <= most)
    return length;

  while (most > 0 && ((guchar) text[most] & 0xc0) == 0x80)
    most--;

  return most;
}

/**
 * loft_readme_text:
 * @data: (array length=length): the first bytes of a file; of a longer one at
 *   least one more than %LOFT_README_MAX
 * @length: how many
 *
 * Makes text of what should be text: at most %LOFT_README_MAX bytes, cut
 * between two characters, with U+FFFD for what is not UTF-8.
 *
 * Returns: (transfer full): the text
 */
char *
loft_readme_text (const char *data, gsize length)
{
  g_return_val_if_fail (data != NULL || length == 0, NULL);

  gsize border = find_border (data, length, LOFT_README_MAX);
  char *text = g_utf8_make_valid (data != NULL ? data : "", border);

  /* Replaced bytes have become longer. */
  text[find_border (text, strlen (text), LOFT_README_MAX)] = '\0';

  return text;
}
