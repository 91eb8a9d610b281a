/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "kit/words-kit.h"

#include <string.h>

#define HEADER_SIZE 28

static void
append_number (GString *file, gsize number, gboolean swapped)
{
  guint32 plain = (guint32) number;
  guint32 written = swapped ? GUINT32_SWAP_LE_BE (plain) : plain;

  g_string_append_len (file, (const char *) &written, sizeof written);
}

/* Puts the text behind all others, and its place into the list. */
static void
append_text (GString *list,
             GString *texts,
             gsize start,
             const char *text,
             gboolean swapped)
{
  append_number (list, strlen (text), swapped);
  append_number (list, start + texts->len, swapped);
  g_string_append_len (texts, text, (gssize) strlen (text));
  for (gsize i = texts->len - strlen (text); i < texts->len; i++)
    if (texts->str[i] == '|')
      texts->str[i] = '\0';
    else if (texts->str[i] == '~')
      texts->str[i] = '\004';
  g_string_append_c (texts, '\0');
}

/**
 * words_kit_make:
 * @messages: messages, in the order of their texts
 * @n: how many
 * @swapped: whether it is written as machines of the other byte order do
 *
 * Makes a catalog, as msgfmt would.
 *
 * Returns: (transfer full): the catalog
 */
GBytes *
words_kit_make (const WordsKitMessage *messages, gsize n, gboolean swapped)
{
  GString *file = g_string_new (NULL);
  g_autoptr (GString) originals = g_string_new (NULL);
  g_autoptr (GString) translations = g_string_new (NULL);
  g_autoptr (GString) texts = g_string_new (NULL);
  gsize start = HEADER_SIZE + 16 * n;

  for (gsize i = 0; i < n; i++)
    append_text (originals, texts, start, messages[i].text, swapped);
  for (gsize i = 0; i < n; i++)
    append_text (translations, texts, start, messages[i].translation, swapped);

  append_number (file, 0x950412de, swapped);
  append_number (file, 0, swapped);
  append_number (file, n, swapped);
  append_number (file, HEADER_SIZE, swapped);
  append_number (file, HEADER_SIZE + 8 * n, swapped);
  append_number (file, 0, swapped);
  append_number (file, 0, swapped);
  g_string_append_len (file, originals->str, (gssize) originals->len);
  g_string_append_len (file, translations->str, (gssize) translations->len);
  g_string_append_len (file, texts->str, (gssize) texts->len);

  return g_string_free_to_bytes (file);
}
