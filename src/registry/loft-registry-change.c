/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-private.h"

/* Changing what is published, from the outside: the work itself is in
 * loft-change.c. */

static void
change_job_free (gpointer data)
{
  LoftChangeJob *job = data;

  g_free (job->name);
  g_free (job->version);
  g_free (job->text);
  g_strfreev (job->owners);
  g_free (job->token);
  g_free (job->administrator);
  g_free (job->request);
  g_clear_pointer (&job->element, g_bytes_unref);
  g_free (job);
}

static void
change_in_thread_cb (GTask *task,
                     gpointer source_object,
                     gpointer task_data,
                     GCancellable *cancellable)
{
  g_autoptr (GError) local_error = NULL;

  if (loft_registry_change (LOFT_REGISTRY (source_object),
                            task_data,
                            &local_error))
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  loft_registry_translate_error (&local_error);
  g_task_return_error (task, g_steal_pointer (&local_error));
}

static LoftChangeJob *
change_job_new (LoftEventType type, const char *name, const LoftCaller *caller)
{
  LoftChangeJob *job = g_new0 (LoftChangeJob, 1);

  job->type = type;
  job->name = g_strdup (name);
  job->token = g_strdup (caller->token);
  job->administrator = g_strdup (caller->administrator);
  job->request = g_strdup (caller->request);

  return job;
}

static void
run_change (LoftRegistry *self, GTask *task, LoftChangeJob *job)
{
  g_task_set_task_data (task, job, change_job_free);
  loft_registry_run (self, task, change_in_thread_cb);
}

/**
 * loft_registry_yank_async:
 * @self: a registry
 * @name: a package
 * @version: a version
 * @yank: whether to yank it, or to take that back
 * @reason: (nullable): why
 * @caller: who wants it
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done, or refused
 * @user_data: for @callback
 *
 * Leaves a version out of the lists, so that nobody takes it anew; whoever
 * names it still gets it.
 */
void
loft_registry_yank_async (LoftRegistry *self,
                          const char *name,
                          const char *version,
                          gboolean yank,
                          const char *reason,
                          const LoftCaller *caller,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (name != NULL && version != NULL && caller != NULL);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  LoftChangeJob *job =
    change_job_new (yank ? LOFT_EVENT_YANK : LOFT_EVENT_UNYANK, name, caller);

  job->version = g_strdup (version);
  job->text = g_strdup (reason);
  g_task_set_source_tag (task, loft_registry_yank_async);
  run_change (self, task, job);
}

/**
 * loft_registry_yank_finish:
 * @self: a registry
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends what loft_registry_yank_async() began.
 *
 * Returns: (transfer full): the version's element, a JSON object, or %NULL
 *   with @error set to a #LoftRegistryError
 */
GBytes *
loft_registry_yank_finish (LoftRegistry *self,
                           GAsyncResult *result,
                           GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  const LoftChangeJob *job = g_task_get_task_data (G_TASK (result));
  if (!g_task_propagate_boolean (G_TASK (result), error))
    return NULL;

  return g_bytes_ref (job->element);
}

/**
 * loft_registry_deprecate_async:
 * @self: a registry
 * @name: a package
 * @message: (nullable): why it should not be used any more; %NULL takes that
 *   back
 * @caller: who wants it
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done, or refused
 * @user_data: for @callback
 *
 * Deprecates a package.
 */
void
loft_registry_deprecate_async (LoftRegistry *self,
                               const char *name,
                               const char *message,
                               const LoftCaller *caller,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (name != NULL && caller != NULL);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  LoftChangeJob *job = change_job_new (LOFT_EVENT_DEPRECATE, name, caller);

  job->text = g_strdup (message);
  g_task_set_source_tag (task, loft_registry_deprecate_async);
  run_change (self, task, job);
}

/**
 * loft_registry_deprecate_finish:
 * @self: a registry
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends what loft_registry_deprecate_async() began.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #LoftRegistryError
 */
gboolean
loft_registry_deprecate_finish (LoftRegistry *self,
                                GAsyncResult *result,
                                GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* Once each, in their order. */
static GStrv
make_unique (const char *const *ids)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (gsize i = 0; ids[i] != NULL; i++)
    if (g_hash_table_add (seen, (gpointer) ids[i]))
      g_strv_builder_add (builder, ids[i]);

  return g_strv_builder_end (builder);
}

/**
 * loft_registry_set_owners_async:
 * @self: a registry
 * @name: a package, or a name that was claimed
 * @owners: names of users and public ids of tokens; none opens it to all
 * @caller: who wants it
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done, or refused
 * @user_data: for @callback
 *
 * Says anew who may publish to a package. A token that owns it already keeps
 * its right where its public id is among @owners.
 */
void
loft_registry_set_owners_async (LoftRegistry *self,
                                const char *name,
                                const char *const *owners,
                                const LoftCaller *caller,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (name != NULL && owners != NULL && caller != NULL);

  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  LoftChangeJob *job = change_job_new (LOFT_EVENT_OWNERS, name, caller);

  job->owners = make_unique (owners);
  g_task_set_source_tag (task, loft_registry_set_owners_async);
  run_change (self, task, job);
}

/**
 * loft_registry_set_owners_finish:
 * @self: a registry
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends what loft_registry_set_owners_async() began.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #LoftRegistryError:
 *   %LOFT_REGISTRY_ERROR_RULES if one of the owners can be none
 */
gboolean
loft_registry_set_owners_finish (LoftRegistry *self,
                                 GAsyncResult *result,
                                 GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
