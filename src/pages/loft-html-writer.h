/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _LoftHtmlWriter LoftHtmlWriter;

LoftHtmlWriter *loft_html_writer_new (gsize limit);
void loft_html_writer_free (LoftHtmlWriter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftHtmlWriter, loft_html_writer_free)

void loft_html_writer_open (LoftHtmlWriter *self, const char *element);
void loft_html_writer_add_void (LoftHtmlWriter *self, const char *element);
void loft_html_writer_set (LoftHtmlWriter *self,
                           const char *attribute,
                           const char *value);
void loft_html_writer_add_text (LoftHtmlWriter *self,
                                const char *text,
                                gsize length);
void loft_html_writer_close (LoftHtmlWriter *self);

gboolean loft_html_writer_is_full (LoftHtmlWriter *self);
void loft_html_writer_close_all (LoftHtmlWriter *self);
GString *loft_html_writer_finish (LoftHtmlWriter *self);

G_END_DECLS
