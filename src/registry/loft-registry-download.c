/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-private.h"

/* Finding tarballs, which a thread does. */

/**
 * loft_registry_return_download:
 * @task: a task that is about a tarball
 * @download: (transfer full) (nullable): the tarball
 * @local_error: (transfer full) (nullable): why there is none
 *
 * Ends a task.
 */
void
loft_registry_return_download (GTask *task,
                               LoftDownload *download,
                               GError *local_error)
{
  if (download != NULL)
    {
      g_task_return_pointer (task,
                             download,
                             (GDestroyNotify) loft_download_free);
      return;
    }
  loft_registry_translate_error (&local_error);
  g_task_return_error (task, local_error);
}

typedef struct
{
  char *name;    /* owned */
  char *version; /* owned */
  gboolean about;
} Question;

static void
question_free (gpointer data)
{
  Question *question = data;

  g_free (question->name);
  g_free (question->version);
  g_free (question);
}

static void
download_in_thread_cb (GTask *task,
                       gpointer source_object,
                       gpointer task_data,
                       GCancellable *cancellable)
{
  const Question *question = task_data;
  g_autoptr (GError) local_error = NULL;
  LoftDownload *download =
    loft_registry_read_archive (LOFT_REGISTRY (source_object),
                                question->name,
                                question->version,
                                question->about,
                                cancellable,
                                &local_error);

  loft_registry_return_download (task,
                                 download,
                                 g_steal_pointer (&local_error));
}

/**
 * loft_registry_download_async:
 * @self: a registry
 * @name: a package
 * @version: a version, yanked or not
 * @about: whether no byte of it is wanted, but only what is known of it; else
 * it may be elsewhere
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when the answer is there
 * @user_data: for @callback
 *
 * Finds a tarball.
 */
void
loft_registry_download_async (LoftRegistry *self,
                              const char *name,
                              const char *version,
                              gboolean about,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (name != NULL && version != NULL);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Question *question = g_new0 (Question, 1);

  question->name = g_strdup (name);
  question->version = g_strdup (version);
  question->about = about;
  g_task_set_source_tag (task, loft_registry_download_async);
  g_task_set_task_data (task, question, question_free);
  g_task_run_in_thread (task, download_in_thread_cb);
}

/**
 * loft_registry_download_finish:
 * @self: a registry
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends what loft_registry_download_async() began.
 *
 * Returns: (transfer full): the tarball, or %NULL with @error set to a
 *   #LoftRegistryError
 */
LoftDownload *
loft_registry_download_finish (LoftRegistry *self,
                               GAsyncResult *result,
                               GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * loft_registry_get_copies_size:
 * @self: a registry
 *
 * Returns: bytes that copies of tarballs take on this machine; 0 where the
 *   storage is on it
 */
guint64
loft_registry_get_copies_size (LoftRegistry *self)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), 0);

  return self->tarballs != NULL ? loft_tarball_cache_get_size (self->tarballs)
                                : 0;
}

/**
 * loft_download_free:
 * @self: (transfer full): a download
 *
 * Frees @self.
 */
void
loft_download_free (LoftDownload *self)
{
  g_return_if_fail (self != NULL);

  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_object (&self->tarball);
  g_free (self->url);
  g_free (self->sha256);
  g_free (self->filename);
  g_clear_pointer (&self->subject, g_ref_string_release);
  g_free (self);
}
