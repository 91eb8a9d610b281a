/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-actor.h"

G_BEGIN_DECLS

/**
 * LoftOwner:
 * @id: what the world may see: a token's public id, or a user's name
 * @token: (nullable): salted hash of the token, in hex; a secret
 *
 * Who may publish to a package.
 */
typedef struct
{
  char *id;    /* owned */
  char *token; /* owned, nullable */
} LoftOwner;

/**
 * LoftState:
 * @revision: counts the changes, from 1; 0 where there is no `package.json`
 * @changed_at: microseconds since 1970
 * @changed_by: who made the last change
 * @change: (nullable): what the last change was: the name of a #LoftEventType
 * @change_key: (nullable): key of the document that it was about
 * @owners: (element-type LoftOwner): empty where anyone may publish
 * @yanked: document key to reason, which may be empty
 * @deprecated: (nullable): why the package should not be used any more
 *
 * What `NAME/package.json` says: all about a package that may change.
 */
typedef struct
{
  guint64 revision;
  gint64 changed_at;
  LoftActor changed_by; /* owned */
  char *change;         /* owned, nullable */
  char *change_key;     /* owned, nullable */
  GPtrArray *owners;    /* owned */
  GHashTable *yanked;   /* owned, of owned strings */
  char *deprecated;     /* owned, nullable */
} LoftState;

gboolean loft_owner_id_is_token (const char *id);
gboolean loft_owner_id_is_valid (const char *id);

LoftState *loft_state_new (void);
LoftState *loft_state_copy (const LoftState *self);
void loft_state_free (LoftState *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftState, loft_state_free)

void loft_state_add_owner (LoftState *self, const char *id, const char *token);
GStrv loft_state_list_owners (const LoftState *self);
LoftState *loft_state_from_json (JsonNode *json, GError **error);
JsonNode *loft_state_to_json (const LoftState *self, gboolean with_secrets);

G_END_DECLS
