/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "http/loft-request.h"

G_BEGIN_DECLS

extern const LoftEndpoint loft_view_read_root;
extern const LoftEndpoint loft_view_read_changes;
extern const LoftEndpoint loft_view_read_packages;
extern const LoftEndpoint loft_view_read_dependents;
extern const LoftEndpoint loft_view_read_versions;
extern const LoftEndpoint loft_view_read_version;
extern const LoftEndpoint loft_view_read_download;

G_END_DECLS
