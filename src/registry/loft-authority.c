/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-authority-private.h"

#include <gnutls/gnutls.h>
#include <string.h>

/**
 * loft_authority_new:
 * @storage: where tokens and states are
 *
 * Makes an authority. Reads nothing yet.
 *
 * Returns: (transfer full): the authority
 */
LoftAuthority *
loft_authority_new (LoftStorage *storage)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (storage), NULL);

  LoftAuthority *self = g_new0 (LoftAuthority, 1);
  self->storage = g_object_ref (storage);
  self->claimants = loft_claimants_new (storage);
  self->tokens = loft_token_store_new (storage);

  return self;
}

/**
 * loft_authority_free:
 * @self: (transfer full): an authority
 *
 * Frees @self.
 */
void
loft_authority_free (LoftAuthority *self)
{
  g_return_if_fail (self != NULL);

  g_object_unref (self->storage);
  loft_claimants_free (self->claimants);
  loft_token_store_free (self->tokens);
  g_free (self);
}

/**
 * loft_credential_clear:
 * @self: a credential
 *
 * Frees what was found out about @self.
 */
void
loft_credential_clear (LoftCredential *self)
{
  g_return_if_fail (self != NULL);

  g_clear_pointer (&self->issued, loft_token_free);
  self->known = FALSE;
}

static gboolean
is_same (const char *a, const char *b)
{
  return strlen (a) == strlen (b) && gnutls_memcmp (a, b, strlen (a)) == 0;
}

/* Finds the owner who has the token. Of one whom somebody else has named only
 * the public id is known. */
static gboolean
find_owner (LoftAuthority *self,
            const LoftState *state,
            const char *hash,
            LoftActor *out_owner,
            GError **error)
{
  g_autofree char *id = NULL;
  gboolean named = FALSE;

  for (guint i = 0; i < state->owners->len; i++)
    {
      const LoftOwner *owner = g_ptr_array_index (state->owners, i);

      if (owner->token == NULL)
        named = named || loft_owner_id_is_token (owner->id);
      else if (is_same (owner->token, hash) && out_owner->name == NULL)
        loft_actor_set (out_owner, owner->id, owner->id, NULL);
    }
  if (out_owner->name != NULL || !named)
    return TRUE;

  if (!loft_claimants_find_id (self->claimants, hash, &id, error))
    return FALSE;

  for (guint i = 0; id != NULL && i < state->owners->len; i++)
    {
      const LoftOwner *owner = g_ptr_array_index (state->owners, i);

      if (owner->token == NULL && is_same (owner->id, id))
        loft_actor_set (out_owner, id, id, NULL);
    }

  return TRUE;
}

/**
 * loft_authority_get_tokens:
 * @self: an authority
 *
 * Returns: (transfer none): the tokens that were issued
 */
LoftTokenStore *
loft_authority_get_tokens (LoftAuthority *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->tokens;
}

static gboolean
refuse (LoftRegistryError code, const char *message, GError **error)
{
  g_set_error_literal (error, LOFT_REGISTRY_ERROR, (int) code, message);

  return FALSE;
}

/* Finds out who somebody is: the bearer of a token that was issued, or where
 * that is allowed anybody. */
static gboolean
identify (LoftAuthority *self,
          LoftPublishMode mode,
          LoftCredential *credential,
          GError **error)
{
  const char *token = credential->token;

  if (token == NULL && mode == LOFT_PUBLISH_TOKEN)
    return refuse (LOFT_REGISTRY_ERROR_TOKEN_NEEDED,
                   "A token is needed, which the administrator of this "
                   "registry issues",
                   error);
  if (token == NULL)
    return TRUE;
  if (!credential->known && !loft_token_store_look_up (self->tokens,
                                                       token,
                                                       &credential->issued,
                                                       error))
    return FALSE;
  credential->known = TRUE;
  if (credential->issued != NULL || mode != LOFT_PUBLISH_TOKEN)
    return TRUE;

  loft_token_store_refuse (error);

  return FALSE;
}

/**
 * loft_authority_check_token:
 * @self: an authority
 * @mode: who may publish
 * @credential: what somebody shows
 * @error: return location for a #GError
 *
 * Tells whether the bearer of @credential may publish anything at all. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to
 *   %LOFT_REGISTRY_ERROR_TOKEN_NEEDED or a #LoftStorageError
 */
gboolean
loft_authority_check_token (LoftAuthority *self,
                            LoftPublishMode mode,
                            LoftCredential *credential,
                            GError **error)
{
  g_return_val_if_fail (self != NULL && credential != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return mode == LOFT_PUBLISH_OPEN || identify (self, mode, credential, error);
}

static gboolean
check_scope (const LoftToken *issued,
             LoftScopes scope,
             const char *name,
             GError **error)
{
  if ((issued->scopes & (scope | LOFT_SCOPE_ADMIN)) == 0)
    {
      g_auto (GStrv) needed = loft_scopes_to_strv (scope);

      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_FORBIDDEN,
                   "The token lacks the scope “%s”",
                   needed[0]);
      return FALSE;
    }
  if (!loft_token_covers (issued, name))
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_FORBIDDEN,
                   "The token is only for packages “%s”",
                   issued->pattern);
      return FALSE;
    }

  return TRUE;
}

/**
 * loft_authority_may_claim:
 * @self: an authority
 * @mode: who may publish
 * @name: a name that nobody has
 * @credential: what somebody shows
 * @error: return location for a #GError
 *
 * Tells whether the bearer of @credential may publish the first version of a
 * package. Where that takes a token it is known then. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set as by loft_authority_may_change()
 */
gboolean
loft_authority_may_claim (LoftAuthority *self,
                          LoftPublishMode mode,
                          const char *name,
                          LoftCredential *credential,
                          GError **error)
{
  g_return_val_if_fail (self != NULL && name != NULL, FALSE);
  g_return_val_if_fail (credential != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (mode == LOFT_PUBLISH_OPEN)
    return TRUE;

  return identify (self, mode, credential, error) &&
         (credential->issued == NULL || check_scope (credential->issued,
                                                     LOFT_SCOPE_PUBLISH_NEW,
                                                     name,
                                                     error));
}

/* Whether a user owns the package; one that nobody owns is everybody's. */
static gboolean
is_users (const LoftState *state, const char *user)
{
  for (guint i = 0; i < state->owners->len; i++)
    {
      const LoftOwner *owner = g_ptr_array_index (state->owners, i);

      if (owner->token == NULL && g_str_equal (owner->id, user))
        return TRUE;
    }

  return state->owners->len == 0;
}

static gboolean
may_claimant_change (LoftAuthority *self,
                     const char *name,
                     const LoftState *state,
                     const char *token,
                     LoftActor *out_actor,
                     GError **error)
{
  if (state->owners->len == 0)
    return TRUE;
  if (token == NULL)
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_TOKEN_NEEDED,
                   "The package “%s” has an owner: send the owner's token",
                   name);
      return FALSE;
    }

  g_autofree char *hash = loft_claimants_hash (self->claimants, token, error);

  return hash != NULL && find_owner (self, state, hash, out_actor, error);
}

/* A token that was adopted may have claimed the package before. */
static gboolean
may_still_change (LoftAuthority *self,
                  LoftPublishMode mode,
                  const char *name,
                  const LoftState *state,
                  const char *token,
                  LoftActor *out_actor,
                  GError **error)
{
  return mode != LOFT_PUBLISH_CLAIM ||
         g_str_has_prefix (token, LOFT_TOKEN_PREFIX) ||
         may_claimant_change (self, name, state, token, out_actor, error);
}

/* Who says that an open package is his keeps all others out who may publish to
 * it as well. */
static gboolean
check_taking (LoftScopes scope,
              const char *name,
              const LoftState *state,
              const LoftToken *issued,
              GError **error)
{
  if (scope != LOFT_SCOPE_OWNERS || state->owners->len > 0 ||
      (issued != NULL && (issued->scopes & LOFT_SCOPE_ADMIN) != 0))
    return TRUE;

  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_FORBIDDEN,
               "The package “%s” is everybody's: only an administrator gives "
               "it to somebody",
               name);

  return FALSE;
}

/**
 * loft_authority_may_change:
 * @self: an authority
 * @mode: who may publish
 * @scope: the scope that a token needs for it
 * @name: the package, for messages
 * @state: its state
 * @credential: what somebody shows
 * @out_actor: (out caller-allocates): whom it stands for, which may be nobody
 * @error: return location for a #GError
 *
 * Tells whether the bearer of @credential may publish to the package, yank its
 * versions, deprecate it or give it away. That anyone may publish does not mean
 * that anyone may say whose it is. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to
 *   %LOFT_REGISTRY_ERROR_TOKEN_NEEDED, %LOFT_REGISTRY_ERROR_FORBIDDEN, or a
 *   #LoftStorageError
 */
gboolean
loft_authority_may_change (LoftAuthority *self,
                           LoftPublishMode mode,
                           LoftScopes scope,
                           const char *name,
                           const LoftState *state,
                           LoftCredential *credential,
                           LoftActor *out_actor,
                           GError **error)
{
  g_return_val_if_fail (self != NULL && name != NULL && state != NULL, FALSE);
  g_return_val_if_fail (credential != NULL && out_actor != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  const char *token = credential->token;

  *out_actor = (LoftActor){ NULL };
  if (mode == LOFT_PUBLISH_OPEN && scope != LOFT_SCOPE_OWNERS)
    return TRUE;
  if (!identify (self, mode, credential, error))
    return FALSE;

  const LoftToken *issued = credential->issued;
  if (!check_taking (scope, name, state, issued, error))
    return FALSE;
  if (issued == NULL)
    {
      if (!may_claimant_change (self, name, state, token, out_actor, error))
        return FALSE;
      if (out_actor->name != NULL || state->owners->len == 0)
        return TRUE;
    }
  else
    {
      if (!check_scope (issued, scope, name, error))
        return FALSE;
      if ((issued->scopes & LOFT_SCOPE_ADMIN) != 0 ||
          is_users (state, issued->user))
        {
          loft_actor_set (out_actor, issued->user, issued->id, NULL);
          return TRUE;
        }
      if (!may_still_change (self, mode, name, state, token, out_actor, error))
        return FALSE;
      if (out_actor->name != NULL)
        return TRUE;
    }

  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_FORBIDDEN,
               "The package “%s” belongs to somebody else",
               name);

  return FALSE;
}

/**
 * loft_authority_add_owner:
 * @self: an authority
 * @state: a state
 * @token: a token that can own a name
 * @error: return location for a #GError
 *
 * Makes the bearer of @token an owner. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #LoftStorageError or a
 *   #LoftRegistryError
 */
gboolean
loft_authority_add_owner (LoftAuthority *self,
                          LoftState *state,
                          const char *token,
                          GError **error)
{
  g_return_val_if_fail (self != NULL && state != NULL, FALSE);
  g_return_val_if_fail (loft_token_can_own (token), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autofree char *hash = loft_claimants_hash (self->claimants, token, error);
  if (hash == NULL)
    return FALSE;

  g_autofree char *id = loft_claimants_get_id (self->claimants, hash, error);
  if (id == NULL)
    return FALSE;

  loft_state_add_owner (state, id, hash);

  return TRUE;
}
