/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-error.h"
#include "registry/loft-token-store-private.h"

/* All that is stored of tokens, and parts of it.
 *
 * Which token a document is of, whose, and what that came of, never changes. So
 * a survey remembers it, and reads only what it has not seen: it takes no
 * more than a list of names, since any user may ask for that. What changes is
 * never remembered. */

/* More is not remembered. */
#define PARTS_MAX 50000

/* Takes what is stored under a key. */
typedef gboolean (*TakeFunc) (LoftTokenStore *self,
                              const char *key,
                              GHashTable *known,
                              GPtrArray *tokens,
                              GError **error);

static gboolean
take (LoftTokenStore *self,
      const char *key,
      GHashTable *known,
      GPtrArray *tokens,
      GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftToken) token =
    loft_token_store_read (self, key, NULL, &local_error);

  if (token != NULL)
    g_ptr_array_add (tokens, g_steal_pointer (&token));
  else if (g_error_matches (local_error,
                            LOFT_REGISTRY_ERROR,
                            LOFT_REGISTRY_ERROR_CORRUPT))
    g_message ("One of the tokens in the storage can't be read, and is good "
               "for nothing");
  else if (!g_error_matches (local_error,
                             LOFT_STORAGE_ERROR,
                             LOFT_STORAGE_ERROR_NOT_FOUND))
    return loft_token_store_fail (g_steal_pointer (&local_error), error);

  return TRUE;
}

static gboolean
take_part (LoftTokenStore *self,
           const char *key,
           GHashTable *known,
           GPtrArray *tokens,
           GError **error)
{
  const LoftToken *part = g_hash_table_lookup (known, key);
  g_autoptr (GPtrArray) read =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_token_free);

  if (part == NULL && !take (self, key, known, read, error))
    return FALSE;
  if (part == NULL && read->len > 0)
    part = g_ptr_array_index (read, 0);
  if (part == NULL)
    return TRUE;

  LoftToken *copy = g_new0 (LoftToken, 1);
  copy->id = g_strdup (part->id);
  copy->user = g_strdup (part->user);
  copy->parent = g_strdup (part->parent);
  copy->sha256 = g_strdup (part->sha256);
  g_ptr_array_add (tokens, copy);

  return TRUE;
}

static GPtrArray *
list (LoftTokenStore *self,
      TakeFunc func,
      GHashTable *known,
      GCancellable *cancellable,
      GError **error)
{
  g_autoptr (GPtrArray) tokens =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_token_free);
  g_auto (GStrv) keys = loft_storage_list (self->storage,
                                           LOFT_TOKEN_STORE_PREFIX,
                                           NULL,
                                           0,
                                           cancellable,
                                           error);
  if (keys == NULL)
    return NULL;

  for (gsize i = 0; keys[i] != NULL; i++)
    if (g_cancellable_set_error_if_cancelled (cancellable, error) ||
        !func (self, keys[i], known, tokens, error))
      return NULL;

  return g_steal_pointer (&tokens);
}

/**
 * loft_token_store_list:
 * @self: a store
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Reads all tokens. Blocks, for long where there are many.
 *
 * Returns: (transfer full) (element-type LoftToken): the tokens, or %NULL with
 *   @error set to a #LoftStorageError
 */
GPtrArray *
loft_token_store_list (LoftTokenStore *self,
                       GCancellable *cancellable,
                       GError **error)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return list (self, take, NULL, cancellable, error);
}

static GPtrArray *
dup_parts (LoftTokenStore *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  return self->parts != NULL ? g_ptr_array_ref (self->parts)
                             : g_ptr_array_new ();
}

static void
remember_parts (LoftTokenStore *self, GPtrArray *parts)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  g_clear_pointer (&self->parts, g_ptr_array_unref);
  if (parts->len <= PARTS_MAX)
    self->parts = g_ptr_array_ref (parts);
}

/**
 * loft_token_store_survey:
 * @self: a store
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Finds out which tokens there are. Blocks, for long the first time.
 *
 * Returns: (transfer full) (element-type LoftToken): of each its hash, id, user
 *   and parent, and nothing else, which nobody may change; or %NULL with @error
 *   set to a #LoftStorageError
 */
GPtrArray *
loft_token_store_survey (LoftTokenStore *self,
                         GCancellable *cancellable,
                         GError **error)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (GPtrArray) before = dup_parts (self);
  g_autoptr (GHashTable) known =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < before->len; i++)
    {
      LoftToken *part = g_ptr_array_index (before, i);

      g_hash_table_insert (known,
                           loft_token_store_make_key (part->sha256),
                           part);
    }

  GPtrArray *parts = list (self, take_part, known, cancellable, error);
  if (parts != NULL)
    remember_parts (self, parts);

  return parts;
}

/**
 * loft_token_store_list_of:
 * @self: a store
 * @user: a user's name
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Reads the tokens of a user. Blocks.
 *
 * Returns: (transfer full) (element-type LoftToken): the tokens, or %NULL with
 *   @error set to a #LoftStorageError
 */
GPtrArray *
loft_token_store_list_of (LoftTokenStore *self,
                          const char *user,
                          GCancellable *cancellable,
                          GError **error)
{
  g_return_val_if_fail (self != NULL && user != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (GPtrArray) parts =
    loft_token_store_survey (self, cancellable, error);
  g_autoptr (GPtrArray) tokens =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_token_free);
  if (parts == NULL)
    return NULL;

  for (guint i = 0; i < parts->len; i++)
    {
      const LoftToken *part = g_ptr_array_index (parts, i);
      g_autofree char *key = loft_token_store_make_key (part->sha256);

      if (g_str_equal (part->user, user) &&
          !take (self, key, NULL, tokens, error))
        return NULL;
    }

  return g_steal_pointer (&tokens);
}

/**
 * loft_token_store_remove:
 * @self: a store
 * @sha256: hash of a token that is not good any more
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Removes what is stored of a token, if anything is. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #LoftStorageError
 */
gboolean
loft_token_store_remove (LoftTokenStore *self,
                         const char *sha256,
                         GCancellable *cancellable,
                         GError **error)
{
  g_return_val_if_fail (self != NULL && sha256 != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autofree char *key = loft_token_store_make_key (sha256);
  g_autoptr (GError) local_error = NULL;

  return loft_storage_remove (self->storage, key, cancellable, &local_error) ||
         g_error_matches (local_error,
                          LOFT_STORAGE_ERROR,
                          LOFT_STORAGE_ERROR_NOT_FOUND) ||
         loft_token_store_fail (g_steal_pointer (&local_error), error);
}
