/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-files.h"

#include "registry/loft-member.h"
#include "registry/loft-registry-private.h"

/* Reading files of packages, out of tarballs. To inflate one takes a processor,
 * so few are inflated at once, few wait, and all others are told to come later:
 * nobody who reads everything keeps others from downloading. */

#define READERS_MAX 2
#define WAITING_MAX 32

typedef struct
{
  gboolean has_view;
  LoftView view;
  char *name;    /* owned */
  char *version; /* owned */
  char *path;    /* owned */
  gsize length;
} Question;

static void
question_free (gpointer data)
{
  Question *question = data;

  g_free (question->name);
  g_free (question->version);
  g_free (question->path);
  g_free (question);
}

/**
 * loft_file_free:
 * @self: (transfer full): a file
 *
 * Frees @self.
 */
void
loft_file_free (LoftFile *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->version);
  g_free (self->path);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_free (self);
}

static LoftFile *
read_file (LoftRegistry *self,
           const Question *question,
           GCancellable *cancellable,
           GError **error)
{
  LoftValidity validity = { 0 };
  g_autoptr (LoftCatalogVersion) found =
    question->has_view ? loft_catalog_view_version (self->catalog,
                                                    &question->view,
                                                    question->name,
                                                    question->version,
                                                    &validity,
                                                    error)
                       : loft_catalog_get_version (self->catalog,
                                                   question->name,
                                                   question->version,
                                                   error);
  g_autoptr (LoftDownload) download =
    found != NULL ? loft_registry_open_archive_here (self,
                                                     question->name,
                                                     found,
                                                     FALSE,
                                                     cancellable,
                                                     error)
                  : NULL;
  if (download == NULL)
    return NULL;

  g_autoptr (LoftFile) file = g_new0 (LoftFile, 1);
  file->bytes = loft_member_read (download,
                                  question->path,
                                  question->length,
                                  &file->size,
                                  cancellable,
                                  error);
  if (file->bytes == NULL)
    return NULL;
  file->version = g_strdup (found->version);
  file->path = g_strdup (question->path);

  return g_steal_pointer (&file);
}

static void
read_cb (gpointer data, gpointer user_data)
{
  g_autoptr (GTask) task = data;
  g_autoptr (GError) local_error = NULL;

  if (g_task_return_error_if_cancelled (task))
    return;

  LoftFile *file = read_file (g_task_get_source_object (task),
                              g_task_get_task_data (task),
                              g_task_get_cancellable (task),
                              &local_error);
  if (file != NULL)
    {
      g_task_return_pointer (task, file, (GDestroyNotify) loft_file_free);
      return;
    }
  loft_registry_translate_error (&local_error);
  g_task_return_error (task, g_steal_pointer (&local_error));
}

static GThreadPool *
get_readers (void)
{
  static GThreadPool *readers = NULL;

  if (g_once_init_enter (&readers))
    {
      GThreadPool *pool =
        g_thread_pool_new (read_cb, NULL, READERS_MAX, FALSE, NULL);

      g_once_init_leave (&readers, pool);
    }

  return readers;
}

static gboolean
can_read (LoftRegistry *self, GError **error)
{
  if (!loft_registry_can_answer (self, error))
    return FALSE;
  if (g_thread_pool_unprocessed (get_readers ()) < WAITING_MAX)
    return TRUE;

  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_BUSY,
                       "Too many files of packages are wanted at once");

  return FALSE;
}

/**
 * loft_registry_read_file_async:
 * @self: a registry
 * @view: (nullable): a view; %NULL for the registry as it is
 * @name: a package
 * @version: a version, yanked or not
 * @path: of a file in it
 * @length: how many bytes of it are wanted at most
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it was read
 * @user_data: for @callback
 *
 * Reads a file out of a version's tarball.
 */
void
loft_registry_read_file_async (LoftRegistry *self,
                               const LoftView *view,
                               const char *name,
                               const char *version,
                               const char *path,
                               gsize length,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (name != NULL && version != NULL && path != NULL);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GError) local_error = NULL;
  Question *question = g_new0 (Question, 1);

  question->has_view = view != NULL;
  if (view != NULL)
    question->view = *view;
  question->name = g_strdup (name);
  question->version = g_strdup (version);
  question->path = g_strdup (path);
  question->length = length;
  g_task_set_source_tag (task, loft_registry_read_file_async);
  g_task_set_task_data (task, question, question_free);
  if (can_read (self, &local_error))
    g_thread_pool_push (get_readers (), g_steal_pointer (&task), NULL);
  else
    g_task_return_error (task, g_steal_pointer (&local_error));
}

/**
 * loft_registry_read_file_finish:
 * @self: a registry
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends what loft_registry_read_file_async() began.
 *
 * Returns: (transfer full): the file, or %NULL with @error set to a
 *   #LoftRegistryError: %LOFT_REGISTRY_ERROR_NOT_FOUND if there is none,
 *   %LOFT_REGISTRY_ERROR_BUSY if too many are wanted at once
 */
LoftFile *
loft_registry_read_file_finish (LoftRegistry *self,
                                GAsyncResult *result,
                                GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
