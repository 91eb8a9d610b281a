/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-registry-figures.h"
#include "registry/loft-registry.h"

G_BEGIN_DECLS

void loft_metrics_add_docs (GString *text,
                            LoftRegistry *registry,
                            LoftDocsFigures *figures);

G_END_DECLS
