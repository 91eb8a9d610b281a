/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-migration-private.h"

/* What is done beside others. There is never much that waits, so that memory
 * does not grow with what there is to copy. */

#define QUEUE_FACTOR 4

typedef struct
{
  LoftMigrationFunc func;
  gpointer data;
  GDestroyNotify free_data;
} Task;

static void
task_free (Task *task)
{
  if (task->free_data != NULL)
    task->free_data (task->data);
  g_free (task);
}

/* Of several failures the first is told; the others may follow from it, as do
 * those to be cancelled. */
static void
take_failure (LoftMigration *self, GError *error)
{
  gboolean follows =
    g_error_matches (self->failure, G_IO_ERROR, G_IO_ERROR_CANCELLED) &&
    !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  if (self->failure != NULL && !follows)
    return;

  g_clear_error (&self->failure);
  self->failure = g_error_copy (error);
}

static void
run_task_cb (gpointer data, gpointer user_data)
{
  LoftMigration *self = user_data;
  Task *task = data;
  g_autoptr (GError) local_error = NULL;
  gboolean done = !g_cancellable_is_cancelled (self->cancellable) &&
                  task->func (self, task->data, &local_error);

  task_free (task);

  g_mutex_lock (&self->mutex);
  if (!done && local_error != NULL)
    take_failure (self, local_error);
  self->pending--;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->mutex);

  if (!done)
    g_cancellable_cancel (self->cancellable);
}

/**
 * loft_migration_push: (skip)
 * @self: a migration that runs
 * @func: what to do
 * @data: (transfer full): for @func
 * @free_data: (nullable): frees @data
 *
 * Has something done beside others, as soon as there is room. Whether it worked
 * is told by loft_migration_drain().
 *
 * Returns: whether there is any use in going on
 */
gboolean
loft_migration_push (LoftMigration *self,
                     LoftMigrationFunc func,
                     gpointer data,
                     GDestroyNotify free_data)
{
  Task *task = g_new0 (Task, 1);

  task->func = func;
  task->data = data;
  task->free_data = free_data;

  g_mutex_lock (&self->mutex);
  while (self->pending >= QUEUE_FACTOR * self->options.jobs)
    g_cond_wait (&self->cond, &self->mutex);
  self->pending++;
  g_mutex_unlock (&self->mutex);
  g_thread_pool_push (self->pool, task, NULL);

  return !g_cancellable_is_cancelled (self->cancellable);
}

/**
 * loft_migration_drain: (skip)
 * @self: a migration that runs
 * @error: return location for a #GError
 *
 * Waits until all is done that was pushed.
 *
 * Returns: whether all of it worked; else @error is set
 */
gboolean
loft_migration_drain (LoftMigration *self, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  while (self->pending > 0)
    g_cond_wait (&self->cond, &self->mutex);
  if (self->failure == NULL)
    return !g_cancellable_set_error_if_cancelled (self->cancellable, error);

  g_propagate_error (error, g_error_copy (self->failure));

  return FALSE;
}

/**
 * loft_migration_start_pool: (skip)
 * @self: a migration
 *
 * Makes those who copy.
 */
void
loft_migration_start_pool (LoftMigration *self)
{
  self->pool = g_thread_pool_new (run_task_cb,
                                  self,
                                  (int) self->options.jobs,
                                  FALSE,
                                  NULL);
}

/**
 * loft_migration_end_pool: (skip)
 * @self: a migration that has drained
 *
 * Lets them go.
 */
void
loft_migration_end_pool (LoftMigration *self)
{
  g_thread_pool_free (self->pool, FALSE, TRUE);
  self->pool = NULL;
}
