/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "http/loft-request.h"

G_BEGIN_DECLS

extern const LoftEndpoint loft_read_changes;

gboolean loft_changes_parse_page (LoftRequest *request,
                                  guint64 *out_since,
                                  guint *out_limit,
                                  GError **error);

G_END_DECLS
