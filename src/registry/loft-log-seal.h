/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-catalog.h"
#include "storage/loft-storage.h"

G_BEGIN_DECLS

gboolean loft_log_verify (LoftStorage *storage,
                          LoftCatalog *catalog,
                          gboolean *out_same,
                          GCancellable *cancellable,
                          GError **error);
gboolean loft_log_seal (LoftStorage *storage,
                        LoftCatalog *catalog,
                        guint64 from,
                        guint64 *out_next,
                        GCancellable *cancellable,
                        GError **error);

G_END_DECLS
