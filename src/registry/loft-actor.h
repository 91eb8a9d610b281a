/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-json.h"

G_BEGIN_DECLS

#define LOFT_ACTOR_ADMINISTRATOR "admin"

/**
 * LoftActor:
 * @name: (nullable): a user's name, a token's public id, or `admin:` and the
 *   name of a user of this machine; %NULL where nobody had to say who he is
 * @token: (nullable): public id of the token by which it was done
 * @request: (nullable): id of the request by which it was done
 *
 * Who has done something. The world is told a name at most, and of those who
 * administer this machine not even that.
 */
typedef struct
{
  char *name;    /* owned, nullable */
  char *token;   /* owned, nullable */
  char *request; /* owned, nullable */
} LoftActor;

void loft_actor_set (LoftActor *self,
                     const char *name,
                     const char *token,
                     const char *request);
void loft_actor_copy (LoftActor *self, const LoftActor *other);
void loft_actor_clear (LoftActor *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LoftActor, loft_actor_clear)

const char *loft_actor_get_public_name (const LoftActor *self);
void loft_actor_read (LoftActor *self, JsonObject *object, const char *deed);
void loft_actor_write (const LoftActor *self,
                       JsonBuilder *builder,
                       const char *deed);

G_END_DECLS
