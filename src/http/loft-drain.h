/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "http/loft-request.h"

G_BEGIN_DECLS

void loft_drain_start (LoftRequest *request, goffset length, gboolean expected);

G_END_DECLS
