/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "pages/loft-html.h"
#include "pages/loft-words.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * LoftTemplateLoadFunc:
 * @name: a template's name
 * @user_data: what was given with the function
 * @error: return location for a #GError
 *
 * Finds the text of a template that another one includes.
 *
 * Returns: (transfer full): the text, or %NULL with @error set
 */
typedef char *(*LoftTemplateLoadFunc) (const char *name,
                                       gpointer user_data,
                                       GError **error);

/**
 * LoftTemplate:
 *
 * A page with gaps.
 */
typedef struct _LoftTemplate LoftTemplate;

LoftTemplate *loft_template_new (const char *text,
                                 LoftTemplateLoadFunc load,
                                 gpointer user_data,
                                 GError **error);
void loft_template_free (LoftTemplate *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftTemplate, loft_template_free)

LoftHtml *loft_template_fill (const LoftTemplate *self,
                              const LoftWords *words,
                              JsonObject *values,
                              ...) G_GNUC_NULL_TERMINATED;

G_END_DECLS
