/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "ctl/loft-ctl.h"

G_BEGIN_DECLS

/* Milliseconds for calls during which somebody may have to enter a password. */
#define LOFT_CTL_BUS_PATIENCE (10 * 60 * 1000)

LoftBusRegistry1 *loft_ctl_bus_connect (const LoftCtl *self, GError **error);
GVariant *loft_ctl_bus_get_properties (GDBusProxy *proxy, GError **error);
gboolean loft_ctl_bus_is_relieved (LoftBusRegistry1 *registry);
gboolean loft_ctl_bus_has_left (void);
void loft_ctl_bus_explain (GError **error);

G_END_DECLS
