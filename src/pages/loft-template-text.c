/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-template-private.h"

#include <string.h>

/*
 * Texts of templates that are translated:
 *
 *   {{tr Some text}}
 *   {{tr Published by {author}}}                 with a value
 *   {{trn n_files|{n} file|{n} files}}           about a number of things
 *   {{tr verb~Open}}                             where alike texts differ
 *   {{let link}}<a href="x">{{name}}</a>{{end}}
 *   {{tr The newest one is {link}.}}             with markup
 *
 * po/extract-pages finds them, so that translators do. A translation may put
 * the gaps in another order. It is a text, and each gap is filled as if its
 * name stood between double braces: so no translation can be markup.
 */

/**
 * loft_template_text_next:
 * @text: (inout): a text with gaps; then what follows the piece
 * @out_piece: (out): its first piece
 *
 * Takes a text apart. A brace that begins no gap is a brace.
 *
 * Returns: whether there was something left
 */
gboolean
loft_template_text_next (const char **text, LoftTextPiece *out_piece)
{
  const char *start = *text;
  const char *next = start;

  if (*start == '\0')
    return FALSE;

  for (; *next != '\0'; next++)
    {
      gsize length =
        *next == '{' ? strspn (next + 1, G_CSET_a_2_z G_CSET_DIGITS "_.") : 0;

      if (length == 0 || next[1 + length] != '}')
        continue;
      *out_piece = (LoftTextPiece){ start,
                                    (gsize) (next - start),
                                    g_strndup (next + 1, length) };
      *text = next + length + 2;
      return TRUE;
    }
  *out_piece = (LoftTextPiece){ start, (gsize) (next - start), NULL };
  *text = next;

  return TRUE;
}

/* Where a text is broken into lines is the template's matter. */
static char *
join_lines (const char *text)
{
  GString *joined = g_string_new (NULL);

  for (const char *next = text; *next != '\0'; next++)
    if (!g_ascii_isspace (*next))
      g_string_append_c (joined, *next);
    else if (joined->len > 0 && joined->str[joined->len - 1] != ' ')
      g_string_append_c (joined, ' ');

  return g_strchomp (g_string_free (joined, FALSE));
}

static gboolean
check_text (const char *text)
{
  LoftTextPiece piece = { 0 };

  if (text == NULL || *text == '\0')
    return FALSE;
  while (loft_template_text_next (&text, &piece))
    {
      g_free (piece.name);
      for (gsize i = 0; i < piece.length; i++)
        if (strchr ("{}|~", piece.literal[i]) != NULL)
          return FALSE;
    }

  return TRUE;
}

/**
 * loft_template_text_parse:
 * @words: what stands between double braces, from `tr` or `trn` on
 * @error: return location for a #GError
 *
 * Reads a text that is to be translated.
 *
 * Returns: (transfer full): the text, or %NULL with @error set to
 *   %G_IO_ERROR_INVALID_DATA
 */
LoftNode *
loft_template_text_parse (const char *words, GError **error)
{
  g_autofree char *joined = join_lines (words);
  gboolean is_plural = g_str_has_prefix (joined, "trn ");
  const char *rest = joined + strlen (is_plural ? "trn " : "tr ");
  g_auto (GStrv) parts = g_strsplit (rest, "|", -1);
  guint n = g_strv_length (parts);
  LoftNode *node = g_new0 (LoftNode, 1);
  const char *text = is_plural && n == 3 ? parts[1] : parts[0];
  const char *tilde = text != NULL ? strchr (text, '~') : NULL;

  node->kind = LOFT_NODE_TEXT;
  if (tilde != NULL)
    node->context = g_strndup (text, (gsize) (tilde - text));
  node->text = g_strdup (tilde != NULL ? tilde + 1 : text);
  if (is_plural && n == 3)
    {
      node->count = g_strdup (parts[0]);
      node->plural = g_strdup (parts[2]);
    }

  if (n == (is_plural ? 3 : 1) && check_text (node->text) &&
      (!is_plural || (*node->count != '\0' && check_text (node->plural))))
    return node;

  loft_node_free (node);
  g_set_error (error,
               G_IO_ERROR,
               G_IO_ERROR_INVALID_DATA,
               "No text to translate: “%s”",
               words);

  return NULL;
}
