/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-bearer.h"

/* Who comes with a token, or without one as an administrator. */

/**
 * loft_bearer_clear:
 * @self: a bearer
 *
 * Drops what it holds.
 */
void
loft_bearer_clear (LoftBearer *self)
{
  g_clear_pointer (&self->issued, loft_token_free);
  loft_actor_clear (&self->actor);
}

/**
 * loft_bearer_find:
 * @registry: a registry
 * @job: what somebody wants
 * @self: (out): who that is
 * @error: return location for a #GError
 *
 * Finds out who it is. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #LoftRegistryError or a
 *   #LoftStorageError
 */
gboolean
loft_bearer_find (LoftRegistry *registry,
                  const LoftTokenJob *job,
                  LoftBearer *self,
                  GError **error)
{
  if (job->administrator != NULL)
    {
      loft_actor_set (&self->actor, job->administrator, NULL, job->request);
      self->administrator = TRUE;
      return TRUE;
    }
  if (job->token == NULL)
    {
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_TOKEN_NEEDED,
                           "A token is needed, which the administrator of this "
                           "registry issues");
      return FALSE;
    }

  LoftTokenStore *tokens = loft_authority_get_tokens (registry->authority);
  if (!loft_token_store_look_up (tokens, job->token, &self->issued, error))
    return FALSE;
  if (self->issued == NULL)
    {
      loft_token_store_refuse (error);
      return FALSE;
    }
  loft_actor_set (&self->actor,
                  self->issued->user,
                  self->issued->id,
                  job->request);
  self->administrator = loft_token_is_administrator (self->issued);

  return TRUE;
}

/**
 * loft_registry_identify:
 * @self: a registry
 * @job: whose token it is, and where the answer goes
 * @error: return location for a #GError
 *
 * Finds out whom a token stands for. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #LoftRegistryError or a
 *   #LoftStorageError
 */
gboolean
loft_registry_identify (LoftRegistry *self, LoftTokenJob *job, GError **error)
{
  g_auto (LoftBearer) bearer = { NULL };

  if (!loft_bearer_find (self, job, &bearer, error))
    return FALSE;

  job->found = g_steal_pointer (&bearer.issued);
  g_clear_pointer (&job->found->sha256, g_free);

  return TRUE;
}
