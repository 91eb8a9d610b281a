/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "storage/loft-storage.h"

G_BEGIN_DECLS

typedef struct _LoftCtlStore LoftCtlStore;

LoftCtlStore *
loft_ctl_store_new (const char *place, const char *file, GError **error);
void loft_ctl_store_free (LoftCtlStore *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftCtlStore, loft_ctl_store_free)

gboolean loft_ctl_store_overlaps (LoftCtlStore *self, LoftCtlStore *other);
LoftStorage *loft_ctl_store_open (LoftCtlStore *self,
                                  gboolean only_read,
                                  gint64 patience,
                                  GCancellable *cancellable,
                                  GError **error);

G_END_DECLS
