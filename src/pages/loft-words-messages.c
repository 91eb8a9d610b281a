/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-words-private.h"

#include <string.h>

/*
 * Catalogs in the format that gettext describes under “The Format of GNU MO
 * Files”: two lists of lengths and offsets, the first of them sorted. They are
 * read here because gettext itself has one language a process, names it by a
 * locale that the machine must know, and obeys the environment.
 */

#define MAGIC 0x950412deu

/* The magic, a revision, the number of messages, and where the lists are. */
#define HEADER_SIZE 20

/* A length and an offset. */
#define ENTRY_SIZE 8

static guint32
read_number (const LoftMessages *self, gsize offset)
{
  const char *data = g_bytes_get_data (self->bytes, NULL);
  guint32 number = 0;

  memcpy (&number, data + offset, sizeof number);

  return self->is_swapped ? GUINT32_SWAP_LE_BE (number) : number;
}

/* The text of an entry, with its NUL, is within the catalog. */
static gboolean
check_entry (const LoftMessages *self, gsize list, guint32 i)
{
  gsize size = g_bytes_get_size (self->bytes);
  const char *data = g_bytes_get_data (self->bytes, NULL);
  gsize length = read_number (self, list + ENTRY_SIZE * (gsize) i);
  gsize offset = read_number (self, list + ENTRY_SIZE * (gsize) i + 4);

  return length < size && offset < size - length &&
         data[offset + length] == '\0';
}

static const char *
read_entry (const LoftMessages *self, gsize list, guint32 i, gsize *out_length)
{
  const char *data = g_bytes_get_data (self->bytes, NULL);

  if (out_length != NULL)
    *out_length = read_number (self, list + ENTRY_SIZE * (gsize) i);

  return data + read_number (self, list + ENTRY_SIZE * (gsize) i + 4);
}

/**
 * loft_messages_init:
 * @self: (out caller-allocates): a catalog
 * @bytes: what it is made of
 *
 * Begins with a catalog.
 *
 * Returns: whether it is one; if it isn't, @self has no messages
 */
gboolean
loft_messages_init (LoftMessages *self, GBytes *bytes)
{
  gsize size = g_bytes_get_size (bytes);
  LoftMessages new = { .bytes = bytes };

  *self = (LoftMessages){ 0 };
  if (size < HEADER_SIZE)
    return FALSE;

  guint32 magic = read_number (&new, 0);
  new.is_swapped = magic == GUINT32_SWAP_LE_BE (MAGIC);
  if (magic != MAGIC && !new.is_swapped)
    return FALSE;

  new.n = read_number (&new, 8);
  new.originals = read_number (&new, 12);
  new.translations = read_number (&new, 16);
  if (new.n > size / ENTRY_SIZE ||
      new.originals > size - ENTRY_SIZE *(gsize) new.n ||
      new.translations > size - ENTRY_SIZE *(gsize) new.n)
    return FALSE;
  for (guint32 i = 0; i < new.n; i++)
    if (!check_entry (&new, new.originals, i) ||
        !check_entry (&new, new.translations, i))
      return FALSE;

  *self = new;
  g_bytes_ref (bytes);

  return TRUE;
}

/**
 * loft_messages_find:
 * @self: a catalog
 * @key: a message, behind its context and a byte 4 if it has one
 * @out_length: (out) (optional): the bytes of its translation
 *
 * Looks for a translation. One for a number of things has several forms, each
 * but the last with a NUL behind it.
 *
 * Returns: (nullable): the translation, or %NULL if there is none
 */
const char *
loft_messages_find (const LoftMessages *self,
                    const char *key,
                    gsize *out_length)
{
  guint32 from = 0;
  guint32 to = self->n;

  while (from < to)
    {
      guint32 middle = from + (to - from) / 2;
      int order =
        strcmp (key, read_entry (self, self->originals, middle, NULL));

      if (order == 0)
        return read_entry (self, self->translations, middle, out_length);
      if (order < 0)
        to = middle;
      else
        from = middle + 1;
    }

  return NULL;
}
