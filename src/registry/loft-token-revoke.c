/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "registry/loft-bearer.h"

/* Listing tokens, and revoking them with all that came of them. Whoever revokes
 * what is revoked already makes sure that the log has it. */

/* When somebody revokes, and who. */
typedef struct
{
  gint64 now;
  const LoftActor *actor;
} Revocation;

static gboolean
set_revoked (LoftToken *token, gpointer user_data)
{
  const Revocation *revocation = user_data;

  if (token->revoked_at != 0)
    return FALSE;
  token->revoked_at = revocation->now;
  loft_actor_copy (&token->revoked_by, revocation->actor);

  return TRUE;
}

/**
 * loft_registry_revoke_one:
 * @self: a registry
 * @token: a token
 * @actor: who revokes it
 * @error: return location for a #GError
 *
 * Revokes a token, if it is not revoked already, and tells nobody. Blocks.
 *
 * Returns: (transfer full): what is stored of it then, or %NULL with @error set
 */
LoftToken *
loft_registry_revoke_one (LoftRegistry *self,
                          const LoftToken *token,
                          const LoftActor *actor,
                          GError **error)
{
  Revocation revocation = { g_get_real_time (), actor };
  LoftToken *revoked = NULL;

  loft_token_store_change (loft_authority_get_tokens (self->authority),
                           token->sha256,
                           set_revoked,
                           &revocation,
                           &revoked,
                           error);

  return revoked;
}

static int
compare_tokens (gconstpointer a, gconstpointer b)
{
  const LoftToken *one = *(const LoftToken *const *) a;
  const LoftToken *other = *(const LoftToken *const *) b;

  if (one->created_at != other->created_at)
    return one->created_at < other->created_at ? -1 : 1;

  return strcmp (one->id, other->id);
}

/**
 * loft_registry_list_tokens:
 * @self: a registry
 * @job: who asks, and where the answer goes
 * @error: return location for a #GError
 *
 * Lists tokens. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #LoftRegistryError or a
 *   #LoftStorageError
 */
gboolean
loft_registry_list_tokens (LoftRegistry *self,
                           LoftTokenJob *job,
                           GError **error)
{
  g_auto (LoftBearer) bearer = { NULL };
  if (!loft_bearer_find (self, job, &bearer, error))
    return FALSE;

  LoftTokenStore *tokens = loft_authority_get_tokens (self->authority);
  g_autoptr (GPtrArray) all =
    bearer.administrator ? loft_token_store_list (tokens, self->stopping, error)
                         : loft_token_store_list_of (tokens,
                                                     bearer.actor.name,
                                                     self->stopping,
                                                     error);
  if (all == NULL)
    return FALSE;

  for (guint i = 0; i < all->len; i++)
    {
      LoftToken *token = g_ptr_array_index (all, i);

      g_clear_pointer (&token->sha256, g_free);
    }
  g_ptr_array_sort (all, compare_tokens);
  job->tokens = g_steal_pointer (&all);

  return TRUE;
}

static gboolean
may_revoke (const LoftBearer *bearer, const LoftToken *token)
{
  return bearer->administrator || g_str_equal (token->user, bearer->actor.name);
}

static GHashTable *
group_by_parent (GPtrArray *all)
{
  GHashTable *groups =
    g_hash_table_new_full (g_str_hash,
                           g_str_equal,
                           NULL,
                           (GDestroyNotify) g_ptr_array_unref);

  for (guint i = 0; i < all->len; i++)
    {
      LoftToken *token = g_ptr_array_index (all, i);
      GPtrArray *group = token->parent != NULL
                           ? g_hash_table_lookup (groups, token->parent)
                           : NULL;

      if (token->parent == NULL)
        continue;
      if (group == NULL)
        {
          group = g_ptr_array_new ();
          g_hash_table_insert (groups, token->parent, group);
        }
      g_ptr_array_add (group, token);
    }

  return groups;
}

/* What has that id, and all that came of it, from generation to generation. Ids
 * that the original server gave may be those of several tokens, and who is told
 * that a token is revoked shall not have to ask which. */
static GPtrArray *
collect (GPtrArray *all, const char *id, const LoftBearer *bearer)
{
  g_autoptr (GHashTable) groups = group_by_parent (all);
  GPtrArray *found = g_ptr_array_new ();

  for (guint i = 0; i < all->len; i++)
    {
      LoftToken *token = g_ptr_array_index (all, i);

      if (g_str_equal (token->id, id) && may_revoke (bearer, token))
        g_ptr_array_add (found, token);
    }
  for (guint i = 0; i < found->len; i++)
    {
      const LoftToken *parent = g_ptr_array_index (found, i);
      GPtrArray *group = g_hash_table_lookup (groups, parent->id);

      for (guint j = 0; group != NULL && j < group->len; j++)
        if (may_revoke (bearer, group->pdata[j]))
          g_ptr_array_add (found, group->pdata[j]);
      g_hash_table_remove (groups, parent->id);
    }

  return found;
}

static GPtrArray *
find_doomed (LoftRegistry *self,
             const LoftTokenJob *job,
             const LoftBearer *bearer,
             GError **error)
{
  g_autoptr (GPtrArray) all =
    loft_token_store_survey (loft_authority_get_tokens (self->authority),
                             NULL,
                             error);
  if (all == NULL)
    return NULL;

  GPtrArray *doomed = collect (all, job->id, bearer);
  for (guint i = 0; i < doomed->len; i++)
    doomed->pdata[i] = loft_token_copy (doomed->pdata[i]);
  g_ptr_array_set_free_func (doomed, (GDestroyNotify) loft_token_free);

  return doomed;
}

static GPtrArray *
revoke_all (LoftRegistry *self,
            GPtrArray *doomed,
            const LoftBearer *bearer,
            GError **error)
{
  g_autoptr (GPtrArray) revoked =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_token_free);

  for (guint i = 0; i < doomed->len; i++)
    {
      LoftToken *one = loft_registry_revoke_one (self,
                                                 doomed->pdata[i],
                                                 &bearer->actor,
                                                 error);

      if (one == NULL)
        return NULL;
      g_ptr_array_add (revoked, one);
    }

  return g_steal_pointer (&revoked);
}

/**
 * loft_registry_revoke_token:
 * @self: a registry
 * @job: which token, and who wants it
 * @error: return location for a #GError
 *
 * Revokes a token, and what came of it. Blocks.
 *
 * Returns: %TRUE once that is durable and told of, or %FALSE with @error set to
 *   a #LoftRegistryError or a #LoftStorageError
 */
gboolean
loft_registry_revoke_token (LoftRegistry *self,
                            LoftTokenJob *job,
                            GError **error)
{
  g_auto (LoftBearer) bearer = { NULL };
  if (!loft_bearer_find (self, job, &bearer, error) ||
      !loft_registry_can_write (self, error))
    return FALSE;

  g_autoptr (GPtrArray) doomed = find_doomed (self, job, &bearer, error);
  g_autoptr (GPtrArray) revoked = NULL;
  if (doomed == NULL)
    return FALSE;
  if (doomed->len == 0)
    {
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_NOT_FOUND,
                           "There is no such token");
      return FALSE;
    }

  /* What a token has made after the search and before its end, the search
   * finds now. Whatever it makes later ends itself, as it finds no parent. */
  while (revoked == NULL || revoked->len < doomed->len)
    {
      g_clear_pointer (&revoked, g_ptr_array_unref);
      revoked = revoke_all (self, doomed, &bearer, error);
      g_clear_pointer (&doomed, g_ptr_array_unref);
      doomed = revoked != NULL ? find_doomed (self, job, &bearer, error) : NULL;
      if (doomed == NULL)
        return FALSE;
    }

  return loft_registry_tell_of (self, revoked, error);
}

/**
 * loft_registry_tell_tokens:
 * @self: a registry
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Tells the log of all tokens of which it does not know. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #LoftRegistryError or a
 *   #LoftStorageError
 */
gboolean
loft_registry_tell_tokens (LoftRegistry *self,
                           GCancellable *cancellable,
                           GError **error)
{
  g_autoptr (GPtrArray) all =
    loft_token_store_list (loft_authority_get_tokens (self->authority),
                           cancellable,
                           error);

  return all != NULL && loft_registry_tell_of (self, all, error);
}
