/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-page.h"

G_BEGIN_DECLS

void loft_metrics_add_processes (GString *text, LoftPage *page);

G_END_DECLS
