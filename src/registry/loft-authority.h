/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-claimants.h"
#include "registry/loft-publish-mode.h"
#include "registry/loft-registry-error.h"
#include "registry/loft-state.h"
#include "registry/loft-token-store.h"
#include "storage/loft-storage.h"

G_BEGIN_DECLS

/**
 * LoftAuthority:
 *
 * Knows tokens and packages' states, and so who may do what. Everything it
 * says comes from the storage.
 */
typedef struct _LoftAuthority LoftAuthority;

/**
 * LoftCredential:
 * @token: (nullable): a bearer token
 * @known: whether it was looked for among those that were issued
 * @issued: (nullable): what was found
 *
 * What somebody shows for one request, in which it is looked for once.
 */
typedef struct
{
  const char *token; /* not owned, nullable */
  gboolean known;
  LoftToken *issued; /* owned, nullable */
} LoftCredential;

void loft_credential_clear (LoftCredential *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LoftCredential, loft_credential_clear)

LoftAuthority *loft_authority_new (LoftStorage *storage);
void loft_authority_free (LoftAuthority *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftAuthority, loft_authority_free)

LoftState *loft_authority_read_state (LoftAuthority *self,
                                      const char *name,
                                      char **out_etag,
                                      GError **error);
LoftState *loft_authority_find_state (LoftAuthority *self,
                                      const char *name,
                                      char **out_etag,
                                      GError **error);
gboolean loft_authority_write_state (LoftAuthority *self,
                                     const char *name,
                                     const LoftState *state,
                                     const char *etag,
                                     GError **error);
gboolean loft_authority_check_token (LoftAuthority *self,
                                     LoftPublishMode mode,
                                     LoftCredential *credential,
                                     GError **error);
gboolean loft_authority_may_claim (LoftAuthority *self,
                                   LoftPublishMode mode,
                                   const char *name,
                                   LoftCredential *credential,
                                   GError **error);
gboolean loft_authority_may_change (LoftAuthority *self,
                                    LoftPublishMode mode,
                                    LoftScopes scope,
                                    const char *name,
                                    const LoftState *state,
                                    LoftCredential *credential,
                                    LoftActor *out_actor,
                                    GError **error);
LoftTokenStore *loft_authority_get_tokens (LoftAuthority *self);
gboolean loft_authority_add_owner (LoftAuthority *self,
                                   LoftState *state,
                                   const char *token,
                                   GError **error);

G_END_DECLS
