/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-view.h"

#include "registry/loft-registry-private.h"

/* What a view shows. Always from the catalog: only it knows when a version
 * came. */

/* A question whose answer takes its time. */
typedef struct Question Question;

typedef GBytes *(*AnswerFunc) (LoftRegistry *self,
                               Question *question,
                               GCancellable *cancellable,
                               GError **error);

struct Question
{
  AnswerFunc func;
  LoftView view;
  char *name;    /* owned */
  char *version; /* owned, nullable */
  LoftValidity validity;
};

static void
question_free (gpointer data)
{
  Question *question = data;

  g_free (question->name);
  g_free (question->version);
  g_free (question);
}

static Question *
question_new (const LoftView *view,
              const char *name,
              const char *version,
              AnswerFunc func)
{
  Question *question = g_new0 (Question, 1);

  question->func = func;
  question->view = *view;
  question->name = g_strdup (name);
  question->version = g_strdup (version);

  return question;
}

static void
answer_in_thread_cb (GTask *task,
                     gpointer source_object,
                     gpointer task_data,
                     GCancellable *cancellable)
{
  Question *question = task_data;
  g_autoptr (GError) local_error = NULL;
  GBytes *bytes = question->func (LOFT_REGISTRY (source_object),
                                  question,
                                  cancellable,
                                  &local_error);

  if (bytes != NULL)
    {
      g_task_return_pointer (task, bytes, (GDestroyNotify) g_bytes_unref);
      return;
    }
  loft_registry_translate_error (&local_error);
  g_task_return_error (task, g_steal_pointer (&local_error));
}

/* Takes the question. */
static void
run (LoftRegistry *self,
     GTask *task,
     Question *question,
     GTaskThreadFunc thread_func)
{
  g_autoptr (GError) local_error = NULL;

  g_task_set_task_data (task, question, question_free);
  if (loft_registry_can_answer (self, &local_error))
    g_task_run_in_thread (task, thread_func);
  else
    g_task_return_error (task, g_steal_pointer (&local_error));
}

/**
 * loft_registry_view_versions:
 * @self: a registry
 * @view: a view
 * @name: a package
 * @out_validity: (out): how long the answer holds
 * @error: return location for a #GError
 *
 * Lists the versions of a package as a view shows them, quick enough for a main
 * loop.
 *
 * Returns: (transfer full): a JSON array, or %NULL with @error set to
 *   %LOFT_REGISTRY_ERROR_NOT_READY as long as the catalog is incomplete or if
 *   the list is long (use loft_registry_view_versions_async() then), to
 *   %LOFT_REGISTRY_ERROR_NOT_FOUND for a view of the future, or to
 *   %LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE
 */
GBytes *
loft_registry_view_versions (LoftRegistry *self,
                             const LoftView *view,
                             const char *name,
                             LoftValidity *out_validity,
                             GError **error)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), NULL);
  g_return_val_if_fail (view != NULL && name != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!loft_registry_can_answer (self, error))
    return NULL;

  return loft_catalog_view_few_versions (self->catalog,
                                         view,
                                         name,
                                         out_validity,
                                         error);
}

static GBytes *
answer_versions (LoftRegistry *self,
                 Question *question,
                 GCancellable *cancellable,
                 GError **error)
{
  return loft_catalog_view_versions (self->catalog,
                                     &question->view,
                                     question->name,
                                     &question->validity,
                                     error);
}

/**
 * loft_registry_view_versions_async:
 * @self: a registry
 * @view: a view
 * @name: a package
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when the answer is there
 * @user_data: for @callback
 *
 * Lists the versions of a package as a view shows them, however many.
 */
void
loft_registry_view_versions_async (LoftRegistry *self,
                                   const LoftView *view,
                                   const char *name,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (view != NULL && name != NULL);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, loft_registry_view_versions_async);
  run (self,
       task,
       question_new (view, name, NULL, answer_versions),
       answer_in_thread_cb);
}

static GBytes *
answer_version (LoftRegistry *self,
                Question *question,
                GCancellable *cancellable,
                GError **error)
{
  g_autoptr (LoftCatalogVersion) found =
    loft_catalog_view_version (self->catalog,
                               &question->view,
                               question->name,
                               question->version,
                               &question->validity,
                               error);
  if (found == NULL)
    return NULL;

  return loft_registry_render_version (self,
                                       question->name,
                                       found->key,
                                       found->element,
                                       cancellable,
                                       error);
}

/**
 * loft_registry_view_version_async:
 * @self: a registry
 * @view: a view
 * @name: a package
 * @version: a version
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when the answer is there
 * @user_data: for @callback
 *
 * Tells all about a version as a view shows it, its manifest and files
 * included.
 */
void
loft_registry_view_version_async (LoftRegistry *self,
                                  const LoftView *view,
                                  const char *name,
                                  const char *version,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (view != NULL && name != NULL && version != NULL);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, loft_registry_view_version_async);
  run (self,
       task,
       question_new (view, name, version, answer_version),
       answer_in_thread_cb);
}

/**
 * loft_registry_view_finish:
 * @self: a registry
 * @result: what the callback got
 * @out_validity: (out): how long the answer holds
 * @error: return location for a #GError
 *
 * Ends what one of the functions above began.
 *
 * Returns: (transfer full): JSON, or %NULL with @error set to a
 *   #LoftRegistryError
 */
GBytes *
loft_registry_view_finish (LoftRegistry *self,
                           GAsyncResult *result,
                           LoftValidity *out_validity,
                           GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (out_validity != NULL, NULL);

  const Question *question = g_task_get_task_data (G_TASK (result));
  *out_validity = question->validity;

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
download_in_thread_cb (GTask *task,
                       gpointer source_object,
                       gpointer task_data,
                       GCancellable *cancellable)
{
  LoftRegistry *self = LOFT_REGISTRY (source_object);
  Question *question = task_data;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftCatalogVersion) found =
    loft_catalog_view_version (self->catalog,
                               &question->view,
                               question->name,
                               question->version,
                               &question->validity,
                               &local_error);
  LoftDownload *download = found != NULL
                             ? loft_registry_open_archive (self,
                                                           question->name,
                                                           found,
                                                           cancellable,
                                                           &local_error)
                             : NULL;

  if (download != NULL)
    {
      g_task_return_pointer (task,
                             download,
                             (GDestroyNotify) loft_download_free);
      return;
    }
  loft_registry_translate_error (&local_error);
  g_task_return_error (task, g_steal_pointer (&local_error));
}

/**
 * loft_registry_view_download_async:
 * @self: a registry
 * @view: a view
 * @name: a package
 * @version: a version, yanked or not
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when the answer is there
 * @user_data: for @callback
 *
 * Finds the tarball of a version that a view shows.
 */
void
loft_registry_view_download_async (LoftRegistry *self,
                                   const LoftView *view,
                                   const char *name,
                                   const char *version,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (view != NULL && name != NULL && version != NULL);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, loft_registry_view_download_async);
  run (self,
       task,
       question_new (view, name, version, NULL),
       download_in_thread_cb);
}

/**
 * loft_registry_view_download_finish:
 * @self: a registry
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends what loft_registry_view_download_async() began.
 *
 * Returns: (transfer full): the tarball, or %NULL with @error set to a
 *   #LoftRegistryError
 */
LoftDownload *
loft_registry_view_download_finish (LoftRegistry *self,
                                    GAsyncResult *result,
                                    GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
