/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-catalog-private.h"

#include <string.h>

#include "registry/loft-registry-error.h"

/* Cursors go to clients and come back as anything, so decoding takes exactly
 * what encoding gives, and refuses all else. */

#define CURSOR_MAX 1024

/**
 * loft_catalog_cursor_encode:
 * @self: a cursor
 * @kind: a letter for the order of the page
 *
 * Makes a cursor for clients: letters, digits, `-` and `_`.
 *
 * Returns: (transfer full): the cursor
 */
char *
loft_catalog_cursor_encode (const LoftCatalogCursor *self, char kind)
{
  g_autofree char *plain = g_strdup_printf (
    "%c:%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT ":%s",
    kind,
    self->rank,
    self->score,
    self->time,
    self->name);
  char *text = g_base64_encode ((const guchar *) plain, strlen (plain));

  text[strcspn (text, "=")] = '\0';

  return g_strdelimit (g_strdelimit (text, "+", '-'), "/", '_');
}

static char *
decode_base64 (const char *text)
{
  gsize length = strnlen (text, CURSOR_MAX + 1);
  if (length == 0 || length > CURSOR_MAX || length % 4 == 1)
    return NULL;

  g_autoptr (GString) padded = g_string_new (text);
  g_strdelimit (g_strdelimit (padded->str, "-", '+'), "_", '/');
  for (gsize i = length; i % 4 != 0; i++)
    g_string_append_c (padded, '=');

  gsize plain_length = 0;
  g_autofree guchar *plain = g_base64_decode (padded->str, &plain_length);
  if (memchr (plain, '\0', plain_length) != NULL)
    return NULL;

  return g_strndup ((const char *) plain, plain_length);
}

static gboolean
take_int (const char **text, gint64 *out_value)
{
  char *end = NULL;

  *out_value = g_ascii_strtoll (*text, &end, 10);
  if (end == *text || *end != ':')
    return FALSE;

  *text = end + 1;

  return TRUE;
}

/**
 * loft_catalog_cursor_decode:
 * @text: what a client gave
 * @kind: the letter for the order that it asked for
 * @out_cursor: (out): what it says
 * @error: return location for a #GError
 *
 * Reads a cursor.
 *
 * Returns: %TRUE on success; %FALSE with @error set to
 *   %LOFT_REGISTRY_ERROR_MALFORMED if it is none of that order
 */
gboolean
loft_catalog_cursor_decode (const char *text,
                            char kind,
                            LoftCatalogCursor *out_cursor,
                            GError **error)
{
  g_autofree char *plain = decode_base64 (text);
  const char *rest = plain;
  g_auto (LoftCatalogCursor) cursor = { 0, 0, 0, NULL };

  if (plain != NULL && plain[0] == kind && plain[1] == ':')
    {
      rest += 2;
      if (take_int (&rest, &cursor.rank) && take_int (&rest, &cursor.score) &&
          take_int (&rest, &cursor.time) && g_utf8_validate (rest, -1, NULL))
        cursor.name = g_strdup (rest);
    }

  g_autofree char *again =
    cursor.name != NULL ? loft_catalog_cursor_encode (&cursor, kind) : NULL;
  if (g_strcmp0 (again, text) == 0)
    {
      *out_cursor = cursor;
      cursor.name = NULL;
      return TRUE;
    }

  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_MALFORMED,
                       "The cursor in “after” is none that was given out for "
                       "this list");

  return FALSE;
}

/**
 * loft_catalog_cursor_clear:
 * @self: a cursor
 *
 * Frees what is in a cursor.
 */
void
loft_catalog_cursor_clear (LoftCatalogCursor *self)
{
  g_clear_pointer (&self->name, g_free);
}

/**
 * loft_catalog_cursor_compare:
 * @a: (type LoftCatalogCursor): a cursor
 * @b: (type LoftCatalogCursor): another
 *
 * Tells which of two rows comes first on a page.
 *
 * Returns: less than, equal to or greater than zero
 */
int
loft_catalog_cursor_compare (gconstpointer a, gconstpointer b)
{
  const LoftCatalogCursor *x = a;
  const LoftCatalogCursor *y = b;

  if (x->rank != y->rank)
    return x->rank < y->rank ? -1 : 1;
  if (x->score != y->score)
    return x->score > y->score ? -1 : 1;
  if (x->time != y->time)
    return x->time > y->time ? -1 : 1;

  return strcmp (x->name, y->name);
}
