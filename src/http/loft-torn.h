/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "http/loft-request.h"

G_BEGIN_DECLS

void loft_torn_expect (LoftRequest *request);
void loft_torn_report (LoftRequest *request);

G_END_DECLS
