/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-authority-private.h"

#include <string.h>

#include "registry/loft-json.h"

/* The states of packages, as they are stored: `NAME/package.json`. None is
 * written that would be too large to be read again. */

#define STATE_SIZE_MAX (8 * 1024 * 1024)

static JsonNode *
parse_text (const char *text, const char *key, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  JsonNode *json = loft_json_parse (text, strlen (text), &local_error);

  if (json != NULL && JSON_NODE_HOLDS_OBJECT (json))
    return json;

  g_clear_pointer (&json, json_node_unref);
  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_CORRUPT,
               "“%s” is broken",
               key);

  return NULL;
}

/**
 * loft_authority_read_state:
 * @self: an authority
 * @name: a package
 * @out_etag: (out) (optional) (transfer full): for loft_authority_write_state()
 * @error: return location for a #GError
 *
 * Reads the package's `package.json`. Blocks.
 *
 * Returns: (transfer full): the state, or %NULL with @error set:
 *   %LOFT_STORAGE_ERROR_NOT_FOUND if there is none,
 *   %LOFT_REGISTRY_ERROR_CORRUPT, or another #LoftStorageError
 */
LoftState *
loft_authority_read_state (LoftAuthority *self,
                           const char *name,
                           char **out_etag,
                           GError **error)
{
  g_return_val_if_fail (self != NULL && name != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autofree char *key = g_strconcat (name, "/package.json", NULL);
  g_autoptr (LoftObject) object =
    loft_storage_read (self->storage, key, 0, -1, NULL, error);
  if (object == NULL)
    return NULL;

  g_autoptr (GBytes) bytes =
    loft_object_load (object, STATE_SIZE_MAX, NULL, error);
  if (bytes == NULL)
    return NULL;

  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);
  g_autofree char *text = g_strndup (data, length);
  g_autoptr (JsonNode) json = parse_text (text, key, error);
  if (json == NULL)
    return NULL;

  g_autoptr (LoftState) state = loft_state_from_json (json, error);
  if (state == NULL)
    {
      g_prefix_error (error, "“%s”: ", key);
      return NULL;
    }
  if (out_etag != NULL)
    *out_etag = g_strdup (loft_object_get_etag (object));

  return g_steal_pointer (&state);
}

/**
 * loft_authority_find_state:
 * @self: an authority
 * @name: a package
 * @out_etag: (out) (optional) (transfer full): for loft_authority_write_state()
 * @error: return location for a #GError
 *
 * Reads the package's `package.json` where there is one. Blocks.
 *
 * Returns: (transfer full) (nullable): the state; %NULL with no error set if
 *   there is none, or with @error set as by loft_authority_read_state()
 */
LoftState *
loft_authority_find_state (LoftAuthority *self,
                           const char *name,
                           char **out_etag,
                           GError **error)
{
  g_autoptr (GError) local_error = NULL;
  LoftState *state =
    loft_authority_read_state (self, name, out_etag, &local_error);

  if (state == NULL && !g_error_matches (local_error,
                                         LOFT_STORAGE_ERROR,
                                         LOFT_STORAGE_ERROR_NOT_FOUND))
    g_propagate_error (error, g_steal_pointer (&local_error));

  return state;
}

/**
 * loft_authority_write_state:
 * @self: an authority
 * @name: a package
 * @state: its new state
 * @etag: (nullable): of the state that it replaces; %NULL if there is none
 * @error: return location for a #GError
 *
 * Writes the package's `package.json`. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set: %LOFT_STORAGE_ERROR_CHANGED if
 *   somebody else was first, %LOFT_REGISTRY_ERROR_TOO_LARGE, or another
 *   #LoftStorageError
 */
gboolean
loft_authority_write_state (LoftAuthority *self,
                            const char *name,
                            const LoftState *state,
                            const char *etag,
                            GError **error)
{
  g_return_val_if_fail (self != NULL && name != NULL && state != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autofree char *key = g_strconcat (name, "/package.json", NULL);
  g_autoptr (JsonNode) json = loft_state_to_json (state, TRUE);
  g_autoptr (GBytes) text = loft_json_to_bytes (json);
  if (g_bytes_get_size (text) > STATE_SIZE_MAX)
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_TOO_LARGE,
                   "What is known of “%s” beside its versions would take more "
                   "than %d bytes",
                   name,
                   STATE_SIZE_MAX);
      return FALSE;
    }

  g_autofree char *written =
    loft_storage_replace (self->storage, key, text, etag, NULL, error);

  return written != NULL;
}
