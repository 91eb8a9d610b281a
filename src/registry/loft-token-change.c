/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-bearer.h"

/* Issuing tokens. What is stored of a token counts, and is written first; then
 * the log is told. */

/* Ten years; what shall be good for longer shall be good for ever. */
#define SECONDS_MAX (G_GUINT64_CONSTANT (10) * 366 * 24 * 60 * 60)

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
check_wish (const LoftTokenJob *job, const LoftBearer *bearer, GError **error)
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
choose_scopes (const LoftTokenJob *job, const LoftBearer *bearer)
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
            const LoftBearer *bearer,
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

/* Whoever has revoked the token by which this one was created may not have seen
 * it yet. */
static gboolean
check_parent (LoftRegistry *self,
              const LoftTokenJob *job,
              const LoftToken *token,
              GError **error)
{
  g_auto (LoftBearer) again = { NULL };

  if (token->parent == NULL || loft_bearer_find (self, job, &again, error))
    return TRUE;

  g_autoptr (LoftToken) revoked =
    loft_registry_revoke_one (self, token, &token->created_by, NULL);

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
  g_auto (LoftBearer) bearer = { NULL };

  if (!loft_bearer_find (self, job, &bearer, error) ||
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
