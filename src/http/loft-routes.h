/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "http/loft-request.h"
#include "http/loft-router.h"

G_BEGIN_DECLS

/**
 * LoftRoutes:
 *
 * What answers which path, with a view's prefix or without.
 */
typedef struct _LoftRoutes LoftRoutes;

LoftRoutes *loft_routes_new (void);
void loft_routes_free (LoftRoutes *self);
gboolean
loft_routes_find (const LoftRoutes *self, LoftRequest *request, GError **error);
guint loft_routes_get_n_rows (void);
const LoftRoute *loft_routes_get_row (guint row);

G_END_DECLS
