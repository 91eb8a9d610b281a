/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "loft-gio-store.h"

G_BEGIN_DECLS

gboolean loft_gio_settle (LoftGioStore *store,
                          const LoftGioDoubt *doubt,
                          gboolean *out_done,
                          GError **error);
gboolean
loft_gio_settle_key (LoftGioStore *store, const char *key, GError **error);
gboolean loft_gio_settle_all (LoftGioStore *store, GError **error);

gboolean
loft_gio_intend (LoftGioStore *store, LoftGioDoubt *doubt, GError **error);
gboolean loft_gio_settle_intents (LoftGioStore *store, GError **error);
gboolean loft_gio_is_intended (LoftGioStore *store,
                               const char *key,
                               gboolean *out_intended,
                               GError **error);

G_END_DECLS
