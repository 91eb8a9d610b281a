/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "pages/loft-html-writer.h"

#include <cmark-gfm.h>

G_BEGIN_DECLS

/* Where a text is, and what is relative to it. */
typedef struct
{
  const char *path;   /* in the package, such as "docs/README.md" */
  const char *links;  /* nullable: below this URL files are shown; ends in / */
  const char *images; /* nullable: below this one are the files themselves */
} LoftMarkdownPlace;

/* Whether a parser has only so much to do with a text. */
gboolean loft_markdown_is_bounded (const char *text, gsize length);

/* URLs that may stand in a page; NULL if what is asked for may not. */
char *loft_markdown_resolve_link (const LoftMarkdownPlace *place,
                                  const char *url);
char *loft_markdown_resolve_image (const LoftMarkdownPlace *place,
                                   const char *url);
gboolean loft_markdown_is_outside (const char *url);

/* The headings so far. */
typedef struct
{
  GHashTable
    *taken;      /* owned: words in use, and the last number that was added */
  guint open[6]; /* the levels of those that the text is under */
  guint n_open;
} LoftMarkdownHeadings;

void loft_markdown_headings_init (LoftMarkdownHeadings *self);
void loft_markdown_headings_clear (LoftMarkdownHeadings *self);
char *loft_markdown_headings_make_identifier (LoftMarkdownHeadings *self,
                                              cmark_node *heading);
guint loft_markdown_headings_get_level (LoftMarkdownHeadings *self, guint own);
char *loft_markdown_make_slug (const char *text);

/* Writers. */
void loft_markdown_add_document (LoftHtmlWriter *writer,
                                 const LoftMarkdownPlace *place,
                                 cmark_node *document);
void loft_markdown_add_link_start (LoftHtmlWriter *writer, const char *url);
void loft_markdown_add_image (LoftHtmlWriter *writer,
                              const LoftMarkdownPlace *place,
                              const char *url,
                              const char *alternative,
                              gboolean in_link);
void loft_markdown_add_linked_text (LoftHtmlWriter *writer,
                                    const LoftMarkdownPlace *place,
                                    const char *text);
void loft_markdown_add_html_block (LoftHtmlWriter *writer,
                                   const LoftMarkdownPlace *place,
                                   const char *html);
void loft_markdown_add_html_inline (LoftHtmlWriter *writer,
                                    const LoftMarkdownPlace *place,
                                    const char *html,
                                    gboolean in_link);
void loft_markdown_add_loft (LoftHtmlWriter *writer, const char *code);

G_END_DECLS
