/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-error.h"
#include "registry/loft-token-store-private.h"

#define LIST_AT_ONCE 1000

static gboolean
take (LoftTokenStore *self, const char *key, GPtrArray *tokens, GError **error)
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

  g_autoptr (GPtrArray) tokens =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_token_free);
  g_autofree char *after = NULL;
  gsize length;

  do
    {
      g_auto (GStrv) keys = loft_storage_list (self->storage,
                                               LOFT_TOKEN_STORE_PREFIX,
                                               after,
                                               LIST_AT_ONCE,
                                               cancellable,
                                               error);
      if (keys == NULL)
        return NULL;

      length = g_strv_length (keys);
      for (gsize i = 0; i < length; i++)
        if (!take (self, keys[i], tokens, error))
          return NULL;
      g_free (after);
      after = length > 0 ? g_strdup (keys[length - 1]) : NULL;
    }
  while (length == LIST_AT_ONCE);

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
