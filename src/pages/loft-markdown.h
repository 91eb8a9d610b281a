/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "pages/loft-html.h"

G_BEGIN_DECLS

/* Of a text that is longer, only this much is rendered. */
#define LOFT_MARKDOWN_MAX_SOURCE (1024 * 1024)

/* No rendering is longer. */
#define LOFT_MARKDOWN_MAX_HTML (4 * 1024 * 1024)

LoftHtml *loft_markdown_render (GBytes *source,
                                const char *path,
                                const char *links,
                                const char *images);
LoftHtml *loft_markdown_render_source (const char *text,
                                       gboolean is_loft,
                                       gboolean *out_cut);

G_END_DECLS
