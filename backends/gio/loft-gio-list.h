/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "loft-gio-store.h"

G_BEGIN_DECLS

GStrv loft_gio_list (LoftGioStore *store,
                     const char *prefix,
                     const char *after,
                     guint limit,
                     GCancellable *cancellable,
                     GError **error);

G_END_DECLS
