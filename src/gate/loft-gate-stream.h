/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "gate/loft-hot-cache.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define LOFT_TYPE_GATE_STREAM (loft_gate_stream_get_type ())
G_DECLARE_FINAL_TYPE (LoftGateStream,
                      loft_gate_stream,
                      LOFT,
                      GATE_STREAM,
                      GIOStream)

typedef void (*LoftGateHangupFunc) (LoftGateStream *stream, gpointer user_data);

gboolean loft_gate_stream_is_released (LoftGateStream *self);
void loft_gate_stream_conclude (LoftGateStream *self, GBytes *answer);
void loft_gate_stream_capture (LoftGateStream *self,
                               LoftHotResponse *response,
                               const LoftHotMark *mark);
void loft_gate_stream_set_fragile (LoftGateStream *self);
void loft_gate_stream_break (LoftGateStream *self);
gboolean loft_gate_stream_is_torn (LoftGateStream *self);
gboolean loft_gate_stream_wants_hot (LoftGateStream *self);
void loft_gate_stream_set_hangup (LoftGateStream *self,
                                  LoftGateHangupFunc func,
                                  gpointer user_data);

G_END_DECLS
