/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "registry/loft-name.h"
#include "registry/loft-registry-private.h"
#include "registry/loft-version.h"

/* How often somebody else may be first before we give up. */
#define TRIES_MAX 32

/**
 * loft_registry_check_names:
 * @self: a registry whose catalog answers
 * @name: a package
 * @version: a version
 * @error: return location for a #GError
 *
 * Checks what can be checked before the tarball is there: the version's form,
 * and the name's, if it is a new one.
 *
 * Returns: %TRUE, or %FALSE with @error set to
 *   %LOFT_REGISTRY_ERROR_MALFORMED or %LOFT_REGISTRY_ERROR_RULES
 */
gboolean
loft_registry_check_names (LoftRegistry *self,
                           const char *name,
                           const char *version,
                           GError **error)
{
  g_autoptr (LoftCatalogPackage) known = NULL;
  g_autoptr (LoftFindings) findings = loft_findings_new ();

  if (!loft_version_check (version, error))
    return FALSE;

  if (loft_name_is_adoptable (name))
    known = loft_catalog_get_package (self->catalog, name, NULL);
  if (known != NULL && known->versions > 0)
    return TRUE;

  g_autoptr (LoftRegistrySettings) settings = loft_registry_dup_settings (self);
  if (!loft_name_check_new (name,
                            (const char *const *) settings->reserved,
                            findings))
    return loft_findings_to_error (findings, error);

  g_autofree char *folded = loft_name_fold (name);
  g_autofree char *other =
    loft_catalog_find_folded (self->catalog, folded, NULL);
  if (other != NULL && !g_str_equal (other, name))
    loft_findings_add (findings,
                       "name-confusable",
                       "name",
                       "The name “%s” is too like “%s”, which exists",
                       name,
                       other);

  return loft_findings_to_error (findings, error);
}

/* Reserves the folding of a new name. Two names that look alike cannot both
 * get it, since it is created exclusively. */
static gboolean
reserve_folding (LoftRegistry *self, const char *name, GError **error)
{
  g_autofree char *folded = loft_name_fold (name);
  g_autofree char *key = g_strconcat ("_registry/names/", folded, NULL);
  g_autoptr (GInputStream) stream =
    g_memory_input_stream_new_from_data (name, -1, NULL);
  g_autoptr (GError) local_error = NULL;

  if (loft_storage_create (self->storage,
                           key,
                           stream,
                           (goffset) strlen (name),
                           NULL,
                           &local_error))
    return TRUE;
  if (!g_error_matches (local_error,
                        LOFT_STORAGE_ERROR,
                        LOFT_STORAGE_ERROR_EXISTS) &&
      !g_error_matches (local_error,
                        LOFT_STORAGE_ERROR,
                        LOFT_STORAGE_ERROR_UNKNOWN))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  g_autoptr (LoftObject) object =
    loft_storage_read (self->storage, key, 0, -1, NULL, error);
  if (object == NULL)
    return FALSE;

  g_autoptr (GBytes) bytes = loft_object_load (object, 1024, NULL, error);
  if (bytes == NULL)
    return FALSE;

  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);
  if (length == strlen (name) && memcmp (data, name, length) == 0)
    return TRUE;

  g_autofree char *other = g_strndup (data, length);
  g_autoptr (LoftFindings) findings = loft_findings_new ();
  loft_findings_add (findings,
                     "name-confusable",
                     "name",
                     "The name “%s” is too like “%s”, which exists",
                     name,
                     other);

  return loft_findings_to_error (findings, error);
}

static gboolean
claim (LoftRegistry *self,
       LoftPublishMode mode,
       const char *name,
       LoftCredential *credential,
       const char *request,
       GError **error)
{
  g_autoptr (LoftState) state = loft_state_new ();

  /* Before anything is written. */
  if (!loft_authority_may_claim (self->authority,
                                 mode,
                                 name,
                                 credential,
                                 error))
    return FALSE;

  const LoftToken *issued = credential->issued;

  state->revision = 1;
  state->changed_at = g_get_real_time ();
  state->change = g_strdup (loft_event_type_to_string (LOFT_EVENT_CLAIM));
  if (!reserve_folding (self, name, error))
    return FALSE;
  if (issued != NULL)
    {
      loft_state_add_owner (state, issued->user, NULL);
      loft_actor_set (&state->changed_by, issued->user, issued->id, NULL);
    }
  else if (mode == LOFT_PUBLISH_CLAIM && loft_token_can_own (credential->token))
    {
      if (!loft_authority_add_owner (self->authority,
                                     state,
                                     credential->token,
                                     error))
        return FALSE;

      const LoftOwner *owner = g_ptr_array_index (state->owners, 0);
      loft_actor_set (&state->changed_by, owner->id, owner->id, NULL);
    }
  state->changed_by.request = g_strdup (request);

  return loft_authority_write_state (self->authority, name, state, NULL, error);
}

/* A name that was claimed, but has no version, is a new package still. */
static LoftScopes
get_scope (LoftRegistry *self, const char *name)
{
  g_autoptr (LoftCatalogPackage) known =
    loft_catalog_get_package (self->catalog, name, NULL);

  return known != NULL && known->versions > 0 ? LOFT_SCOPE_PUBLISH_UPDATE
                                              : LOFT_SCOPE_PUBLISH_NEW;
}

static gboolean
claim_for (LoftRegistry *self,
           const LoftImport *import,
           const char *name,
           GError **error)
{
  g_autoptr (LoftState) state = loft_state_new ();

  state->revision = 1;
  state->changed_at = g_get_real_time ();
  loft_actor_copy (&state->changed_by, &import->actor);
  state->change = g_strdup (loft_event_type_to_string (LOFT_EVENT_CLAIM));
  for (gsize i = 0; import->owners[i] != NULL; i++)
    loft_state_add_owner (state, import->owners[i], NULL);

  return reserve_folding (self, name, error) &&
         loft_authority_write_state (self->authority, name, state, NULL, error);
}

/* Who wants to publish: a caller, or an administrator for those whom an import
 * names. */
typedef struct
{
  LoftPublishMode mode;
  LoftCredential *credential; /* nullable */
  const char *request;        /* nullable: its id */
  const LoftImport *import;   /* nullable */
} Claimant;

static gboolean
claim_if_new (LoftRegistry *self,
              const Claimant *claimant,
              const char *name,
              GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gboolean claimed = claimant->import != NULL
                       ? claim_for (self, claimant->import, name, &local_error)
                       : claim (self,
                                claimant->mode,
                                name,
                                claimant->credential,
                                claimant->request,
                                &local_error);

  if (claimed ||
      g_error_matches (local_error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_CHANGED) ||
      g_error_matches (local_error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_UNKNOWN))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

/* Reads whose the package is. A name that was nobody's is claimed first, by us
 * or by somebody else, and is read then. */
static LoftState *
read_or_claim (LoftRegistry *self,
               const Claimant *claimant,
               const char *name,
               gboolean *out_adopted,
               GError **error)
{
  *out_adopted = FALSE;
  for (guint tries = 0; tries < TRIES_MAX; tries++)
    {
      g_autoptr (GError) local_error = NULL;
      LoftState *state =
        loft_authority_find_state (self->authority, name, NULL, &local_error);

      if (state != NULL)
        return state;
      if (local_error == NULL &&
          loft_registry_has_documents (self, name, &local_error))
        return loft_registry_read_adopted (self,
                                           name,
                                           NULL,
                                           out_adopted,
                                           error);
      if (local_error != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return NULL;
        }
      if (!claim_if_new (self, claimant, name, error))
        return NULL;
    }

  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_UNAVAILABLE,
                       "The storage does not tell whose the package is");

  return NULL;
}

/**
 * loft_registry_authorize:
 * @self: a registry
 * @name: a package, or a name that is to become one
 * @credential: what somebody shows who wants to publish
 * @request: (nullable): the request's id
 * @out_state: (out) (transfer full) (nullable): the package's stored state;
 *   %NULL if it is adopted and has none
 * @out_owners: (out) (transfer full): public ids of its owners
 * @out_actor: (out caller-allocates): whom his token stands for
 * @error: return location for a #GError
 *
 * Finds out whether that one may publish to the package. A name that nobody has
 * is claimed. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to
 *   %LOFT_REGISTRY_ERROR_TOKEN_NEEDED, %LOFT_REGISTRY_ERROR_FORBIDDEN,
 *   %LOFT_REGISTRY_ERROR_RULES, %LOFT_REGISTRY_ERROR_UNAVAILABLE, or a
 *   #LoftStorageError
 */
gboolean
loft_registry_authorize (LoftRegistry *self,
                         const char *name,
                         LoftCredential *credential,
                         const char *request,
                         LoftState **out_state,
                         GStrv *out_owners,
                         LoftActor *out_actor,
                         GError **error)
{
  g_autoptr (LoftRegistrySettings) settings = loft_registry_dup_settings (self);
  const Claimant claimant = { .mode = settings->publish,
                              .credential = credential,
                              .request = request };
  gboolean adopted;
  g_autoptr (LoftState) state =
    read_or_claim (self, &claimant, name, &adopted, error);

  if (state == NULL || !loft_authority_may_change (self->authority,
                                                   settings->publish,
                                                   get_scope (self, name),
                                                   name,
                                                   state,
                                                   credential,
                                                   out_actor,
                                                   error))
    return FALSE;

  out_actor->request = g_strdup (request);
  *out_owners = loft_state_list_owners (state);
  *out_state = adopted ? NULL : g_steal_pointer (&state);

  return TRUE;
}

/**
 * loft_registry_admit:
 * @self: a registry
 * @import: an import
 * @name: a package, or a name that is to become one
 * @out_state: (out) (transfer full) (nullable): as of loft_registry_authorize()
 * @out_owners: (out) (transfer full): as well
 * @out_actor: (out caller-allocates): as well
 * @error: return location for a #GError
 *
 * Does for an import what loft_registry_authorize() does for a publish: an
 * administrator may do everything. A name that nobody has is claimed for those
 * whom the document names. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_registry_admit (LoftRegistry *self,
                     const LoftImport *import,
                     const char *name,
                     LoftState **out_state,
                     GStrv *out_owners,
                     LoftActor *out_actor,
                     GError **error)
{
  const Claimant claimant = { .import = import };
  gboolean adopted;
  g_autoptr (LoftState) state =
    read_or_claim (self, &claimant, name, &adopted, error);

  if (state == NULL)
    return FALSE;

  *out_owners = loft_state_list_owners (state);
  loft_actor_copy (out_actor, &import->actor);
  *out_state = adopted ? NULL : g_steal_pointer (&state);

  return TRUE;
}

/**
 * loft_registry_check_owner:
 * @self: a registry
 * @name: a package, or a name that may become one
 * @token: (nullable): the bearer token
 * @error: return location for a #GError
 *
 * Finds out whether the bearer of @token may publish to the package, without
 * claiming anything. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to
 *   %LOFT_REGISTRY_ERROR_TOKEN_NEEDED, %LOFT_REGISTRY_ERROR_FORBIDDEN, or a
 *   #LoftStorageError
 */
gboolean
loft_registry_check_owner (LoftRegistry *self,
                           const char *name,
                           const char *token,
                           GError **error)
{
  g_autoptr (LoftRegistrySettings) settings = loft_registry_dup_settings (self);
  g_auto (LoftActor) actor = { NULL };
  g_auto (LoftCredential) credential = { .token = token };
  g_autoptr (GError) local_error = NULL;
  gboolean adopted;

  if (settings->publish == LOFT_PUBLISH_OPEN)
    return TRUE;

  g_autoptr (LoftState) state =
    loft_authority_find_state (self->authority, name, NULL, &local_error);
  if (state == NULL && local_error == NULL)
    state =
      loft_registry_read_adopted (self, name, NULL, &adopted, &local_error);
  if (state == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  return loft_authority_may_change (self->authority,
                                    settings->publish,
                                    get_scope (self, name),
                                    name,
                                    state,
                                    &credential,
                                    &actor,
                                    error);
}
