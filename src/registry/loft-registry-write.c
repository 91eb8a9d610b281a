/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-name.h"
#include "registry/loft-registry-private.h"

/**
 * loft_publish_request_free:
 * @self: (transfer full): a request
 *
 * Frees @self.
 */
void
loft_publish_request_free (LoftPublishRequest *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->name);
  g_free (self->version);
  g_clear_pointer (&self->manifest, json_node_unref);
  g_free (self->description);
  g_free (self->repository);
  g_free (self->license);
  g_strfreev (self->authors);
  g_clear_pointer (&self->spool, loft_spool_unref);
  g_free (self->token);
  g_free (self->request_id);
  g_free (self);
}

/* A question whether something may be published. */
typedef struct
{
  char *name;    /* owned */
  char *version; /* owned */
  char *token;   /* owned, nullable */
  goffset size;
  gboolean exists;
} Check;

static void
check_free (gpointer data)
{
  Check *check = data;

  g_free (check->name);
  g_free (check->version);
  g_free (check->token);
  g_free (check);
}

static void
check_in_thread_cb (GTask *task,
                    gpointer source_object,
                    gpointer task_data,
                    GCancellable *cancellable)
{
  LoftRegistry *self = LOFT_REGISTRY (source_object);
  Check *check = task_data;
  g_autoptr (GError) local_error = NULL;

  if (loft_registry_check_publish (self,
                                   check->name,
                                   check->version,
                                   check->size,
                                   check->token,
                                   &check->exists,
                                   &local_error) &&
      loft_registry_check_owner (self,
                                 check->name,
                                 check->token,
                                 &local_error) &&
      (check->exists || loft_registry_check_quota (self,
                                                   check->name,
                                                   check->size,
                                                   &local_error)))
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  loft_registry_translate_error (&local_error);
  g_task_return_error (task, g_steal_pointer (&local_error));
}

/**
 * loft_registry_check_publish_async:
 * @self: a registry
 * @name: a package
 * @version: a version
 * @size: bytes of the tarball, or -1 if that is not known
 * @token: (nullable): the bearer token
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is known
 * @user_data: for @callback
 *
 * Tells, before the tarball is sent, all that can be told by then: what
 * loft_registry_check_publish() does, whether the token is the owner's, and
 * whether there may be another version.
 */
void
loft_registry_check_publish_async (LoftRegistry *self,
                                   const char *name,
                                   const char *version,
                                   goffset size,
                                   const char *token,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (name != NULL && version != NULL);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Check *check = g_new0 (Check, 1);

  check->name = g_strdup (name);
  check->version = g_strdup (version);
  check->token = g_strdup (token);
  check->size = size;
  g_task_set_source_tag (task, loft_registry_check_publish_async);
  g_task_set_task_data (task, check, check_free);
  g_task_run_in_thread (task, check_in_thread_cb);
}

/**
 * loft_registry_check_publish_finish:
 * @self: a registry
 * @result: what the callback got
 * @out_exists: (out) (optional): whether that version exists
 * @error: return location for a #GError
 *
 * Ends what loft_registry_check_publish_async() began.
 *
 * Returns: %TRUE if there is nothing against it, or %FALSE with @error set to
 *   a #LoftRegistryError
 */
gboolean
loft_registry_check_publish_finish (LoftRegistry *self,
                                    GAsyncResult *result,
                                    gboolean *out_exists,
                                    GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  const Check *check = g_task_get_task_data (G_TASK (result));
  if (!g_task_propagate_boolean (G_TASK (result), error))
    return FALSE;
  if (out_exists != NULL)
    *out_exists = check->exists;

  return TRUE;
}

static void
check_token_in_thread_cb (GTask *task,
                          gpointer source_object,
                          gpointer task_data,
                          GCancellable *cancellable)
{
  LoftRegistry *self = LOFT_REGISTRY (source_object);
  g_autoptr (LoftRegistrySettings) settings = loft_registry_dup_settings (self);
  g_auto (LoftCredential) credential = { .token = task_data };
  g_autoptr (GError) local_error = NULL;

  if (loft_authority_check_token (self->authority,
                                  settings->publish,
                                  &credential,
                                  &local_error))
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  loft_registry_translate_error (&local_error);
  g_task_return_error (task, g_steal_pointer (&local_error));
}

/**
 * loft_registry_check_token_async:
 * @self: a registry
 * @token: (nullable): the bearer token
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is known
 * @user_data: for @callback
 *
 * Tells, while it is not known yet what is to be published, whether the bearer
 * of @token may publish anything at all.
 */
void
loft_registry_check_token_async (LoftRegistry *self,
                                 const char *token,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, loft_registry_check_token_async);
  g_task_set_task_data (task, g_strdup (token), g_free);
  g_task_run_in_thread (task, check_token_in_thread_cb);
}

/**
 * loft_registry_check_token_finish:
 * @self: a registry
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends what loft_registry_check_token_async() began.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #LoftRegistryError
 */
gboolean
loft_registry_check_token_finish (LoftRegistry *self,
                                  GAsyncResult *result,
                                  GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
publish_job_free (gpointer data)
{
  LoftPublishJob *job = data;

  loft_publish_request_free (job->request);
  g_clear_pointer (&job->element, g_bytes_unref);
  g_free (job);
}

static void
publish_in_thread_cb (GTask *task,
                      gpointer source_object,
                      gpointer task_data,
                      GCancellable *cancellable)
{
  LoftRegistry *self = LOFT_REGISTRY (source_object);
  LoftPublishJob *job = task_data;
  g_autoptr (GError) local_error = NULL;
  gint64 start = g_get_monotonic_time ();
  gboolean done = loft_registry_publish (self, job, &local_error);

  if (!done)
    loft_registry_translate_error (&local_error);
  loft_registry_figures_count_publish (self->figures,
                                       job->created,
                                       local_error,
                                       g_get_monotonic_time () - start);
  if (done)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&local_error));
}

/**
 * loft_registry_publish_async:
 * @self: a registry
 * @request: (transfer full): what to publish, with a finished spool
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is published, or refused
 * @user_data: for @callback
 *
 * Publishes a version. Once begun it runs to its end, whatever becomes of the
 * caller: a cancelled call may have published or not.
 */
void
loft_registry_publish_async (LoftRegistry *self,
                             LoftPublishRequest *request,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (request != NULL && request->spool != NULL);
  g_return_if_fail (request->name != NULL && request->version != NULL);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  LoftPublishJob *job = g_new0 (LoftPublishJob, 1);

  job->request = request;
  g_task_set_source_tag (task, loft_registry_publish_async);
  g_task_set_task_data (task, job, publish_job_free);
  loft_registry_run (self, task, publish_in_thread_cb);
}

/**
 * loft_registry_publish_finish:
 * @self: a registry
 * @result: what the callback got
 * @out_created: (out) (optional): %FALSE if the same bytes were there already
 * @error: return location for a #GError
 *
 * Ends what loft_registry_publish_async() began.
 *
 * Returns: (transfer full): the version's element, a JSON object, or %NULL
 *   with @error set to a #LoftRegistryError or to %G_IO_ERROR_CANCELLED
 */
GBytes *
loft_registry_publish_finish (LoftRegistry *self,
                              GAsyncResult *result,
                              gboolean *out_created,
                              GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  const LoftPublishJob *job = g_task_get_task_data (G_TASK (result));
  if (!g_task_propagate_boolean (G_TASK (result), error))
    return NULL;
  if (out_created != NULL)
    *out_created = job->created;

  return g_bytes_ref (job->element);
}
