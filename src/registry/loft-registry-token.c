/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-private.h"

/* Tokens, from the outside: the work itself is in loft-token-change.c. */

typedef gboolean (*JobFunc) (LoftRegistry *self,
                             LoftTokenJob *job,
                             GError **error);

static void
job_free (gpointer data)
{
  LoftTokenJob *job = data;

  g_free (job->token);
  g_free (job->administrator);
  g_free (job->request);
  g_free (job->id);
  g_free (job->user);
  g_free (job->name);
  g_strfreev (job->scopes);
  g_free (job->pattern);
  g_clear_pointer (&job->found, loft_token_free);
  g_free (job->secret);
  g_clear_pointer (&job->tokens, g_ptr_array_unref);
  g_free (job);
}

static LoftTokenJob *
job_new (const LoftCaller *caller)
{
  LoftTokenJob *job = g_new0 (LoftTokenJob, 1);

  job->token = g_strdup (caller->token);
  job->administrator = g_strdup (caller->administrator);
  job->request = g_strdup (caller->request);

  return job;
}

static void
do_job (GTask *task, JobFunc func)
{
  g_autoptr (GError) local_error = NULL;

  if (func (g_task_get_source_object (task),
            g_task_get_task_data (task),
            &local_error))
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  loft_registry_translate_error (&local_error);
  g_task_return_error (task, g_steal_pointer (&local_error));
}

static void
identify_in_thread_cb (GTask *task,
                       gpointer source_object,
                       gpointer task_data,
                       GCancellable *cancellable)
{
  do_job (task, loft_registry_identify);
}

/**
 * loft_registry_identify_async:
 * @self: a registry
 * @token: (nullable): a bearer token
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is known
 * @user_data: for @callback
 *
 * Finds out whom a token stands for that was issued here.
 */
void
loft_registry_identify_async (LoftRegistry *self,
                              const char *token,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  const LoftCaller caller = { .token = token };

  g_task_set_source_tag (task, loft_registry_identify_async);
  g_task_set_task_data (task, job_new (&caller), job_free);
  g_task_run_in_thread (task, identify_in_thread_cb);
}

/**
 * loft_registry_identify_finish:
 * @self: a registry
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends what loft_registry_identify_async() began.
 *
 * Returns: (transfer full): the token, or %NULL with @error set to a
 *   #LoftRegistryError: %LOFT_REGISTRY_ERROR_TOKEN_NEEDED if it is not good
 */
LoftToken *
loft_registry_identify_finish (LoftRegistry *self,
                               GAsyncResult *result,
                               GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  LoftTokenJob *job = g_task_get_task_data (G_TASK (result));

  return g_task_propagate_boolean (G_TASK (result), error)
           ? g_steal_pointer (&job->found)
           : NULL;
}

static void
create_in_thread_cb (GTask *task,
                     gpointer source_object,
                     gpointer task_data,
                     GCancellable *cancellable)
{
  do_job (task, loft_registry_create_token);
}

/**
 * loft_registry_create_token_async:
 * @self: a registry
 * @wish: which token
 * @caller: who wants it
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done, or refused
 * @user_data: for @callback
 *
 * Issues a token. Who is no administrator gets only tokens that may no more
 * than the one by which they are asked for, and end with it.
 */
void
loft_registry_create_token_async (LoftRegistry *self,
                                  const LoftTokenWish *wish,
                                  const LoftCaller *caller,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (wish != NULL && caller != NULL);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  LoftTokenJob *job = job_new (caller);

  job->user = g_strdup (wish->user);
  job->name = g_strdup (wish->name);
  job->scopes = g_strdupv ((char **) wish->scopes);
  job->pattern = g_strdup (wish->pattern);
  job->seconds = wish->seconds;
  g_task_set_source_tag (task, loft_registry_create_token_async);
  g_task_set_task_data (task, job, job_free);
  loft_registry_run (self, task, create_in_thread_cb);
}

/**
 * loft_registry_create_token_finish:
 * @self: a registry
 * @result: what the callback got
 * @out_secret: (out) (transfer full): the token itself, which is known to
 *   nobody but the caller then
 * @error: return location for a #GError
 *
 * Ends what loft_registry_create_token_async() began.
 *
 * Returns: (transfer full): what is known of it, or %NULL with @error set to a
 *   #LoftRegistryError: %LOFT_REGISTRY_ERROR_RULES if the wish makes no sense
 */
LoftToken *
loft_registry_create_token_finish (LoftRegistry *self,
                                   GAsyncResult *result,
                                   char **out_secret,
                                   GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (out_secret != NULL, NULL);

  LoftTokenJob *job = g_task_get_task_data (G_TASK (result));
  if (!g_task_propagate_boolean (G_TASK (result), error))
    return NULL;
  *out_secret = g_steal_pointer (&job->secret);

  return g_steal_pointer (&job->found);
}

static void
list_in_thread_cb (GTask *task,
                   gpointer source_object,
                   gpointer task_data,
                   GCancellable *cancellable)
{
  do_job (task, loft_registry_list_tokens);
}

/**
 * loft_registry_list_tokens_async:
 * @self: a registry
 * @caller: who wants to know
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is known
 * @user_data: for @callback
 *
 * Lists the tokens that were issued: all to an administrator, to others those
 * of the same user.
 */
void
loft_registry_list_tokens_async (LoftRegistry *self,
                                 const LoftCaller *caller,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (caller != NULL);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, loft_registry_list_tokens_async);
  g_task_set_task_data (task, job_new (caller), job_free);
  g_task_run_in_thread (task, list_in_thread_cb);
}

/**
 * loft_registry_list_tokens_finish:
 * @self: a registry
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends what loft_registry_list_tokens_async() began.
 *
 * Returns: (transfer full) (element-type LoftToken): the tokens, revoked and
 *   expired ones too, the oldest first; or %NULL with @error set to a
 *   #LoftRegistryError
 */
GPtrArray *
loft_registry_list_tokens_finish (LoftRegistry *self,
                                  GAsyncResult *result,
                                  GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  LoftTokenJob *job = g_task_get_task_data (G_TASK (result));

  return g_task_propagate_boolean (G_TASK (result), error)
           ? g_steal_pointer (&job->tokens)
           : NULL;
}

static void
revoke_in_thread_cb (GTask *task,
                     gpointer source_object,
                     gpointer task_data,
                     GCancellable *cancellable)
{
  do_job (task, loft_registry_revoke_token);
}

/**
 * loft_registry_revoke_token_async:
 * @self: a registry
 * @id: public id of a token
 * @caller: who wants it
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done, or refused
 * @user_data: for @callback
 *
 * Revokes a token, and those that its user has created by it. From then on no
 * process takes it.
 */
void
loft_registry_revoke_token_async (LoftRegistry *self,
                                  const char *id,
                                  const LoftCaller *caller,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (id != NULL && caller != NULL);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  LoftTokenJob *job = job_new (caller);

  job->id = g_strdup (id);
  g_task_set_source_tag (task, loft_registry_revoke_token_async);
  g_task_set_task_data (task, job, job_free);
  loft_registry_run (self, task, revoke_in_thread_cb);
}

/**
 * loft_registry_revoke_token_finish:
 * @self: a registry
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends what loft_registry_revoke_token_async() began.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #LoftRegistryError:
 *   %LOFT_REGISTRY_ERROR_NOT_FOUND if there is no such token, or it is another
 *   user's
 */
gboolean
loft_registry_revoke_token_finish (LoftRegistry *self,
                                   GAsyncResult *result,
                                   GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
