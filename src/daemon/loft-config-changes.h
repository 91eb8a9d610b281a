/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "daemon/loft-config.h"

G_BEGIN_DECLS

void loft_config_report_changes (LoftConfig *before, LoftConfig *after);

G_END_DECLS
