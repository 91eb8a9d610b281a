/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "storage/loft-storage-thread.h"

/* What a storage gets that brings no asynchronous methods of its own: a thread
 * in which the plain ones run.
 *
 * The tasks do not look at their cancellable at the end. A write that is done
 * must be reported as done, even if somebody lost interest meanwhile. */

typedef struct
{
  char *key;             /* owned; the prefix of a list, then nullable */
  char *text;            /* owned, nullable: an etag, or what a list follows */
  GInputStream *content; /* owned, nullable */
  GBytes *bytes;         /* owned, nullable */
  goffset offset;
  goffset size;
  guint limit;
} Operation;

static void
operation_free (gpointer data)
{
  Operation *operation = data;

  g_free (operation->key);
  g_free (operation->text);
  g_clear_object (&operation->content);
  g_clear_pointer (&operation->bytes, g_bytes_unref);
  g_free (operation);
}

static Operation *
operation_new (const char *key, const char *text)
{
  Operation *operation = g_new0 (Operation, 1);

  operation->key = g_strdup (key);
  operation->text = g_strdup (text);

  return operation;
}

static void
run_in_thread (LoftStorage *self,
               gpointer source_tag,
               Operation *operation,
               GTaskThreadFunc function,
               GCancellable *cancellable,
               GAsyncReadyCallback callback,
               gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, source_tag);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, operation, operation_free);
  g_task_run_in_thread (task, function);
}

static void
return_boolean (GTask *task, gboolean done, GError *error)
{
  if (done)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
return_pointer (GTask *task,
                gpointer pointer,
                GDestroyNotify destroy,
                GError *error)
{
  if (pointer != NULL)
    g_task_return_pointer (task, pointer, destroy);
  else
    g_task_return_error (task, error);
}

static void
create_in_thread_cb (GTask *task,
                     gpointer source_object,
                     gpointer task_data,
                     GCancellable *cancellable)
{
  LoftStorage *self = LOFT_STORAGE (source_object);
  const Operation *operation = task_data;
  g_autoptr (GError) local_error = NULL;
  gboolean done = loft_storage_create (self,
                                       operation->key,
                                       operation->content,
                                       operation->size,
                                       cancellable,
                                       &local_error);

  return_boolean (task, done, g_steal_pointer (&local_error));
}

static void
loft_storage_real_create_async (LoftStorage *self,
                                const char *key,
                                GInputStream *content,
                                goffset size,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  Operation *operation = operation_new (key, NULL);

  operation->content = g_object_ref (content);
  operation->size = size;

  run_in_thread (self,
                 loft_storage_real_create_async,
                 operation,
                 create_in_thread_cb,
                 cancellable,
                 callback,
                 user_data);
}

static gboolean
loft_storage_real_create_finish (LoftStorage *self,
                                 GAsyncResult *result,
                                 GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
replace_in_thread_cb (GTask *task,
                      gpointer source_object,
                      gpointer task_data,
                      GCancellable *cancellable)
{
  LoftStorage *self = LOFT_STORAGE (source_object);
  const Operation *operation = task_data;
  g_autoptr (GError) local_error = NULL;
  char *result = loft_storage_replace (self,
                                       operation->key,
                                       operation->bytes,
                                       operation->text,
                                       cancellable,
                                       &local_error);

  return_pointer (task, result, g_free, g_steal_pointer (&local_error));
}

static void
loft_storage_real_replace_async (LoftStorage *self,
                                 const char *key,
                                 GBytes *content,
                                 const char *etag,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  Operation *operation = operation_new (key, etag);

  operation->bytes = g_bytes_ref (content);

  run_in_thread (self,
                 loft_storage_real_replace_async,
                 operation,
                 replace_in_thread_cb,
                 cancellable,
                 callback,
                 user_data);
}

static char *
loft_storage_real_replace_finish (LoftStorage *self,
                                  GAsyncResult *result,
                                  GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
read_in_thread_cb (GTask *task,
                   gpointer source_object,
                   gpointer task_data,
                   GCancellable *cancellable)
{
  LoftStorage *self = LOFT_STORAGE (source_object);
  const Operation *operation = task_data;
  g_autoptr (GError) local_error = NULL;
  LoftObject *result = loft_storage_read (self,
                                          operation->key,
                                          operation->offset,
                                          operation->size,
                                          cancellable,
                                          &local_error);

  return_pointer (task, result, g_object_unref, g_steal_pointer (&local_error));
}

static void
loft_storage_real_read_async (LoftStorage *self,
                              const char *key,
                              goffset offset,
                              goffset length,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  Operation *operation = operation_new (key, NULL);

  operation->offset = offset;
  operation->size = length;

  run_in_thread (self,
                 loft_storage_real_read_async,
                 operation,
                 read_in_thread_cb,
                 cancellable,
                 callback,
                 user_data);
}

static LoftObject *
loft_storage_real_read_finish (LoftStorage *self,
                               GAsyncResult *result,
                               GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
list_in_thread_cb (GTask *task,
                   gpointer source_object,
                   gpointer task_data,
                   GCancellable *cancellable)
{
  LoftStorage *self = LOFT_STORAGE (source_object);
  const Operation *operation = task_data;
  g_autoptr (GError) local_error = NULL;
  GStrv result = loft_storage_list (self,
                                    operation->key,
                                    operation->text,
                                    operation->limit,
                                    cancellable,
                                    &local_error);

  return_pointer (task,
                  result,
                  (GDestroyNotify) g_strfreev,
                  g_steal_pointer (&local_error));
}

static void
loft_storage_real_list_async (LoftStorage *self,
                              const char *prefix,
                              const char *after,
                              guint limit,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  Operation *operation = operation_new (prefix, after);

  operation->limit = limit;

  run_in_thread (self,
                 loft_storage_real_list_async,
                 operation,
                 list_in_thread_cb,
                 cancellable,
                 callback,
                 user_data);
}

static GStrv
loft_storage_real_list_finish (LoftStorage *self,
                               GAsyncResult *result,
                               GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
remove_in_thread_cb (GTask *task,
                     gpointer source_object,
                     gpointer task_data,
                     GCancellable *cancellable)
{
  LoftStorage *self = LOFT_STORAGE (source_object);
  const Operation *operation = task_data;
  g_autoptr (GError) local_error = NULL;
  gboolean done =
    loft_storage_remove (self, operation->key, cancellable, &local_error);

  return_boolean (task, done, g_steal_pointer (&local_error));
}

static void
loft_storage_real_remove_async (LoftStorage *self,
                                const char *key,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  Operation *operation = operation_new (key, NULL);

  run_in_thread (self,
                 loft_storage_real_remove_async,
                 operation,
                 remove_in_thread_cb,
                 cancellable,
                 callback,
                 user_data);
}

static gboolean
loft_storage_real_remove_finish (LoftStorage *self,
                                 GAsyncResult *result,
                                 GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * loft_storage_set_async_defaults: (skip)
 * @iface: the interface of a storage
 *
 * Gives @iface asynchronous methods that run the plain ones in a thread.
 */
void
loft_storage_set_async_defaults (LoftStorageInterface *iface)
{
  iface->create_async = loft_storage_real_create_async;
  iface->create_finish = loft_storage_real_create_finish;
  iface->replace_async = loft_storage_real_replace_async;
  iface->replace_finish = loft_storage_real_replace_finish;
  iface->read_async = loft_storage_real_read_async;
  iface->read_finish = loft_storage_real_read_finish;
  iface->list_async = loft_storage_real_list_async;
  iface->list_finish = loft_storage_real_list_finish;
  iface->remove_async = loft_storage_real_remove_async;
  iface->remove_finish = loft_storage_real_remove_finish;
}
