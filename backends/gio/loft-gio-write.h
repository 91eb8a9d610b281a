/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "loft-gio-store.h"

G_BEGIN_DECLS

gboolean loft_gio_create (LoftGioStore *store,
                          const char *key,
                          GInputStream *content,
                          goffset size,
                          GCancellable *cancellable,
                          GError **error);
char *loft_gio_replace (LoftGioStore *store,
                        const char *key,
                        GBytes *content,
                        const char *etag,
                        GCancellable *cancellable,
                        GError **error);
gboolean loft_gio_remove (LoftGioStore *store, const char *key, GError **error);

G_END_DECLS
