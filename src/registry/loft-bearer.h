/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-registry-private.h"

G_BEGIN_DECLS

/**
 * LoftBearer:
 * @issued: (nullable): the token; %NULL for an administrator of this machine
 * @actor: as whom the log knows it
 * @administrator: whether it may do everything
 *
 * Who it is that wants something of tokens.
 */
typedef struct
{
  LoftToken *issued; /* owned, nullable */
  LoftActor actor;   /* owned */
  gboolean administrator;
} LoftBearer;

void loft_bearer_clear (LoftBearer *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LoftBearer, loft_bearer_clear)

gboolean loft_bearer_find (LoftRegistry *registry,
                           const LoftTokenJob *job,
                           LoftBearer *self,
                           GError **error);

LoftToken *loft_registry_revoke_one (LoftRegistry *self,
                                     const LoftToken *token,
                                     const LoftActor *actor,
                                     GError **error);

G_END_DECLS
