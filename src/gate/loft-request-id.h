/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "gate/loft-head.h"

G_BEGIN_DECLS

#define LOFT_REQUEST_ID_LENGTH 16
#define LOFT_REQUEST_ID_MAX 128

gboolean loft_request_id_is_good (LoftSpan proposed);
void loft_request_id_make (char out_id[LOFT_REQUEST_ID_LENGTH + 1]);

G_END_DECLS
