/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "http/loft-request.h"

G_BEGIN_DECLS

extern const LoftEndpoint loft_read_root;
extern const LoftEndpoint loft_read_livez;
extern const LoftEndpoint loft_read_readyz;
extern const LoftEndpoint loft_read_packages;
extern const LoftEndpoint loft_read_versions;
extern const LoftEndpoint loft_read_version;
extern const LoftEndpoint loft_read_download;
extern const LoftEndpoint loft_read_downloads;
extern const LoftEndpoint loft_read_dependents;
extern const LoftEndpoint loft_read_options;

GBytes *loft_read_render_root (guint64 packages);
gboolean loft_read_is_page (LoftRequest *request);
gboolean
loft_read_parse_sort (LoftRequest *request, LoftSort *out_sort, GError **error);
gboolean loft_read_parse_limit (LoftRequest *request,
                                guint64 *out_limit,
                                GError **error);

G_END_DECLS
