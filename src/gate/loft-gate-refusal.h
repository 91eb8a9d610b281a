/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

GBytes *loft_gate_refusal_render (guint status,
                                  const char *reason,
                                  const char *date,
                                  const char *id);

G_END_DECLS
