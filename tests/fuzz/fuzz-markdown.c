/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "fuzz/fuzz.h"

#include "kit/html-check.h"
#include "pages/loft-markdown.h"

/* Whatever a text is, what becomes of it can stand in a page, and is inert. The
 * same text becomes the same again. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) source = g_bytes_new (data, size);
  g_autoptr (LoftHtml) html = loft_markdown_render (source,
                                                    "docs/README.md",
                                                    "/packages/p/1.0.0/files/",
                                                    "/packages/p/1.0.0/raw/");
  g_autoptr (LoftHtml) again = loft_markdown_render (source,
                                                     "docs/README.md",
                                                     "/packages/p/1.0.0/files/",
                                                     "/packages/p/1.0.0/raw/");
  g_autofree char *mistake =
    html_check (loft_html_get_text (html), loft_html_get_length (html));

  g_assert_cmpstr (mistake, ==, NULL);
  g_assert_cmpuint (loft_html_get_length (html), <=, LOFT_MARKDOWN_MAX_HTML);
  g_assert_cmpstr (loft_html_get_text (html), ==, loft_html_get_text (again));

  return 0;
}
