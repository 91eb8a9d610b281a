/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "loft-gio-store.h"
#include "storage/loft-object.h"

G_BEGIN_DECLS

LoftObject *loft_gio_observe (LoftGioStore *store,
                              const char *key,
                              goffset offset,
                              goffset length,
                              GCancellable *cancellable,
                              GError **error);

G_END_DECLS
