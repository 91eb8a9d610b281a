/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-authority-private.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#include "registry/loft-hex.h"
#include "registry/loft-json.h"

#define SALT_KEY "_registry/salt"
#define SALT_LENGTH 32
#define SHA256_LENGTH 32
#define ID_LENGTH 8
#define SMALL_DOCUMENT_MAX (4 * 1024)

/* How many tokens are remembered, so that their documents need not be looked
 * for, and synced, at each new name. */
#define IDS_MAX 1000

/* What a token must be at least, to own a name: long, and no string that
 * somebody else would think of first. */
#define OWNING_TOKEN_LENGTH 32
#define OWNING_TOKEN_DISTINCT 8

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
  self->ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_mutex_init (&self->mutex);

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
  g_free (self->salt);
  g_hash_table_unref (self->ids);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

/**
 * loft_token_can_own:
 * @token: (nullable): a bearer token
 *
 * Tells whether a name can be given to the bearer of @token: a released client
 * always sends some token, and where nobody chose one it is a placeholder that
 * all share.
 *
 * Returns: whether it can
 */
gboolean
loft_token_can_own (const char *token)
{
  if (token == NULL || strlen (token) < OWNING_TOKEN_LENGTH)
    return FALSE;

  gboolean seen[256] = { FALSE };
  guint distinct = 0;
  for (const char *next = token; *next != '\0'; next++)
    if (!seen[(guchar) *next])
      {
        seen[(guchar) *next] = TRUE;
        distinct++;
      }

  return distinct >= OWNING_TOKEN_DISTINCT;
}

static char *
draw_random (gsize length, GError **error)
{
  g_autofree guint8 *bytes = g_malloc (length);

  if (gnutls_rnd (GNUTLS_RND_KEY, bytes, length) < 0)
    {
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_FAILED,
                           "There are no random numbers to be had");
      return NULL;
    }

  return loft_hex_encode (bytes, length);
}

static char *
read_text (LoftAuthority *self, const char *key, GError **error)
{
  g_autoptr (LoftObject) object =
    loft_storage_read (self->storage, key, 0, -1, NULL, error);
  if (object == NULL)
    return NULL;

  g_autoptr (GBytes) bytes =
    loft_object_load (object, SMALL_DOCUMENT_MAX, NULL, error);
  if (bytes == NULL)
    return NULL;

  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);

  return g_strndup (data, length);
}

/* Creates a small text, or reads the one that is there already. */
static char *
create_or_read (LoftAuthority *self,
                const char *key,
                const char *text,
                GError **error)
{
  g_autoptr (GInputStream) stream =
    g_memory_input_stream_new_from_data (text, -1, NULL);
  g_autoptr (GError) local_error = NULL;

  if (loft_storage_create (self->storage,
                           key,
                           stream,
                           (goffset) strlen (text),
                           NULL,
                           &local_error))
    return g_strdup (text);
  if (!g_error_matches (local_error,
                        LOFT_STORAGE_ERROR,
                        LOFT_STORAGE_ERROR_EXISTS) &&
      !g_error_matches (local_error,
                        LOFT_STORAGE_ERROR,
                        LOFT_STORAGE_ERROR_UNKNOWN))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  return read_text (self, key, error);
}

static char *
get_salt (LoftAuthority *self, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  g_autoptr (GError) local_error = NULL;

  if (self->salt != NULL)
    return g_strdup (self->salt);

  self->salt = read_text (self, SALT_KEY, &local_error);
  if (self->salt == NULL && g_error_matches (local_error,
                                             LOFT_STORAGE_ERROR,
                                             LOFT_STORAGE_ERROR_NOT_FOUND))
    {
      g_autofree char *drawn = draw_random (SALT_LENGTH, error);
      if (drawn == NULL)
        return NULL;

      g_clear_error (&local_error);
      self->salt = create_or_read (self, SALT_KEY, drawn, &local_error);
    }
  if (self->salt == NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));

  return g_strdup (self->salt);
}

static char *
hash_token (LoftAuthority *self, const char *token, GError **error)
{
  g_autofree char *salt = get_salt (self, error);
  if (salt == NULL)
    return NULL;

  guint8 digest[SHA256_LENGTH];
  if (gnutls_hmac_fast (GNUTLS_MAC_SHA256,
                        salt,
                        strlen (salt),
                        token,
                        strlen (token),
                        digest) < 0)
    {
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_FAILED,
                           "GnuTLS offers no HMAC with SHA-256");
      return NULL;
    }

  return loft_hex_encode (digest, sizeof digest);
}

/* The key of what is stored of a token holds the token's hash, and storages
 * name keys in their messages, which end in logs and answers. */
static void
hide_key (GError *error)
{
  g_free (error->message);
  error->message = g_strdup ("The public id of a token can't be stored, or "
                             "what is stored of it can't be read");
}

/* The public id of a token is drawn at random when it is first seen, so that
 * nothing about the token can be told from it. */
static char *
draw_id (LoftAuthority *self, const char *hash, GError **error)
{
  g_autofree char *key = g_strconcat ("_registry/tokens/", hash, ".json", NULL);
  g_autofree char *drawn = draw_random (ID_LENGTH, error);
  if (drawn == NULL)
    return NULL;

  g_autofree char *text = g_strdup_printf ("{\"id\":\"t-%s\"}\n", drawn);
  g_autoptr (GError) local_error = NULL;
  g_autofree char *stored = create_or_read (self, key, text, &local_error);
  g_autoptr (JsonNode) json =
    stored != NULL ? loft_authority_parse_text (stored, key, &local_error)
                   : NULL;
  if (json == NULL)
    {
      hide_key (local_error);
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  const char *id = loft_json_get_string (json_node_get_object (json), "id");
  if (id == NULL)
    g_set_error_literal (error,
                         LOFT_REGISTRY_ERROR,
                         LOFT_REGISTRY_ERROR_CORRUPT,
                         "What is stored of a token is broken");

  return g_strdup (id);
}

static char *
get_id (LoftAuthority *self, const char *hash, GError **error)
{
  g_mutex_lock (&self->mutex);
  char *known = g_strdup (g_hash_table_lookup (self->ids, hash));
  g_mutex_unlock (&self->mutex);
  if (known != NULL)
    return known;

  g_autofree char *id = draw_id (self, hash, error);
  if (id == NULL)
    return NULL;

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  if (g_hash_table_size (self->ids) >= IDS_MAX)
    g_hash_table_remove_all (self->ids);
  g_hash_table_insert (self->ids, g_strdup (hash), g_strdup (id));

  return g_steal_pointer (&id);
}

static gboolean
is_owner (const LoftOwner *owner, const char *hash)
{
  return owner->token != NULL && strlen (owner->token) == strlen (hash) &&
         gnutls_memcmp (owner->token, hash, strlen (hash)) == 0;
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

  g_autofree char *hash = hash_token (self, token, error);
  if (hash == NULL)
    return FALSE;

  for (guint i = 0; i < state->owners->len; i++)
    {
      const LoftOwner *owner = g_ptr_array_index (state->owners, i);

      if (is_owner (owner, hash) && *out_actor == NULL)
        *out_actor = g_strdup (owner->id);
    }
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

  g_autofree char *hash = hash_token (self, token, error);
  if (hash == NULL)
    return FALSE;

  g_autofree char *id = get_id (self, hash, error);
  if (id == NULL)
    return FALSE;

  loft_state_add_owner (state, id, hash);

  return TRUE;
}
