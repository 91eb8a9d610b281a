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
  LoftStorage *storage; /* owned */

  GMutex mutex;
  char *salt;      /* owned, NULL until it is needed */
  GHashTable *ids; /* owned: hash of a token to its public id, both owned */
};

JsonNode *
loft_authority_parse_text (const char *text, const char *key, GError **error);

G_END_DECLS
