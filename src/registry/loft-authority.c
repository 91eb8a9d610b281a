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
  g_free (self);
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
            char **out_owner,
            GError **error)
{
  g_autofree char *id = NULL;
  gboolean named = FALSE;

  for (guint i = 0; i < state->owners->len; i++)
    {
      const LoftOwner *owner = g_ptr_array_index (state->owners, i);

      if (owner->token == NULL)
        named = named || loft_owner_id_is_token (owner->id);
      else if (is_same (owner->token, hash) && *out_owner == NULL)
        *out_owner = g_strdup (owner->id);
    }
  if (*out_owner != NULL || !named)
    return TRUE;

  if (!loft_claimants_find_id (self->claimants, hash, &id, error))
    return FALSE;

  for (guint i = 0; id != NULL && i < state->owners->len; i++)
    {
      const LoftOwner *owner = g_ptr_array_index (state->owners, i);

      if (owner->token == NULL && is_same (owner->id, id))
        *out_owner = g_strdup (id);
    }

  return TRUE;
}

/**
 * loft_authority_may_change:
 * @self: an authority
 * @name: the package, for messages
 * @state: its state
 * @token: (nullable): the bearer token
 * @out_actor: (out) (transfer full) (nullable): public id of whom @token stands
 *   for; %NULL where nobody owns the package
 * @error: return location for a #GError
 *
 * Tells whether the bearer of @token may publish to the package, yank its
 * versions, or deprecate it. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to
 *   %LOFT_REGISTRY_ERROR_TOKEN_NEEDED, %LOFT_REGISTRY_ERROR_FORBIDDEN, or a
 *   #LoftStorageError
 */
gboolean
loft_authority_may_change (LoftAuthority *self,
                           const char *name,
                           const LoftState *state,
                           const char *token,
                           char **out_actor,
                           GError **error)
{
  g_return_val_if_fail (self != NULL && name != NULL && state != NULL, FALSE);
  g_return_val_if_fail (out_actor != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  *out_actor = NULL;
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
  if (hash == NULL)
    return FALSE;
  if (!find_owner (self, state, hash, out_actor, error))
    return FALSE;
  if (*out_actor != NULL)
    return TRUE;

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
