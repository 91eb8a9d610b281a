/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-view-private.h"

/* Lists, as a view shows them. */

static LoftViewQuestion *
page_question_new (const LoftView *view,
                   const char *name,
                   const char *after,
                   guint limit,
                   LoftViewAnswerFunc func)
{
  LoftViewQuestion *question = loft_view_question_new (view, name, NULL, func);

  question->after = g_strdup (after);
  question->limit = limit;

  return question;
}

/**
 * loft_registry_view_changes:
 * @self: a registry
 * @view: a view of the past
 * @since: number of the last event that the caller knows
 * @limit: how many events at most
 * @error: return location for a #GError
 *
 * Lists the changes up to a moment in order, quick enough for a main loop.
 *
 * Returns: (transfer full): NDJSON, the next page of which begins after the
 *   last event that is listed; or %NULL with @error set to a
 *   #LoftRegistryError, %LOFT_REGISTRY_ERROR_NOT_FOUND for a view of the future
 *   or of an age
 */
LoftViewAnswer *
loft_registry_view_changes (LoftRegistry *self,
                            const LoftView *view,
                            guint64 since,
                            guint limit,
                            GError **error)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), NULL);
  g_return_val_if_fail (view != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!loft_registry_can_answer (self, error))
    return NULL;

  guint64 last = since;
  g_autoptr (LoftViewAnswer) answer = g_new0 (LoftViewAnswer, 1);
  g_autoptr (GBytes) lines = loft_catalog_view_changes (self->catalog,
                                                        view,
                                                        since,
                                                        limit,
                                                        &last,
                                                        &answer->validity,
                                                        error);
  if (lines == NULL)
    return NULL;
  answer->body = loft_event_leave_out_audit (lines);
  if (last > since)
    answer->next = g_strdup_printf ("%" G_GUINT64_FORMAT, last);

  return g_steal_pointer (&answer);
}

static GBytes *
answer_page (LoftRegistry *self,
             const LoftViewQuestion *question,
             LoftViewAnswer *answer,
             GCancellable *cancellable,
             GError **error)
{
  return loft_catalog_view_page (self->catalog,
                                 &question->view,
                                 question->after,
                                 question->limit,
                                 &answer->next,
                                 &answer->validity,
                                 error);
}

/**
 * loft_registry_view_page_async:
 * @self: a registry
 * @view: a view
 * @after: (nullable): where the last page ended
 * @limit: how many packages at most
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when the answer is there
 * @user_data: for @callback
 *
 * Lists packages by name as a view shows them. A page may have fewer than
 * @limit although there is a next one.
 */
void
loft_registry_view_page_async (LoftRegistry *self,
                               const LoftView *view,
                               const char *after,
                               guint limit,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (view != NULL);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, loft_registry_view_page_async);
  loft_registry_view_run (
    self,
    task,
    page_question_new (view, NULL, after, limit, answer_page),
    loft_view_answer_in_thread);
}

static GBytes *
answer_dependents (LoftRegistry *self,
                   const LoftViewQuestion *question,
                   LoftViewAnswer *answer,
                   GCancellable *cancellable,
                   GError **error)
{
  return loft_catalog_view_dependents (self->catalog,
                                       &question->view,
                                       question->name,
                                       question->after,
                                       question->limit,
                                       &answer->next,
                                       &answer->validity,
                                       error);
}

/**
 * loft_registry_view_dependents_async:
 * @self: a registry
 * @view: a view
 * @name: a package
 * @after: (nullable): where the last page ended
 * @limit: how many packages at most
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when the answer is there
 * @user_data: for @callback
 *
 * Lists the packages that depend on @name as a view shows them. A page may have
 * fewer than @limit although there is a next one.
 */
void
loft_registry_view_dependents_async (LoftRegistry *self,
                                     const LoftView *view,
                                     const char *name,
                                     const char *after,
                                     guint limit,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (view != NULL && name != NULL);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, loft_registry_view_dependents_async);
  loft_registry_view_run (
    self,
    task,
    page_question_new (view, name, after, limit, answer_dependents),
    loft_view_answer_in_thread);
}

/* How many packages there are to be seen. */
typedef struct
{
  guint64 packages;
  LoftValidity validity;
} Count;

static void
count_in_thread_cb (GTask *task,
                    gpointer source_object,
                    gpointer task_data,
                    GCancellable *cancellable)
{
  LoftRegistry *self = LOFT_REGISTRY (source_object);
  const LoftViewQuestion *question = task_data;
  g_autoptr (GError) local_error = NULL;
  g_autofree Count *count = g_new0 (Count, 1);

  if (loft_catalog_view_count (self->catalog,
                               &question->view,
                               &count->packages,
                               &count->validity,
                               &local_error))
    {
      g_task_return_pointer (task, g_steal_pointer (&count), g_free);
      return;
    }
  loft_registry_translate_error (&local_error);
  g_task_return_error (task, g_steal_pointer (&local_error));
}

/**
 * loft_registry_view_count_async:
 * @self: a registry
 * @view: a view
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when the answer is there
 * @user_data: for @callback
 *
 * Counts the packages that a view shows.
 */
void
loft_registry_view_count_async (LoftRegistry *self,
                                const LoftView *view,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (view != NULL);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, loft_registry_view_count_async);
  loft_registry_view_run (self,
                          task,
                          loft_view_question_new (view, NULL, NULL, NULL),
                          count_in_thread_cb);
}

/**
 * loft_registry_view_count_finish:
 * @self: a registry
 * @result: what the callback got
 * @out_packages: (out): how many packages
 * @out_validity: (out): how long the answer holds
 * @error: return location for a #GError
 *
 * Ends what loft_registry_view_count_async() began.
 *
 * Returns: %TRUE on success; %FALSE with @error set to a #LoftRegistryError
 */
gboolean
loft_registry_view_count_finish (LoftRegistry *self,
                                 GAsyncResult *result,
                                 guint64 *out_packages,
                                 LoftValidity *out_validity,
                                 GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  g_autofree Count *count = g_task_propagate_pointer (G_TASK (result), error);
  if (count == NULL)
    return FALSE;

  *out_packages = count->packages;
  *out_validity = count->validity;

  return TRUE;
}
