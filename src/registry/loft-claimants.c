/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-claimants.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#include "registry/loft-hex.h"
#include "registry/loft-json.h"
#include "registry/loft-registry-error.h"

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

struct _LoftClaimants
{
  LoftStorage *storage; /* owned */

  GMutex mutex;
  char *salt;      /* owned, NULL until it is needed */
  GHashTable *ids; /* owned: hash of a token to its public id, both owned */
};

/**
 * loft_claimants_new:
 * @storage: where tokens are
 *
 * Makes claimants. Reads nothing yet.
 *
 * Returns: (transfer full): claimants
 */
LoftClaimants *
loft_claimants_new (LoftStorage *storage)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (storage), NULL);

  LoftClaimants *self = g_new0 (LoftClaimants, 1);
  self->storage = g_object_ref (storage);
  self->ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_mutex_init (&self->mutex);

  return self;
}

/**
 * loft_claimants_free:
 * @self: (transfer full): claimants
 *
 * Frees @self.
 */
void
loft_claimants_free (LoftClaimants *self)
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
read_text (LoftClaimants *self, const char *key, GError **error)
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
create_or_read (LoftClaimants *self,
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
get_salt (LoftClaimants *self, GError **error)
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

/**
 * loft_claimants_hash:
 * @self: claimants
 * @token: a bearer token
 * @error: return location for a #GError
 *
 * Hashes a token with the storage's salt. Blocks.
 *
 * Returns: (transfer full): the hash, in hex, or %NULL with @error set to a
 *   #LoftStorageError or a #LoftRegistryError
 */
char *
loft_claimants_hash (LoftClaimants *self, const char *token, GError **error)
{
  g_return_val_if_fail (self != NULL && token != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

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

static char *
make_key (const char *hash)
{
  return g_strconcat ("_registry/claims/", hash, ".json", NULL);
}

static char *
parse_id (const char *text, GError **error)
{
  g_autoptr (JsonNode) json = loft_json_parse (text, strlen (text), NULL);
  const char *id = json != NULL && JSON_NODE_HOLDS_OBJECT (json)
                     ? loft_json_get_string (json_node_get_object (json), "id")
                     : NULL;

  if (id == NULL)
    g_set_error_literal (error,
                         LOFT_REGISTRY_ERROR,
                         LOFT_REGISTRY_ERROR_CORRUPT,
                         "What is stored of a token is broken");

  return g_strdup (id);
}

/* The public id of a token is drawn at random when it is first seen, so that
 * nothing about the token can be told from it. */
static char *
draw_id (LoftClaimants *self, const char *hash, GError **error)
{
  g_autofree char *key = make_key (hash);
  g_autofree char *drawn = draw_random (ID_LENGTH, error);
  if (drawn == NULL)
    return NULL;

  g_autofree char *text = g_strdup_printf ("{\"id\":\"t-%s\"}\n", drawn);
  g_autoptr (GError) local_error = NULL;
  g_autofree char *stored = create_or_read (self, key, text, &local_error);
  char *id = stored != NULL ? parse_id (stored, &local_error) : NULL;
  if (id == NULL)
    {
      hide_key (local_error);
      g_propagate_error (error, g_steal_pointer (&local_error));
    }

  return id;
}

/**
 * loft_claimants_get_id:
 * @self: claimants
 * @hash: what loft_claimants_hash() gave
 * @error: return location for a #GError
 *
 * Gives the public id of a token, which is drawn when it is first asked for.
 * Blocks.
 *
 * Returns: (transfer full): the id, or %NULL with @error set to a
 *   #LoftStorageError or a #LoftRegistryError
 */
char *
loft_claimants_get_id (LoftClaimants *self, const char *hash, GError **error)
{
  g_return_val_if_fail (self != NULL && hash != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

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

/**
 * loft_claimants_find_id:
 * @self: claimants
 * @hash: what loft_claimants_hash() gave
 * @out_id: (out) (transfer full) (nullable): the public id, or %NULL if the
 *   token has none yet
 * @error: return location for a #GError
 *
 * Looks for the public id of a token, and writes nothing. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #LoftStorageError or a
 *   #LoftRegistryError
 */
gboolean
loft_claimants_find_id (LoftClaimants *self,
                        const char *hash,
                        char **out_id,
                        GError **error)
{
  g_return_val_if_fail (self != NULL && hash != NULL, FALSE);
  g_return_val_if_fail (out_id != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autofree char *key = make_key (hash);
  g_autoptr (GError) local_error = NULL;
  g_autofree char *text = read_text (self, key, &local_error);

  *out_id = NULL;
  if (g_error_matches (local_error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_NOT_FOUND))
    return TRUE;

  *out_id = text != NULL ? parse_id (text, &local_error) : NULL;
  if (*out_id != NULL)
    return TRUE;

  hide_key (local_error);
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}
