/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "gate/loft-head.h"

G_BEGIN_DECLS

gboolean
loft_head_target_check (LoftSpan target, LoftSpan method, LoftSpan host);

G_END_DECLS
