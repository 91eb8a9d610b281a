/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-view-private.h"

/* What a view shows. Always from the catalog: only it knows when a version
 * came. */

/**
 * loft_view_answer_free:
 * @self: (transfer full): an answer
 *
 * Frees @self.
 */
void
loft_view_answer_free (LoftViewAnswer *self)
{
  g_return_if_fail (self != NULL);

  g_clear_pointer (&self->body, g_bytes_unref);
  g_free (self->digest);
  g_free (self->next);
  g_free (self);
}

/**
 * loft_view_question_free:
 * @data: (transfer full): a question
 *
 * Frees a question.
 */
void
loft_view_question_free (gpointer data)
{
  LoftViewQuestion *question = data;

  g_free (question->name);
  g_free (question->version);
  g_free (question->after);
  g_free (question);
}

/**
 * loft_view_question_new:
 * @view: a view
 * @name: (nullable): a package
 * @version: (nullable): a version
 * @func: (nullable): what answers it
 *
 * Makes a question.
 *
 * Returns: (transfer full): the question
 */
LoftViewQuestion *
loft_view_question_new (const LoftView *view,
                        const char *name,
                        const char *version,
                        LoftViewAnswerFunc func)
{
  LoftViewQuestion *question = g_new0 (LoftViewQuestion, 1);

  question->func = func;
  question->view = *view;
  question->name = g_strdup (name);
  question->version = g_strdup (version);
  question->asked = g_get_monotonic_time ();

  return question;
}

/**
 * loft_view_answer_in_thread:
 * @task: a task, whose data is a question
 * @source_object: a registry
 * @task_data: the question
 * @cancellable: (nullable): a cancellable
 *
 * Answers a question in a thread.
 */
void
loft_view_answer_in_thread (GTask *task,
                            gpointer source_object,
                            gpointer task_data,
                            GCancellable *cancellable)
{
  const LoftViewQuestion *question = task_data;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftViewAnswer) answer = g_new0 (LoftViewAnswer, 1);

  answer->body = question->func (LOFT_REGISTRY (source_object),
                                 question,
                                 answer,
                                 cancellable,
                                 &local_error);
  if (answer->body != NULL)
    {
      g_task_return_pointer (task,
                             g_steal_pointer (&answer),
                             (GDestroyNotify) loft_view_answer_free);
      return;
    }
  loft_registry_translate_error (&local_error);
  g_task_return_error (task, g_steal_pointer (&local_error));
}

/**
 * loft_registry_view_run:
 * @self: a registry
 * @task: a task
 * @question: (transfer full): its question
 * @thread_func: what answers it, in a thread
 *
 * Runs a task, if the catalog may answer.
 */
void
loft_registry_view_run (LoftRegistry *self,
                        GTask *task,
                        LoftViewQuestion *question,
                        GTaskThreadFunc thread_func)
{
  g_autoptr (GError) local_error = NULL;

  g_task_set_task_data (task, question, loft_view_question_free);
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
LoftViewAnswer *
loft_registry_view_versions (LoftRegistry *self,
                             const LoftView *view,
                             const char *name,
                             GError **error)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), NULL);
  g_return_val_if_fail (view != NULL && name != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!loft_registry_can_answer (self, error))
    return NULL;

  g_autoptr (LoftViewAnswer) answer = g_new0 (LoftViewAnswer, 1);
  answer->body = loft_catalog_view_few_versions (self->catalog,
                                                 view,
                                                 name,
                                                 &answer->validity,
                                                 error);

  return answer->body != NULL ? g_steal_pointer (&answer) : NULL;
}

static GBytes *
answer_versions (LoftRegistry *self,
                 const LoftViewQuestion *question,
                 LoftViewAnswer *answer,
                 GCancellable *cancellable,
                 GError **error)
{
  return loft_catalog_view_versions (self->catalog,
                                     &question->view,
                                     question->name,
                                     &answer->validity,
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
  loft_registry_view_run (
    self,
    task,
    loft_view_question_new (view, name, NULL, answer_versions),
    loft_view_answer_in_thread);
}

static GBytes *
answer_version (LoftRegistry *self,
                const LoftViewQuestion *question,
                LoftViewAnswer *answer,
                GCancellable *cancellable,
                GError **error)
{
  g_autoptr (LoftCatalogVersion) found =
    loft_catalog_view_version (self->catalog,
                               &question->view,
                               question->name,
                               question->version,
                               &answer->validity,
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
  loft_registry_view_run (
    self,
    task,
    loft_view_question_new (view, name, version, answer_version),
    loft_view_answer_in_thread);
}

/**
 * loft_registry_view_finish:
 * @self: a registry
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends what one of the functions above began.
 *
 * Returns: (transfer full): the answer, or %NULL with @error set to a
 *   #LoftRegistryError
 */
LoftViewAnswer *
loft_registry_view_finish (LoftRegistry *self,
                           GAsyncResult *result,
                           GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
download_in_thread_cb (GTask *task,
                       gpointer source_object,
                       gpointer task_data,
                       GCancellable *cancellable)
{
  LoftRegistry *self = LOFT_REGISTRY (source_object);
  const LoftViewQuestion *question = task_data;
  g_autoptr (GError) local_error = NULL;
  LoftValidity validity = { 0 };
  g_autoptr (LoftCatalogVersion) found =
    loft_catalog_view_version (self->catalog,
                               &question->view,
                               question->name,
                               question->version,
                               &validity,
                               &local_error);
  LoftDownload *download = found != NULL
                             ? loft_registry_open_archive (self,
                                                           question->name,
                                                           found,
                                                           question->about,
                                                           cancellable,
                                                           &local_error)
                             : NULL;

  loft_registry_return_download (task,
                                 download,
                                 g_steal_pointer (&local_error));
}

/**
 * loft_registry_view_download_async:
 * @self: a registry
 * @view: a view
 * @name: a package
 * @version: a version, yanked or not
 * @about: as with loft_registry_download_async()
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
                                   gboolean about,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (view != NULL && name != NULL && version != NULL);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  LoftViewQuestion *question =
    loft_view_question_new (view, name, version, NULL);

  question->about = about;
  g_task_set_source_tag (task, loft_registry_view_download_async);
  loft_registry_view_run (self, task, question, download_in_thread_cb);
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
