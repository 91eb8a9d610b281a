/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-authority.h"

G_BEGIN_DECLS

struct _LoftAuthority
{
  LoftStorage *storage;     /* owned */
  LoftClaimants *claimants; /* owned */
  LoftTokenStore *tokens;   /* owned */
};

G_END_DECLS
