/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "storage/loft-storage.h"

/* Reports a wrong key through the callback, like every other error. */
static gboolean
check_key_async (LoftStorage *self,
                 const char *key,
                 gpointer source_tag,
                 GAsyncReadyCallback callback,
                 gpointer user_data)
{
  g_autoptr (GError) local_error = NULL;

  if (loft_storage_key_check (key, &local_error))
    return TRUE;

  g_task_report_error (self,
                       callback,
                       user_data,
                       source_tag,
                       g_steal_pointer (&local_error));

  return FALSE;
}

/**
 * loft_storage_create_async:
 * @self: an open storage
 * @key: the object's key
 * @content: yields the content
 * @size: how many bytes @content yields
 * @cancellable: (nullable): a cancellable
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * Does what loft_storage_create() does without blocking the caller.
 */
void
loft_storage_create_async (LoftStorage *self,
                           const char *key,
                           GInputStream *content,
                           goffset size,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_return_if_fail (LOFT_IS_STORAGE (self));
  g_return_if_fail (key != NULL);
  g_return_if_fail (G_IS_INPUT_STREAM (content));
  g_return_if_fail (size >= 0);

  if (!check_key_async (self,
                        key,
                        loft_storage_create_async,
                        callback,
                        user_data))
    return;

  LOFT_STORAGE_GET_IFACE (self)
    ->create_async (self, key, content, size, cancellable, callback, user_data);
}

/**
 * loft_storage_create_finish:
 * @self: an open storage
 * @result: what the callback was given
 * @error: return location for a #GError
 *
 * Returns: whether it is stored; else @error is set,
 *   as by loft_storage_create()
 */
gboolean
loft_storage_create_finish (LoftStorage *self,
                            GAsyncResult *result,
                            GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (self), FALSE);

  if (g_async_result_is_tagged (result, loft_storage_create_async))
    return g_task_propagate_boolean (G_TASK (result), error);

  return LOFT_STORAGE_GET_IFACE (self)->create_finish (self, result, error);
}

/**
 * loft_storage_replace_async:
 * @self: an open storage
 * @key: the object's key
 * @content: the new content
 * @etag: (nullable): the etag of what shall be replaced
 * @cancellable: (nullable): a cancellable
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * Does what loft_storage_replace() does without blocking the caller.
 */
void
loft_storage_replace_async (LoftStorage *self,
                            const char *key,
                            GBytes *content,
                            const char *etag,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_return_if_fail (LOFT_IS_STORAGE (self));
  g_return_if_fail (key != NULL);
  g_return_if_fail (content != NULL);

  if (!check_key_async (self,
                        key,
                        loft_storage_replace_async,
                        callback,
                        user_data))
    return;

  LOFT_STORAGE_GET_IFACE (self)->replace_async (self,
                                                key,
                                                content,
                                                etag,
                                                cancellable,
                                                callback,
                                                user_data);
}

/**
 * loft_storage_replace_finish:
 * @self: an open storage
 * @result: what the callback was given
 * @error: return location for a #GError
 *
 * Returns: (transfer full): the new etag, or %NULL with @error set,
 *   as by loft_storage_replace()
 */
char *
loft_storage_replace_finish (LoftStorage *self,
                             GAsyncResult *result,
                             GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (self), NULL);

  if (g_async_result_is_tagged (result, loft_storage_replace_async))
    return g_task_propagate_pointer (G_TASK (result), error);

  return LOFT_STORAGE_GET_IFACE (self)->replace_finish (self, result, error);
}

/**
 * loft_storage_read_async:
 * @self: an open storage
 * @key: the object's key
 * @offset: the first byte that is wanted
 * @length: how many bytes are wanted, or -1
 * @cancellable: (nullable): a cancellable
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * Does what loft_storage_read() does without blocking the caller.
 */
void
loft_storage_read_async (LoftStorage *self,
                         const char *key,
                         goffset offset,
                         goffset length,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_return_if_fail (LOFT_IS_STORAGE (self));
  g_return_if_fail (key != NULL);
  g_return_if_fail (offset >= 0 && length >= -1);

  if (!check_key_async (self,
                        key,
                        loft_storage_read_async,
                        callback,
                        user_data))
    return;

  LOFT_STORAGE_GET_IFACE (self)
    ->read_async (self, key, offset, length, cancellable, callback, user_data);
}

/**
 * loft_storage_read_finish:
 * @self: an open storage
 * @result: what the callback was given
 * @error: return location for a #GError
 *
 * Returns: (transfer full): the object, or %NULL with @error set,
 *   as by loft_storage_read()
 */
LoftObject *
loft_storage_read_finish (LoftStorage *self,
                          GAsyncResult *result,
                          GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (self), NULL);

  if (g_async_result_is_tagged (result, loft_storage_read_async))
    return g_task_propagate_pointer (G_TASK (result), error);

  return LOFT_STORAGE_GET_IFACE (self)->read_finish (self, result, error);
}

/**
 * loft_storage_list_async:
 * @self: an open storage
 * @prefix: (nullable): with what the keys begin
 * @after: (nullable): what the keys follow
 * @limit: how many keys are wanted, or 0
 * @cancellable: (nullable): a cancellable
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * Does what loft_storage_list() does without blocking the caller.
 */
void
loft_storage_list_async (LoftStorage *self,
                         const char *prefix,
                         const char *after,
                         guint limit,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_return_if_fail (LOFT_IS_STORAGE (self));

  LOFT_STORAGE_GET_IFACE (self)
    ->list_async (self, prefix, after, limit, cancellable, callback, user_data);
}

/**
 * loft_storage_list_finish:
 * @self: an open storage
 * @result: what the callback was given
 * @error: return location for a #GError
 *
 * Returns: (transfer full): the keys, or %NULL with @error set,
 *   as by loft_storage_list()
 */
GStrv
loft_storage_list_finish (LoftStorage *self,
                          GAsyncResult *result,
                          GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (self), NULL);

  return LOFT_STORAGE_GET_IFACE (self)->list_finish (self, result, error);
}

/**
 * loft_storage_remove_async:
 * @self: an open storage
 * @key: the object's key
 * @cancellable: (nullable): a cancellable
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * Does what loft_storage_remove() does without blocking the caller.
 */
void
loft_storage_remove_async (LoftStorage *self,
                           const char *key,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_return_if_fail (LOFT_IS_STORAGE (self));
  g_return_if_fail (key != NULL);

  if (!check_key_async (self,
                        key,
                        loft_storage_remove_async,
                        callback,
                        user_data))
    return;

  LOFT_STORAGE_GET_IFACE (self)->remove_async (self,
                                               key,
                                               cancellable,
                                               callback,
                                               user_data);
}

/**
 * loft_storage_remove_finish:
 * @self: an open storage
 * @result: what the callback was given
 * @error: return location for a #GError
 *
 * Returns: whether it is removed; else @error is set,
 *   as by loft_storage_remove()
 */
gboolean
loft_storage_remove_finish (LoftStorage *self,
                            GAsyncResult *result,
                            GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (self), FALSE);

  if (g_async_result_is_tagged (result, loft_storage_remove_async))
    return g_task_propagate_boolean (G_TASK (result), error);

  return LOFT_STORAGE_GET_IFACE (self)->remove_finish (self, result, error);
}
