/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "storage/loft-storage.h"

G_BEGIN_DECLS

/* Who looks after the storage, and who has documentation built. */
#define LOFT_LEASE_KEY "_registry/maintenance.json"
#define LOFT_LEASE_DOCS_KEY "_registry/docs-lease.json"

/**
 * LoftLease:
 *
 * Who does for a storage that several daemons share what one of them does for
 * all.
 */
typedef struct _LoftLease LoftLease;

LoftLease *
loft_lease_new (LoftStorage *storage, const char *key, const char *node);
void loft_lease_free (LoftLease *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftLease, loft_lease_free)

gboolean loft_lease_hold (LoftLease *self,
                          gint64 patience,
                          gboolean *out_held,
                          GCancellable *cancellable,
                          GError **error);
void loft_lease_give_up (LoftLease *self);

G_END_DECLS
