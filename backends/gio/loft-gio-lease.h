/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "loft-gio-store.h"

G_BEGIN_DECLS

LoftGioLease *loft_gio_lease_take (LoftGioStore *store,
                                   gboolean take_over,
                                   gboolean *out_forced,
                                   GError **error);
gboolean loft_gio_lease_check (LoftGioLease *self, GError **error);
void loft_gio_lease_release (LoftGioLease *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftGioLease, loft_gio_lease_release)

G_END_DECLS
