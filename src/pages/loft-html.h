/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * LoftHtml:
 *
 * Markup that is known to be safe. Only what escapes can make one: templates,
 * and the renderer of READMEs.
 */
typedef struct _LoftHtml LoftHtml;

LoftHtml *loft_html_ref (LoftHtml *self);
void loft_html_unref (LoftHtml *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftHtml, loft_html_unref)

const char *loft_html_get_text (const LoftHtml *self);
gsize loft_html_get_length (const LoftHtml *self);
GBytes *loft_html_to_bytes (const LoftHtml *self);

G_END_DECLS
