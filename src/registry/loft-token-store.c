/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-token-store-private.h"

#include <gnutls/gnutls.h>
#include <string.h>

#include "registry/loft-registry-error.h"

/* Tokens are documents, `_registry/tokens/HASH.json`, and looked at each time
 * that one is used: a token that was revoked anywhere is so everywhere at once,
 * and there is nothing to forget in time. Only who changes something sends one,
 * and a change waits for the storage far longer.
 *
 * Whatever is wrong with a token, the same is done and the same is answered, so
 * that nobody learns whether there is, or was, such a token. The hash is all
 * that is looked for; whoever guesses can't choose it byte by byte. */

#define SUFFIX ".json"
#define DOCUMENT_MAX (16 * 1024)
#define TRIES_MAX 32

/* A use is noted when the last one that was noted is so long ago, and tried no
 * more often. */
#define USE_INTERVAL G_TIME_SPAN_HOUR
#define USES_MAX 1000

/* From when on the journal tells that a token will expire. */
#define ANNOUNCE_TIME (14 * G_TIME_SPAN_DAY)

/* What is looked at where there is no token. */
#define NO_TOKEN                                                               \
  "{\"id\":\"k-0000000000000000\",\"user\":\"nobody\",\"scopes\":["            \
  "\"publish-new\"],\"pattern\":\"*\","                                        \
  "\"created_at\":\"2026-01-01T00:00:00Z\","                                   \
  "\"expires_at\":\"2026-01-01T00:00:00Z\",\"sha256\":"                        \
  "\"0000000000000000000000000000000000000000000000000000000000000000\"}"

static gboolean
set_used (LoftToken *token, gpointer user_data)
{
  const gint64 *now = user_data;

  if (*now - token->last_used_at < USE_INTERVAL)
    return FALSE;
  token->last_used_at = *now;

  return TRUE;
}

static void
announce_end (const LoftToken *token, gint64 now)
{
  if (token->expires_at == 0 || token->expires_at - now > ANNOUNCE_TIME)
    return;

  g_message ("Token %s of %s expires within %" G_GINT64_FORMAT " hours",
             token->id,
             token->user,
             MAX (token->expires_at - now, 0) / G_TIME_SPAN_HOUR + 1);
}

/* That it was used is nice to know, and no more: a failure changes nothing. */
static void
note_use_cb (gpointer data, gpointer user_data)
{
  LoftTokenStore *self = user_data;
  g_autofree char *sha256 = data;
  gint64 now = g_get_real_time ();
  g_autoptr (LoftToken) token = NULL;
  g_autoptr (GError) local_error = NULL;

  if (loft_token_store_change (self,
                               sha256,
                               set_used,
                               &now,
                               &token,
                               &local_error))
    announce_end (token, now);
  else
    g_debug ("The use of a token can't be noted: %s", local_error->message);
}

/**
 * loft_token_store_new:
 * @storage: where tokens are
 *
 * Makes a store. Reads nothing yet.
 *
 * Returns: (transfer full): the store
 */
LoftTokenStore *
loft_token_store_new (LoftStorage *storage)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (storage), NULL);

  LoftTokenStore *self = g_new0 (LoftTokenStore, 1);
  self->storage = g_object_ref (storage);
  self->noters = g_thread_pool_new (note_use_cb, self, 1, FALSE, NULL);
  self->uses = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_mutex_init (&self->mutex);

  return self;
}

/**
 * loft_token_store_free:
 * @self: (transfer full): a store
 *
 * Frees @self, once the last uses are noted.
 */
void
loft_token_store_free (LoftTokenStore *self)
{
  g_return_if_fail (self != NULL);

  g_thread_pool_free (self->noters, FALSE, TRUE);
  g_object_unref (self->storage);
  g_hash_table_unref (self->uses);
  g_clear_pointer (&self->parts, g_ptr_array_unref);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

/**
 * loft_token_store_make_key:
 * @sha256: hash of a token
 *
 * Returns: (transfer full): where it is stored
 */
char *
loft_token_store_make_key (const char *sha256)
{
  return g_strconcat (LOFT_TOKEN_STORE_PREFIX, sha256, SUFFIX, NULL);
}

/**
 * loft_token_store_fail:
 * @local_error: (transfer full): what went wrong
 * @error: return location for a #GError
 *
 * Passes an error on without its message. The key of what is stored of a token
 * holds the token's hash, and storages name keys in their messages, which end
 * in logs and answers.
 *
 * Returns: %FALSE
 */
gboolean
loft_token_store_fail (GError *local_error, GError **error)
{
  const char *message =
    g_error_matches (local_error,
                     LOFT_STORAGE_ERROR,
                     LOFT_STORAGE_ERROR_NO_SPACE)
      ? "What is stored of a token can't be written: there is no space left"
      : "A token can't be stored, or what is stored of it can't be read";

  g_free (local_error->message);
  local_error->message = g_strdup (message);
  g_propagate_error (error, local_error);

  return FALSE;
}

static gboolean
read_text (LoftTokenStore *self,
           const char *key,
           char **out_text,
           char **out_etag,
           GError **error)
{
  g_autoptr (LoftObject) object =
    loft_storage_read (self->storage, key, 0, -1, NULL, error);
  g_autoptr (GBytes) bytes =
    object != NULL ? loft_object_load (object, DOCUMENT_MAX, NULL, error)
                   : NULL;
  if (bytes == NULL)
    return FALSE;

  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);
  *out_text = g_strndup (data, length);
  if (out_etag != NULL)
    *out_etag = g_strdup (loft_object_get_etag (object));

  return TRUE;
}

static LoftToken *
parse (const char *text, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonNode) json =
    loft_json_parse (text, strlen (text), &local_error);

  if (json != NULL)
    return loft_token_from_json (json, error);

  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_CORRUPT,
                       "What is stored of a token is broken");

  return NULL;
}

/**
 * loft_token_store_read:
 * @self: a store
 * @key: where a token is stored
 * @out_etag: (out) (optional) (transfer full): for a change
 * @error: return location for a #GError
 *
 * Reads what is stored of a token. Blocks.
 *
 * Returns: (transfer full): the token, or %NULL with @error set, whose message
 *   may hold the key
 */
LoftToken *
loft_token_store_read (LoftTokenStore *self,
                       const char *key,
                       char **out_etag,
                       GError **error)
{
  g_autofree char *text = NULL;

  return read_text (self, key, &text, out_etag, error) ? parse (text, error)
                                                       : NULL;
}

static gboolean
is_same (const char *a, const char *b)
{
  return a != NULL && strlen (a) == strlen (b) &&
         gnutls_memcmp (a, b, strlen (a)) == 0;
}

/* Tells the pool of a use, unless it was told lately. */
static void
note_use (LoftTokenStore *self, const LoftToken *token, gint64 now)
{
  if (now - token->last_used_at < USE_INTERVAL ||
      loft_storage_has (self->storage, LOFT_STORAGE_FEATURE_READ_ONLY))
    return;

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  const gint64 *last = g_hash_table_lookup (self->uses, token->sha256);
  if (last != NULL && now - *last < USE_INTERVAL)
    return;

  if (g_hash_table_size (self->uses) >= USES_MAX)
    g_hash_table_remove_all (self->uses);
  g_hash_table_insert (self->uses,
                       g_strdup (token->sha256),
                       g_memdup2 (&now, sizeof now));
  g_thread_pool_push (self->noters, g_strdup (token->sha256), NULL);
}

/**
 * loft_token_store_refuse:
 * @error: return location for a #GError
 *
 * Says that a token is not good, without saying why.
 */
void
loft_token_store_refuse (GError **error)
{
  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_TOKEN_NEEDED,
                       "The token is not valid");
}

/**
 * loft_token_store_look_up:
 * @self: a store
 * @secret: a bearer token
 * @out_token: (out) (transfer full) (nullable): what is known of it; %NULL if
 *   it was never issued here, and does not look so
 * @error: return location for a #GError
 *
 * Looks for a token, and notes its use. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to
 *   %LOFT_REGISTRY_ERROR_TOKEN_NEEDED if it is revoked, expired, or looks as if
 *   it were issued here but was not; %LOFT_REGISTRY_ERROR_CORRUPT, or a
 *   #LoftStorageError
 */
gboolean
loft_token_store_look_up (LoftTokenStore *self,
                          const char *secret,
                          LoftToken **out_token,
                          GError **error)
{
  g_return_val_if_fail (self != NULL && secret != NULL, FALSE);
  g_return_val_if_fail (out_token != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  gint64 now = g_get_real_time ();
  g_autofree char *sha256 = loft_token_hash (secret);
  g_autofree char *key = loft_token_store_make_key (sha256);
  g_autofree char *text = NULL;
  g_autoptr (GError) local_error = NULL;
  gboolean known = read_text (self, key, &text, NULL, &local_error);

  *out_token = NULL;
  if (!known && !g_error_matches (local_error,
                                  LOFT_STORAGE_ERROR,
                                  LOFT_STORAGE_ERROR_NOT_FOUND))
    return loft_token_store_fail (g_steal_pointer (&local_error), error);

  g_autoptr (LoftToken) token = parse (known ? text : NO_TOKEN, error);
  if (token == NULL)
    return FALSE;

  gboolean same = is_same (token->sha256, sha256);
  gboolean good = loft_token_is_good (token, now);
  if (same & good)
    {
      note_use (self, token, now);
      *out_token = g_steal_pointer (&token);
      return TRUE;
    }
  if (!known && !g_str_has_prefix (secret, LOFT_TOKEN_PREFIX))
    return TRUE;

  loft_token_store_refuse (error);

  return FALSE;
}

/* Whether the token is stored although nobody has said so. Gives %FALSE with no
 * error set if nothing is. */
static gboolean
is_stored (LoftTokenStore *self,
           const char *key,
           const LoftToken *token,
           GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftToken) stored =
    loft_token_store_read (self, key, NULL, &local_error);
  if (stored == NULL)
    return g_error_matches (local_error,
                            LOFT_STORAGE_ERROR,
                            LOFT_STORAGE_ERROR_NOT_FOUND)
             ? FALSE
             : loft_token_store_fail (g_steal_pointer (&local_error), error);
  if (g_str_equal (stored->id, token->id))
    return TRUE;

  g_set_error_literal (error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_EXISTS,
                       "That token is stored already");

  return FALSE;
}

/**
 * loft_token_store_create:
 * @self: a store
 * @token: a new token, with its hash
 * @error: return location for a #GError
 *
 * Stores a token. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set: %LOFT_STORAGE_ERROR_EXISTS if it
 *   is stored already under another id, or another #LoftStorageError
 */
gboolean
loft_token_store_create (LoftTokenStore *self,
                         const LoftToken *token,
                         GError **error)
{
  g_return_val_if_fail (self != NULL && token != NULL, FALSE);
  g_return_val_if_fail (token->sha256 != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autofree char *key = loft_token_store_make_key (token->sha256);
  g_autoptr (JsonNode) json = loft_token_to_json (token, TRUE);
  g_autoptr (GBytes) text = loft_json_to_bytes (json);

  for (guint tries = 0; tries < TRIES_MAX; tries++)
    {
      g_autoptr (GInputStream) stream =
        g_memory_input_stream_new_from_bytes (text);
      g_autoptr (GError) local_error = NULL;

      if (loft_storage_create (self->storage,
                               key,
                               stream,
                               (goffset) g_bytes_get_size (text),
                               NULL,
                               &local_error))
        return TRUE;
      if (!g_error_matches (local_error,
                            LOFT_STORAGE_ERROR,
                            LOFT_STORAGE_ERROR_EXISTS) &&
          !g_error_matches (local_error,
                            LOFT_STORAGE_ERROR,
                            LOFT_STORAGE_ERROR_UNKNOWN))
        return loft_token_store_fail (g_steal_pointer (&local_error), error);

      g_clear_error (&local_error);
      if (is_stored (self, key, token, &local_error))
        return TRUE;
      if (local_error != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
    }

  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_UNAVAILABLE,
                       "The storage does not tell whether it has the token");

  return FALSE;
}

/* One attempt. Gives %FALSE with no error set if somebody else was first. */
static gboolean
change_once (LoftTokenStore *self,
             const char *key,
             LoftTokenChangeFunc func,
             gpointer user_data,
             LoftToken **out_token,
             GError **error)
{
  g_autofree char *etag = NULL;
  g_autoptr (LoftToken) token = loft_token_store_read (self, key, &etag, error);
  if (token == NULL)
    return FALSE;

  if (func (token, user_data))
    {
      g_autoptr (JsonNode) json = loft_token_to_json (token, TRUE);
      g_autoptr (GBytes) bytes = loft_json_to_bytes (json);
      g_autoptr (GError) local_error = NULL;
      g_autofree char *written = loft_storage_replace (self->storage,
                                                       key,
                                                       bytes,
                                                       etag,
                                                       NULL,
                                                       &local_error);
      if (written == NULL)
        {
          if (!g_error_matches (local_error,
                                LOFT_STORAGE_ERROR,
                                LOFT_STORAGE_ERROR_CHANGED) &&
              !g_error_matches (local_error,
                                LOFT_STORAGE_ERROR,
                                LOFT_STORAGE_ERROR_UNKNOWN))
            g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
    }
  *out_token = g_steal_pointer (&token);

  return TRUE;
}

/**
 * loft_token_store_change:
 * @self: a store
 * @sha256: hash of a token
 * @func: (scope call): changes what is stored of it; may be called again
 * @user_data: for @func
 * @out_token: (out) (transfer full): what is stored then
 * @error: return location for a #GError
 *
 * Changes what is stored of a token. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #LoftStorageError or a
 *   #LoftRegistryError
 */
gboolean
loft_token_store_change (LoftTokenStore *self,
                         const char *sha256,
                         LoftTokenChangeFunc func,
                         gpointer user_data,
                         LoftToken **out_token,
                         GError **error)
{
  g_return_val_if_fail (self != NULL && sha256 != NULL, FALSE);
  g_return_val_if_fail (func != NULL && out_token != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autofree char *key = loft_token_store_make_key (sha256);

  for (guint tries = 0; tries < TRIES_MAX; tries++)
    {
      g_autoptr (GError) local_error = NULL;

      if (change_once (self, key, func, user_data, out_token, &local_error))
        return TRUE;
      if (local_error != NULL)
        return loft_token_store_fail (g_steal_pointer (&local_error), error);
    }

  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_UNAVAILABLE,
                       "The token is being changed by others; try again");

  return FALSE;
}
