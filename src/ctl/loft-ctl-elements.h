/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * LoftCtlElementFunc:
 * @element: a JSON object
 * @user_data: what was given with the function
 * @error: return location for a #GError
 *
 * Told of an element of a list, as soon as it was read.
 *
 * Returns: %FALSE with @error set to read no further
 */
typedef gboolean (*LoftCtlElementFunc) (JsonObject *element,
                                        gpointer user_data,
                                        GError **error);

/**
 * LoftCtlElementForm:
 * @LOFT_CTL_ELEMENT_ARRAY: the elements of an array
 * @LOFT_CTL_ELEMENT_LINES: one a line
 * @LOFT_CTL_ELEMENT_SINGLE: exactly one
 *
 * How objects follow one another.
 */
typedef enum
{
  LOFT_CTL_ELEMENT_ARRAY,
  LOFT_CTL_ELEMENT_LINES,
  LOFT_CTL_ELEMENT_SINGLE
} LoftCtlElementForm;

typedef struct _LoftCtlElements LoftCtlElements;

LoftCtlElements *loft_ctl_elements_new (LoftCtlElementForm form,
                                        LoftCtlElementFunc func,
                                        gpointer user_data);
void loft_ctl_elements_free (LoftCtlElements *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftCtlElements, loft_ctl_elements_free)

void loft_ctl_elements_reset (LoftCtlElements *self);
gboolean loft_ctl_elements_feed (LoftCtlElements *self,
                                 const char *data,
                                 gsize length,
                                 GError **error);
gboolean loft_ctl_elements_finish (LoftCtlElements *self, GError **error);

G_END_DECLS
