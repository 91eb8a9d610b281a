/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "storage/loft-storage.h"

G_BEGIN_DECLS

/**
 * LoftClaimants:
 *
 * Those who have claimed names by tokens of their own: what is stored of such a
 * token, and by what it is known.
 */
typedef struct _LoftClaimants LoftClaimants;

LoftClaimants *loft_claimants_new (LoftStorage *storage);
void loft_claimants_free (LoftClaimants *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftClaimants, loft_claimants_free)

gboolean loft_token_can_own (const char *token);

char *
loft_claimants_hash (LoftClaimants *self, const char *token, GError **error);
char *
loft_claimants_get_id (LoftClaimants *self, const char *hash, GError **error);
gboolean loft_claimants_find_id (LoftClaimants *self,
                                 const char *hash,
                                 char **out_id,
                                 GError **error);

G_END_DECLS
