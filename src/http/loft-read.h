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
extern const LoftEndpoint loft_read_dependents;
extern const LoftEndpoint loft_read_options;

G_END_DECLS
