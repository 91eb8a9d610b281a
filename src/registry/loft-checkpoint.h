/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-catalog.h"
#include "storage/loft-storage.h"

G_BEGIN_DECLS

#define LOFT_CHECKPOINT_KEY "_registry/checkpoint.json"

gboolean loft_checkpoint_write (LoftStorage *storage,
                                LoftCatalog *catalog,
                                guint64 interval,
                                guint64 *out_sequence,
                                GCancellable *cancellable,
                                GError **error);
gboolean loft_checkpoint_restore (LoftStorage *storage,
                                  LoftCatalog *catalog,
                                  guint64 least,
                                  gboolean *out_restored,
                                  GCancellable *cancellable,
                                  GError **error);

G_END_DECLS
