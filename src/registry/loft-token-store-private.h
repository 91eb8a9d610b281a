/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-token-store.h"

G_BEGIN_DECLS

#define LOFT_TOKEN_STORE_PREFIX "_registry/tokens/"

struct _LoftTokenStore
{
  LoftStorage *storage; /* owned */
  GThreadPool *noters;  /* owned: writes down uses, behind the requests */

  GMutex mutex;
  GHashTable *uses; /* owned: hash to when its use was noted last, both owned */
  GPtrArray *parts; /* owned, nullable: what the last survey has found */
};

char *loft_token_store_make_key (const char *sha256);
LoftToken *loft_token_store_read (LoftTokenStore *self,
                                  const char *key,
                                  char **out_etag,
                                  GError **error);
gboolean loft_token_store_fail (GError *local_error, GError **error);

G_END_DECLS
