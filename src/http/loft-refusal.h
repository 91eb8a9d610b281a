/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "http/loft-request.h"

G_BEGIN_DECLS

gboolean loft_refusal_check (LoftRequest *request, GError **error);
void loft_refusal_send (LoftRequest *request, GError *error);
void loft_refusal_consult (LoftRequest *request);
void loft_refusal_decide (LoftRequest *request, GError *error);

G_END_DECLS
