/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-html-private.h"

struct _LoftHtml
{
  GString *text; /* owned */
};

/**
 * loft_html_new_take:
 * @text: (transfer full): markup in which nothing of a stranger's is unescaped
 *
 * Vouches for markup.
 *
 * Returns: (transfer full): the markup
 */
LoftHtml *
loft_html_new_take (GString *text)
{
  g_return_val_if_fail (text != NULL, NULL);

  LoftHtml *self = g_atomic_rc_box_new0 (LoftHtml);

  self->text = text;

  return self;
}

/**
 * loft_html_ref:
 * @self: markup
 *
 * Returns: (transfer full): @self
 */
LoftHtml *
loft_html_ref (LoftHtml *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
html_clear (gpointer data)
{
  LoftHtml *self = data;

  g_string_free (self->text, TRUE);
}

/**
 * loft_html_unref:
 * @self: (transfer full): markup
 *
 * Frees @self with its last reference.
 */
void
loft_html_unref (LoftHtml *self)
{
  g_atomic_rc_box_release_full (self, html_clear);
}

/**
 * loft_html_get_text:
 * @self: markup
 *
 * Returns: (transfer none): its text
 */
const char *
loft_html_get_text (const LoftHtml *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->text->str;
}

/**
 * loft_html_get_length:
 * @self: markup
 *
 * Returns: its bytes
 */
gsize
loft_html_get_length (const LoftHtml *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->text->len;
}

/**
 * loft_html_to_bytes:
 * @self: markup
 *
 * Returns: (transfer full): its text, to be sent
 */
GBytes *
loft_html_to_bytes (const LoftHtml *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return g_bytes_new (self->text->str, self->text->len);
}
