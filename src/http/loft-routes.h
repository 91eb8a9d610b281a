/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "http/loft-request.h"

G_BEGIN_DECLS

LoftRouter *loft_routes_new_router (void);
gboolean loft_routes_find (const LoftRouter *router,
                           LoftRequest *request,
                           GError **error);

G_END_DECLS
