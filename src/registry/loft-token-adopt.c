/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "registry/loft-registry-private.h"
#include "registry/loft-time.h"

/* Tokens of the original server.
 *
 * It keeps them in clear, in `tokens.json`, and whom they stand for in
 * `users.json`. They go on being good: each is stored once more, as its hash.
 * The two files stay as they are, for the original server may be wanted again;
 * whatever is revoked here stays so, whatever they say.
 *
 * An id stays what it was, by which its user knows a token, unless another one
 * has it: what is revoked by its id must be one token. */

#define TOKENS_KEY "tokens.json"
#define USERS_KEY "users.json"
#define FILE_MAX (16 * 1024 * 1024)
#define SECRET_LENGTH_MIN 16
#define SECRET_LENGTH_MAX 1024
#define NOTE_ADOPTED "adopted-tokens"

/* Reads one of the files. Gives %NULL with no error set if there is none, or
 * none that makes sense. */
static JsonNode *
read_file (LoftRegistry *self,
           const char *key,
           char **out_digest,
           GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftObject) object =
    loft_storage_read (self->storage, key, 0, -1, self->stopping, &local_error);
  g_autoptr (GBytes) bytes =
    object != NULL
      ? loft_object_load (object, FILE_MAX, self->stopping, &local_error)
      : NULL;

  if (bytes == NULL)
    {
      if (g_error_matches (local_error,
                           LOFT_STORAGE_ERROR,
                           LOFT_STORAGE_ERROR_UNAVAILABLE) ||
          g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        g_propagate_error (error, g_steal_pointer (&local_error));
      else if (!g_error_matches (local_error,
                                 LOFT_STORAGE_ERROR,
                                 LOFT_STORAGE_ERROR_NOT_FOUND))
        g_message ("In the storage: %s", local_error->message);
      return NULL;
    }

  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);
  g_autoptr (JsonNode) json = loft_json_parse (data, length, NULL);
  if (out_digest != NULL)
    *out_digest = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
  if (json != NULL && JSON_NODE_HOLDS_OBJECT (json))
    return g_steal_pointer (&json);

  g_message ("In the storage: “%s” can't be read, and is left alone", key);

  return NULL;
}

static gboolean
is_fit (const char *secret)
{
  gsize length = strlen (secret);

  if (length < SECRET_LENGTH_MIN || length > SECRET_LENGTH_MAX ||
      g_str_has_prefix (secret, LOFT_TOKEN_PREFIX))
    return FALSE;

  for (const char *next = secret; *next != '\0'; next++)
    if (!g_ascii_isalnum (*next) && strchr ("-._~+/=", *next) == NULL)
      return FALSE;

  return TRUE;
}

static const char *
find_user (JsonObject *users, gint64 github_id)
{
  g_autofree char *member = g_strdup_printf ("%" G_GINT64_FORMAT, github_id);
  JsonObject *user = loft_json_get_object (users, member);
  const char *name =
    user != NULL ? loft_json_get_string (user, "username") : NULL;

  return name != NULL && loft_owner_id_is_valid (name) &&
             !loft_owner_id_is_token (name)
           ? name
           : NULL;
}

static gint64
read_time (JsonObject *entry, const char *member, gint64 fallback)
{
  const char *text = loft_json_get_string (entry, member);
  gint64 time = 0;

  return text != NULL && loft_time_parse (text, &time) && time > 0 ? time
                                                                   : fallback;
}

/* The ids that tokens have, each with the token's hash. */
static GHashTable *
list_ids (LoftRegistry *self, GError **error)
{
  g_autoptr (GPtrArray) all =
    loft_token_store_list (loft_authority_get_tokens (self->authority),
                           self->stopping,
                           error);
  if (all == NULL)
    return NULL;

  GHashTable *ids =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (guint i = 0; i < all->len; i++)
    {
      const LoftToken *token = g_ptr_array_index (all, i);

      g_hash_table_insert (ids, g_strdup (token->id), g_strdup (token->sha256));
    }

  return ids;
}

static char *
choose_id (LoftRegistry *self,
           GHashTable *ids,
           const char *id,
           const char *sha256,
           GError **error)
{
  if (id == NULL || !loft_owner_id_is_valid (id) ||
      (g_hash_table_contains (ids, id)
         ? g_strcmp0 (g_hash_table_lookup (ids, id), sha256) != 0
         : loft_catalog_is_token_told (self->catalog, id, FALSE)))
    return loft_registry_draw_token_id (self, error);

  g_hash_table_replace (ids, g_strdup (id), g_strdup (sha256));

  return g_strdup (id);
}

/* Makes a token of an entry. Gives %NULL with no error set if it is none. */
static LoftToken *
make_token (LoftRegistry *self,
            GHashTable *ids,
            JsonObject *users,
            const char *secret,
            JsonObject *entry,
            GError **error)
{
  gint64 github_id =
    entry != NULL ? loft_json_get_int (entry, "user_github_id", 0) : 0;
  const char *user = find_user (users, github_id);
  if (user == NULL || !is_fit (secret))
    return NULL;

  g_autoptr (LoftToken) token = g_new0 (LoftToken, 1);
  const char *name = loft_json_get_string (entry, "name");

  token->sha256 = loft_token_hash (secret);
  token->id = choose_id (self,
                         ids,
                         loft_json_get_string (entry, "id"),
                         token->sha256,
                         error);
  if (token->id == NULL)
    return NULL;

  token->user = g_strdup (user);
  if (name != NULL && loft_token_name_is_valid (name))
    token->name = g_strdup (name);
  token->scopes = LOFT_SCOPES_USER;
  token->pattern = g_strdup ("*");
  token->created_at = read_time (entry, "created_at", g_get_real_time ());
  token->created_by.name = g_strdup (LOFT_TOKEN_ADOPTION);
  token->last_used_at = read_time (entry, "last_used_at", 0);
  token->github_id = github_id;

  return g_steal_pointer (&token);
}

static gboolean
store (LoftRegistry *self, LoftToken *token, GPtrArray *stored, GError **error)
{
  g_autoptr (LoftToken) owned = token;
  g_autoptr (GError) local_error = NULL;

  if (loft_token_store_create (loft_authority_get_tokens (self->authority),
                               owned,
                               &local_error))
    g_ptr_array_add (stored, g_steal_pointer (&owned));
  else if (!g_error_matches (local_error,
                             LOFT_STORAGE_ERROR,
                             LOFT_STORAGE_ERROR_EXISTS))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  return TRUE;
}

static gboolean
adopt (LoftRegistry *self,
       JsonObject *tokens,
       JsonObject *users,
       GError **error)
{
  g_autoptr (GHashTable) ids = list_ids (self, error);
  g_autoptr (GPtrArray) stored =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_token_free);
  guint unfit = 0;
  JsonObjectIter iter;
  const char *secret;

  if (ids == NULL)
    return FALSE;

  json_object_iter_init (&iter, tokens);
  while (json_object_iter_next (&iter, &secret, NULL))
    {
      g_autoptr (GError) local_error = NULL;
      LoftToken *token = make_token (self,
                                     ids,
                                     users,
                                     secret,
                                     loft_json_get_object (tokens, secret),
                                     &local_error);
      if (token == NULL && local_error == NULL)
        unfit++;
      else if (token == NULL || !store (self, token, stored, &local_error))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
    }

  if (stored->len > 0)
    g_message ("Took %u tokens over from “%s”. It holds them in clear: delete "
               "it once the original server is not wanted any more",
               stored->len,
               TOKENS_KEY);
  if (unfit > 0)
    g_message ("%u tokens in “%s” stand for no known user, or can be none, and "
               "are good for nothing",
               unfit,
               TOKENS_KEY);

  return stored->len == 0 || loft_registry_tell_of (self, stored, error);
}

/**
 * loft_registry_adopt_tokens:
 * @self: a registry
 * @error: return location for a #GError
 *
 * Takes over the tokens of the original server, unless that was done already.
 * Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #LoftStorageError, a
 *   #LoftRegistryError or %G_IO_ERROR_CANCELLED
 */
gboolean
loft_registry_adopt_tokens (LoftRegistry *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *digest = NULL;
  g_autofree char *users_digest = NULL;

  if (loft_storage_has (self->storage, LOFT_STORAGE_FEATURE_READ_ONLY))
    return TRUE;

  g_autoptr (JsonNode) tokens =
    read_file (self, TOKENS_KEY, &digest, &local_error);
  g_autoptr (JsonNode) users =
    tokens != NULL ? read_file (self, USERS_KEY, &users_digest, &local_error)
                   : NULL;
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (tokens == NULL)
    return TRUE;

  g_autoptr (JsonObject) nobody = json_object_new ();
  g_autofree char *both = g_strconcat (digest, " ", users_digest, NULL);
  g_autofree char *note =
    loft_catalog_get_note (self->catalog, NOTE_ADOPTED, NULL);

  return g_strcmp0 (note, both) == 0 ||
         (adopt (self,
                 json_node_get_object (tokens),
                 users != NULL ? json_node_get_object (users) : nobody,
                 error) &&
          loft_catalog_set_note (self->catalog, NOTE_ADOPTED, both, error));
}
