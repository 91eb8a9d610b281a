/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "registry/loft-registry-private.h"

/* Issuing and revoking tokens.
 *
 * What is stored of a token counts, and is written first; then the log is told.
 * Whoever revokes what is revoked already makes sure that the log has it. */

/* Ten years; what shall be good for longer shall be good for ever. */
#define SECONDS_MAX (G_GUINT64_CONSTANT (10) * 366 * 24 * 60 * 60)

/* Who it is that wants something. */
typedef struct
{
  LoftToken *issued; /* owned, NULL for an administrator of this machine */
  LoftActor actor;   /* owned */
  gboolean administrator;
} Bearer;

static void
bearer_clear (Bearer *bearer)
{
  g_clear_pointer (&bearer->issued, loft_token_free);
  loft_actor_clear (&bearer->actor);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Bearer, bearer_clear)

static gboolean
identify (LoftRegistry *self,
          const LoftTokenJob *job,
          Bearer *bearer,
          GError **error)
{
  if (job->administrator != NULL)
    {
      loft_actor_set (&bearer->actor, job->administrator, NULL, job->request);
      bearer->administrator = TRUE;
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

  LoftTokenStore *tokens = loft_authority_get_tokens (self->authority);
  if (!loft_token_store_look_up (tokens, job->token, &bearer->issued, error))
    return FALSE;
  if (bearer->issued == NULL)
    {
      loft_token_store_refuse (error);
      return FALSE;
    }
  loft_actor_set (&bearer->actor,
                  bearer->issued->user,
                  bearer->issued->id,
                  job->request);
  bearer->administrator = loft_token_is_administrator (bearer->issued);

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
  g_auto (Bearer) bearer = { NULL };

  if (!identify (self, job, &bearer, error))
    return FALSE;

  job->found = g_steal_pointer (&bearer.issued);
  g_clear_pointer (&job->found->sha256, g_free);

  return TRUE;
}

static gboolean
forbid (const char *message, GError **error)
{
  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_FORBIDDEN,
                       message);

  return FALSE;
}

static gboolean
check_wish (const LoftTokenJob *job, const Bearer *bearer, GError **error)
{
  g_autoptr (LoftFindings) findings = loft_findings_new ();
  LoftScopes scopes;

  if (job->user == NULL ? bearer->issued == NULL
                        : !loft_owner_id_is_valid (job->user) ||
                            loft_owner_id_is_token (job->user))
    loft_findings_add (findings,
                       "token-user",
                       "user",
                       "A user's name has letters, digits, “-”, “_” and “.”, "
                       "and at most 64 of them");
  if (job->name != NULL && !loft_token_name_is_valid (job->name))
    loft_findings_add (
      findings,
      "token-name",
      "name",
      "A token's name is printable, and has at most 100 bytes");
  if (job->scopes != NULL &&
      !loft_scopes_parse ((const char *const *) job->scopes, &scopes))
    loft_findings_add (findings,
                       "token-scopes",
                       "scopes",
                       "Scopes are publish-new, publish-update, yank, owners "
                       "and admin");
  if (job->pattern != NULL && !loft_token_pattern_is_valid (job->pattern))
    loft_findings_add (findings,
                       "token-pattern",
                       "pattern",
                       "A pattern is the name of a package, with “*” for any "
                       "letters, as in “hello-*”: letters, digits, “-”, “_”, "
                       "“.” and “*”, at most 128");
  if (job->seconds > SECONDS_MAX)
    loft_findings_add (findings,
                       "token-expiry",
                       "expires_in",
                       "A token is good for ten years at most");

  return loft_findings_to_error (findings, error);
}

/* Nobody gets more than he has. */
static gboolean
check_right (const LoftToken *token, const LoftToken *own, GError **error)
{
  if (!g_str_equal (token->user, own->user))
    return forbid ("Only an administrator creates tokens for others", error);
  if ((token->scopes & ~own->scopes) != 0)
    return forbid ("No token can create one that may do more", error);
  if (!g_str_equal (own->pattern, "*") &&
      !g_str_equal (own->pattern, token->pattern))
    return forbid ("No token can create one for other packages", error);

  return TRUE;
}

static LoftScopes
choose_scopes (const LoftTokenJob *job, const Bearer *bearer)
{
  LoftScopes scopes = 0;

  if (job->scopes != NULL)
    loft_scopes_parse ((const char *const *) job->scopes, &scopes);
  if (scopes != 0)
    return scopes;
  if (bearer->administrator)
    return LOFT_SCOPES_DEFAULT;

  return bearer->issued->scopes & LOFT_SCOPES_USER;
}

static gint64
choose_end (LoftRegistry *self, const LoftTokenJob *job, gint64 now)
{
  g_autoptr (LoftRegistrySettings) settings = loft_registry_dup_settings (self);
  guint64 seconds = job->seconds != 0 ? job->seconds : settings->token_lifetime;

  return seconds != 0 ? now + (gint64) seconds * G_TIME_SPAN_SECOND : 0;
}

/**
 * loft_registry_draw_token_id:
 * @self: a registry
 * @error: return location for a #GError
 *
 * Draws a public id that no token has or has had.
 *
 * Returns: (transfer full): the id, or %NULL with @error set
 */
char *
loft_registry_draw_token_id (LoftRegistry *self, GError **error)
{
  g_autofree char *id = NULL;

  do
    {
      g_free (id);
      id = loft_token_draw_id (error);
    }
  while (id != NULL && loft_catalog_is_token_told (self->catalog, id, FALSE));

  return g_steal_pointer (&id);
}

static LoftToken *
make_token (LoftRegistry *self,
            const LoftTokenJob *job,
            const Bearer *bearer,
            GError **error)
{
  const LoftToken *own = bearer->issued;
  g_autoptr (LoftToken) token = g_new0 (LoftToken, 1);

  token->id = loft_registry_draw_token_id (self, error);
  if (token->id == NULL)
    return NULL;

  token->user = g_strdup (job->user != NULL ? job->user : own->user);
  token->name = g_strdup (job->name);
  token->scopes = choose_scopes (job, bearer);
  token->pattern = g_strdup (job->pattern != NULL    ? job->pattern
                             : bearer->administrator ? "*"
                                                     : own->pattern);
  token->created_at = g_get_real_time ();
  loft_actor_copy (&token->created_by, &bearer->actor);
  token->expires_at = choose_end (self, job, token->created_at);
  if (bearer->administrator && (own == NULL || job->user != NULL))
    return g_steal_pointer (&token);

  if (!bearer->administrator && !check_right (token, own, error))
    return NULL;

  token->parent = g_strdup (own->id);
  if (own->expires_at != 0 &&
      (token->expires_at == 0 || token->expires_at > own->expires_at))
    token->expires_at = own->expires_at;

  return g_steal_pointer (&token);
}

/**
 * loft_registry_tell_of:
 * @self: a registry
 * @tokens: (element-type LoftToken): tokens, as they are stored
 * @error: return location for a #GError
 *
 * Makes sure that the log has the beginnings of tokens, and their ends. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set as by loft_log_append()
 */
gboolean
loft_registry_tell_of (LoftRegistry *self, GPtrArray *tokens, GError **error)
{
  g_autoptr (GPtrArray) events =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);

  for (guint i = 0; i < tokens->len; i++)
    {
      const LoftToken *token = g_ptr_array_index (tokens, i);

      g_ptr_array_add (
        events,
        loft_event_new_for_token (LOFT_EVENT_TOKEN_CREATE, token));
      if (token->revoked_at != 0)
        g_ptr_array_add (
          events,
          loft_event_new_for_token (LOFT_EVENT_TOKEN_REVOKE, token));
    }

  return loft_log_append (self->log, events, error);
}

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

static LoftToken *
revoke_one (LoftRegistry *self,
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

/* Whoever has revoked the token by which this one was created may not have seen
 * it yet. */
static gboolean
check_parent (LoftRegistry *self,
              const LoftTokenJob *job,
              const LoftToken *token,
              GError **error)
{
  g_auto (Bearer) again = { NULL };

  if (token->parent == NULL || identify (self, job, &again, error))
    return TRUE;

  g_autoptr (LoftToken) revoked =
    revoke_one (self, token, &token->created_by, NULL);

  return FALSE;
}

/**
 * loft_registry_create_token:
 * @self: a registry
 * @job: what is wanted, and where the answer goes
 * @error: return location for a #GError
 *
 * Issues a token. Blocks.
 *
 * Returns: %TRUE once it is durable and told of, or %FALSE with @error set to a
 *   #LoftRegistryError or a #LoftStorageError
 */
gboolean
loft_registry_create_token (LoftRegistry *self,
                            LoftTokenJob *job,
                            GError **error)
{
  LoftTokenStore *tokens = loft_authority_get_tokens (self->authority);
  g_auto (Bearer) bearer = { NULL };

  if (!identify (self, job, &bearer, error) ||
      !check_wish (job, &bearer, error) ||
      !loft_registry_can_write (self, error))
    return FALSE;

  g_autofree char *secret = loft_token_draw (error);
  g_autoptr (LoftToken) token =
    secret != NULL ? make_token (self, job, &bearer, error) : NULL;
  if (token == NULL)
    return FALSE;

  token->sha256 = loft_token_hash (secret);
  g_autoptr (GPtrArray) created = g_ptr_array_new ();
  g_ptr_array_add (created, token);
  if (!loft_token_store_create (tokens, token, error) ||
      !check_parent (self, job, token, error) ||
      !loft_registry_tell_of (self, created, error))
    return FALSE;

  job->found = g_steal_pointer (&token);
  job->secret = g_steal_pointer (&secret);

  return TRUE;
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
  g_auto (Bearer) bearer = { NULL };
  if (!identify (self, job, &bearer, error))
    return FALSE;

  g_autoptr (GPtrArray) all =
    loft_token_store_list (loft_authority_get_tokens (self->authority),
                           self->stopping,
                           error);
  if (all == NULL)
    return FALSE;

  for (guint i = all->len; i > 0; i--)
    {
      LoftToken *token = g_ptr_array_index (all, i - 1);

      g_clear_pointer (&token->sha256, g_free);
      if (!bearer.administrator &&
          !g_str_equal (token->user, bearer.actor.name))
        g_ptr_array_remove_index (all, i - 1);
    }
  g_ptr_array_sort (all, compare_tokens);
  job->tokens = g_steal_pointer (&all);

  return TRUE;
}

static gboolean
may_revoke (const Bearer *bearer, const LoftToken *token)
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
collect (GPtrArray *all, const char *id, const Bearer *bearer)
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
  g_auto (Bearer) bearer = { NULL };
  if (!identify (self, job, &bearer, error) ||
      !loft_registry_can_write (self, error))
    return FALSE;

  g_autoptr (GPtrArray) all =
    loft_token_store_list (loft_authority_get_tokens (self->authority),
                           NULL,
                           error);
  if (all == NULL)
    return FALSE;

  g_autoptr (GPtrArray) doomed = collect (all, job->id, &bearer);
  if (doomed->len == 0)
    {
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_NOT_FOUND,
                           "There is no such token");
      return FALSE;
    }

  g_autoptr (GPtrArray) revoked =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_token_free);
  for (guint i = 0; i < doomed->len; i++)
    {
      LoftToken *one =
        revoke_one (self, doomed->pdata[i], &bearer.actor, error);

      if (one == NULL)
        return FALSE;
      g_ptr_array_add (revoked, one);
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
