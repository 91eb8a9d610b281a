/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-actor.h"

G_BEGIN_DECLS

#define LOFT_TOKEN_PREFIX "loft_"

/**
 * LoftScopes:
 * @LOFT_SCOPE_PUBLISH_NEW: publish the first version of a package
 * @LOFT_SCOPE_PUBLISH_UPDATE: publish further versions
 * @LOFT_SCOPE_YANK: yank, un-yank and deprecate
 * @LOFT_SCOPE_OWNERS: say whose a package is
 * @LOFT_SCOPE_ADMIN: all of it, with everybody's packages and tokens
 * @LOFT_SCOPES_DEFAULT: what a token may do where nobody has said so
 * @LOFT_SCOPES_USER: all that a user may do who is no administrator
 *
 * What the bearer of a token may do.
 */
typedef enum
{
  LOFT_SCOPE_PUBLISH_NEW = 1 << 0,
  LOFT_SCOPE_PUBLISH_UPDATE = 1 << 1,
  LOFT_SCOPE_YANK = 1 << 2,
  LOFT_SCOPE_OWNERS = 1 << 3,
  LOFT_SCOPE_ADMIN = 1 << 4,
  LOFT_SCOPES_DEFAULT =
    LOFT_SCOPE_PUBLISH_NEW | LOFT_SCOPE_PUBLISH_UPDATE | LOFT_SCOPE_YANK,
  LOFT_SCOPES_USER = LOFT_SCOPES_DEFAULT | LOFT_SCOPE_OWNERS
} LoftScopes;

/* Who has created those of the original server. */
#define LOFT_TOKEN_ADOPTION "adoption"

/**
 * LoftToken:
 * @id: public id
 * @user: name of the user whom it stands for
 * @name: (nullable): what the user calls it
 * @scopes: what it is good for
 * @pattern: for which packages: a name in which `*` stands for any letters
 * @created_at: microseconds since 1970, like all times here
 * @created_by: who created it
 * @parent: (nullable): id of the token by which it was created
 * @expires_at: from when it is not good any more; 0 for never
 * @revoked_at: since when it is not good any more; 0 if it still is
 * @revoked_by: who revoked it
 * @last_used_at: to the hour; 0 for never
 * @github_id: whom it stood for at the original server, or 0
 * @sha256: (nullable): its hash, in hex; a secret
 *
 * A token that was issued here, or adopted from the original server: all that
 * is stored of it, which is not the token itself.
 */
typedef struct
{
  char *id;   /* owned */
  char *user; /* owned */
  char *name; /* owned, nullable */
  LoftScopes scopes;
  char *pattern; /* owned */
  gint64 created_at;
  LoftActor created_by; /* owned */
  char *parent;         /* owned, nullable */
  gint64 expires_at;
  gint64 revoked_at;
  LoftActor revoked_by; /* owned */
  gint64 last_used_at;
  gint64 github_id;
  char *sha256; /* owned, nullable */
} LoftToken;

LoftToken *loft_token_copy (const LoftToken *self);
void loft_token_free (LoftToken *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftToken, loft_token_free)

char *loft_token_draw (GError **error);
char *loft_token_draw_id (GError **error);
char *loft_token_hash (const char *secret);

gboolean loft_token_is_good (const LoftToken *self, gint64 now);
gboolean loft_token_is_adopted (const LoftToken *self);
gboolean loft_token_covers (const LoftToken *self, const char *package);
gboolean loft_token_is_administrator (const LoftToken *self);

gboolean loft_scopes_parse (const char *const *names, LoftScopes *out_scopes);
GStrv loft_scopes_to_strv (LoftScopes scopes);
gboolean loft_token_pattern_is_valid (const char *pattern);
gboolean loft_token_name_is_valid (const char *name);

LoftToken *loft_token_from_json (JsonNode *json, GError **error);
JsonNode *loft_token_to_json (const LoftToken *self, gboolean with_secrets);
JsonNode *loft_token_to_public_json (const LoftToken *self);

G_END_DECLS
