/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "registry/loft-quote.h"
#include "registry/loft-registry-private.h"

/* How often somebody else may be first before we give up. */
#define TRIES_MAX 64

#define OWNERS_MAX 100

/* Letters of a reason. All of them are in each event that follows. */
#define TEXT_MAX 1000

static char *
find_key (LoftRegistry *self, LoftChangeJob *job, GError **error)
{
  g_autoptr (LoftCatalogVersion) version =
    loft_catalog_get_version (self->catalog, job->name, job->version, error);

  return version != NULL ? g_strdup (version->key) : NULL;
}

static gboolean
has_owners (const LoftState *state, const char *const *owners)
{
  if (g_strv_length ((GStrv) owners) != state->owners->len)
    return FALSE;

  for (guint i = 0; i < state->owners->len; i++)
    {
      const LoftOwner *owner = g_ptr_array_index (state->owners, i);

      if (!g_str_equal (owner->id, owners[i]))
        return FALSE;
    }

  return TRUE;
}

static gboolean
is_fulfilled (const LoftState *state, const LoftChangeJob *job, const char *key)
{
  switch (job->type)
    {
    case LOFT_EVENT_YANK:
      return g_hash_table_contains (state->yanked, key);
    case LOFT_EVENT_UNYANK:
      return !g_hash_table_contains (state->yanked, key);
    case LOFT_EVENT_DEPRECATE:
      return g_strcmp0 (state->deprecated, job->text) == 0;
    case LOFT_EVENT_OWNERS:
      return has_owners (state, (const char *const *) job->owners);
    case LOFT_EVENT_OTHER:
    case LOFT_EVENT_PUBLISH:
    case LOFT_EVENT_ADOPT:
    case LOFT_EVENT_CLAIM:
    case LOFT_EVENT_TOKEN_CREATE:
    case LOFT_EVENT_TOKEN_REVOKE:
    case LOFT_EVENT_ADMINISTER:
    case LOFT_EVENT_DOCS:
    default:
      g_return_val_if_reached (TRUE);
    }
}

static const LoftOwner *
find_owner (const LoftState *state, const char *id)
{
  for (guint i = 0; i < state->owners->len; i++)
    {
      const LoftOwner *owner = g_ptr_array_index (state->owners, i);

      if (g_str_equal (owner->id, id))
        return owner;
    }

  return NULL;
}

/* Who was an owner stays the same one, with the hash of the token if it is one.
 * Of a token that was none only the id is known, by which it is found too. */
static void
set_owners (LoftState *next, const LoftState *state, GStrv owners)
{
  g_ptr_array_set_size (next->owners, 0);
  for (gsize i = 0; owners[i] != NULL; i++)
    {
      const LoftOwner *known = find_owner (state, owners[i]);

      loft_state_add_owner (next,
                            owners[i],
                            known != NULL ? known->token : NULL);
    }
}

static gboolean
check_wish (const LoftState *state, const LoftChangeJob *job, GError **error)
{
  g_autoptr (LoftFindings) findings = loft_findings_new ();
  const char *const *owners = (const char *const *) job->owners;
  gsize length = owners != NULL ? g_strv_length (job->owners) : 0;

  if (job->text != NULL && g_utf8_strlen (job->text, -1) > TEXT_MAX)
    loft_findings_add (findings,
                       "text",
                       job->type == LOFT_EVENT_DEPRECATE ? "message" : "reason",
                       "A reason has at most %d letters",
                       TEXT_MAX);
  if (length > OWNERS_MAX)
    loft_findings_add (findings,
                       "owners",
                       "owners",
                       "There are more than %d owners",
                       OWNERS_MAX);
  for (gsize i = 0; i < MIN (length, OWNERS_MAX); i++)
    if (!loft_owner_id_is_valid (owners[i]) &&
        find_owner (state, owners[i]) == NULL)
      {
        g_autofree char *quoted = loft_quote (owners[i]);

        loft_findings_add (findings,
                           "owners",
                           owners[i],
                           "%s is neither the name of a user nor the public id "
                           "of a token",
                           quoted);
      }

  return loft_findings_to_error (findings, error);
}

static LoftState *
make_next (const LoftState *state,
           const LoftChangeJob *job,
           const char *key,
           const LoftActor *actor)
{
  LoftState *next = loft_state_copy (state);

  next->revision++;
  next->changed_at = g_get_real_time ();
  loft_actor_copy (&next->changed_by, actor);
  g_free (next->change);
  next->change = g_strdup (loft_event_type_to_string (job->type));
  g_free (next->change_key);
  next->change_key = g_strdup (key);

  if (job->type == LOFT_EVENT_YANK)
    g_hash_table_insert (next->yanked,
                         g_strdup (key),
                         g_strdup (job->text != NULL ? job->text : ""));
  else if (job->type == LOFT_EVENT_UNYANK)
    g_hash_table_remove (next->yanked, key);
  else if (job->type == LOFT_EVENT_OWNERS)
    set_owners (next, state, job->owners);
  else
    {
      g_free (next->deprecated);
      next->deprecated = g_strdup (job->text);
    }

  return next;
}

/* Makes sure that the log has the state, since what follows rests on it. */
static gboolean
tell_of_state (LoftRegistry *self,
               const char *name,
               const LoftState *state,
               GError **error)
{
  if (state->revision == 0)
    return TRUE;

  g_autoptr (GPtrArray) events =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);
  g_ptr_array_add (events, loft_event_new_for_state (name, state));

  return loft_log_append (self->log, events, error);
}

static LoftState *
read_state (LoftRegistry *self,
            const char *name,
            char **out_etag,
            GError **error)
{
  g_autoptr (GError) local_error = NULL;
  LoftState *state =
    loft_authority_find_state (self->authority, name, out_etag, &local_error);
  gboolean adopted;

  if (state == NULL && local_error == NULL)
    return loft_registry_read_adopted (self, name, out_etag, &adopted, error);
  if (state == NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));

  return state;
}

static LoftScopes
get_scope (const LoftChangeJob *job)
{
  return job->type == LOFT_EVENT_OWNERS ? LOFT_SCOPE_OWNERS : LOFT_SCOPE_YANK;
}

static gboolean
may_change (LoftRegistry *self,
            const LoftChangeJob *job,
            const LoftState *state,
            LoftActor *out_actor,
            GError **error)
{
  if (job->administrator != NULL)
    {
      loft_actor_set (out_actor, job->administrator, NULL, NULL);
      return TRUE;
    }

  g_autoptr (LoftRegistrySettings) settings = loft_registry_dup_settings (self);
  g_auto (LoftCredential) credential = { .token = job->token };

  return loft_authority_may_change (self->authority,
                                    settings->publish,
                                    get_scope (job),
                                    job->name,
                                    state,
                                    &credential,
                                    out_actor,
                                    error);
}

/* One attempt. Gives %FALSE with no error set if somebody else was first. */
static gboolean
change_once (LoftRegistry *self,
             LoftChangeJob *job,
             const char *key,
             GError **error)
{
  g_autofree char *etag = NULL;
  g_auto (LoftActor) actor = { NULL };
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftState) state = read_state (self, job->name, &etag, error);
  if (state == NULL)
    return FALSE;

  if (!may_change (self, job, state, &actor, error) ||
      !check_wish (state, job, error))
    return FALSE;
  if (!tell_of_state (self, job->name, state, error))
    return FALSE;
  if (is_fulfilled (state, job, key))
    return TRUE;

  actor.request = g_strdup (job->request);
  g_autoptr (LoftState) next = make_next (state, job, key, &actor);
  if (loft_authority_write_state (self->authority,
                                  job->name,
                                  next,
                                  etag,
                                  &local_error))
    return tell_of_state (self, job->name, next, error);
  if (!g_error_matches (local_error,
                        LOFT_STORAGE_ERROR,
                        LOFT_STORAGE_ERROR_CHANGED) &&
      !g_error_matches (local_error,
                        LOFT_STORAGE_ERROR,
                        LOFT_STORAGE_ERROR_UNKNOWN))
    g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

static gboolean
take_element (LoftRegistry *self, LoftChangeJob *job, GError **error)
{
  if (job->version == NULL)
    return TRUE;

  g_autoptr (LoftCatalogVersion) version =
    loft_catalog_get_version (self->catalog, job->name, job->version, error);
  if (version == NULL)
    return FALSE;

  job->element = g_bytes_new (version->element, strlen (version->element));

  return TRUE;
}

/**
 * loft_registry_change:
 * @self: a registry
 * @job: what to change, and where the answer goes
 * @error: return location for a #GError
 *
 * Yanks or un-yanks a version, deprecates a package, or says anew whose it is.
 * What is so already is left as it is. Blocks.
 *
 * Returns: %TRUE once the change is durable and visible, or %FALSE with
 *   @error set to a #LoftRegistryError or a #LoftStorageError
 */
gboolean
loft_registry_change (LoftRegistry *self, LoftChangeJob *job, GError **error)
{
  g_autofree char *key = NULL;

  if (!loft_registry_can_write (self, error))
    return FALSE;
  if (job->version != NULL)
    {
      key = find_key (self, job, error);
      if (key == NULL)
        return FALSE;
    }
  else
    {
      g_autoptr (LoftCatalogPackage) package =
        loft_catalog_get_package (self->catalog, job->name, error);
      if (package == NULL)
        return FALSE;
    }

  for (guint tries = 0; tries < TRIES_MAX; tries++)
    {
      g_autoptr (GError) local_error = NULL;

      if (change_once (self, job, key, &local_error))
        return take_element (self, job, error);
      if (local_error != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
    }

  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_UNAVAILABLE,
               "“%s” is being changed by others; try again",
               job->name);

  return FALSE;
}
