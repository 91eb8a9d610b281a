/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "gate/loft-gate.h"
#include "http/loft-http-shared.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/**
 * LoftFront:
 *
 * Brings the gate and libsoup together.
 */
typedef struct _LoftFront LoftFront;

LoftFront *
loft_front_new (LoftHttpShared *shared, SoupServer *server, GError **error);
void loft_front_free (LoftFront *self);

LoftGate *loft_front_get_gate (LoftFront *self);
LoftGateStream *loft_front_find_stream (SoupServerMessage *message);

G_END_DECLS
