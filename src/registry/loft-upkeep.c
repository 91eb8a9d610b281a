/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-upkeep-private.h"

#include <string.h>

/* What all long work has in common: a thread, an end before its time, and
 * somebody who wants to know how far it is. */

#define SHOW_PAUSE (100 * G_TIME_SPAN_MILLISECOND)

/* How long a publish that is on its way may look like damage. */
#define PATIENCE (2 * G_TIME_SPAN_SECOND)
#define MOMENT (20 * G_TIME_SPAN_MILLISECOND)

/**
 * loft_upkeep_new:
 * @registry: a registry
 * @func: what is to be done; blocks
 * @progress: (nullable): told of progress
 * @progress_data: for @progress
 *
 * Makes work that loft_upkeep_start() begins.
 *
 * Returns: (transfer full): the work
 */
LoftUpkeep *
loft_upkeep_new (LoftRegistry *registry,
                 LoftUpkeepFunc func,
                 LoftProgressFunc progress,
                 gpointer progress_data)
{
  LoftUpkeep *self = g_new0 (LoftUpkeep, 1);

  self->registry = registry;
  self->cancellable = g_cancellable_new ();
  self->report = loft_report_new ();
  self->func = func;
  self->progress = progress;
  self->progress_data = progress_data;

  return self;
}

static void
upkeep_free (gpointer data)
{
  LoftUpkeep *self = data;

  g_object_unref (self->cancellable);
  loft_report_unref (self->report);
  if (self->free_options != NULL)
    self->free_options (self->options);
  g_free (self);
}

static void
cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  g_cancellable_cancel (user_data);
}

/* Both the caller and the end of the registry may end the work. */
static gboolean
run (LoftUpkeep *self, GCancellable *cancellable, GError **error)
{
  GCancellable *stopping = self->registry->stopping;
  gulong wished = 0;
  gulong stopped = g_cancellable_connect (stopping,
                                          G_CALLBACK (cancelled_cb),
                                          self->cancellable,
                                          NULL);
  if (cancellable != NULL)
    wished = g_cancellable_connect (cancellable,
                                    G_CALLBACK (cancelled_cb),
                                    self->cancellable,
                                    NULL);

  gboolean done =
    !g_cancellable_set_error_if_cancelled (self->cancellable, error) &&
    loft_registry_can_answer (self->registry, error) &&
    self->func (self, error);

  g_cancellable_disconnect (stopping, stopped);
  if (cancellable != NULL)
    g_cancellable_disconnect (cancellable, wished);

  return done;
}

static void
run_in_thread_cb (GTask *task,
                  gpointer source_object,
                  gpointer task_data,
                  GCancellable *cancellable)
{
  g_autoptr (GError) local_error = NULL;

  if (run (task_data, cancellable, &local_error))
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  loft_registry_translate_error (&local_error);
  g_task_return_error (task, g_steal_pointer (&local_error));
}

/**
 * loft_upkeep_start:
 * @self: (transfer full): work
 * @source_tag: the function that somebody called
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Begins the work in a thread, once there is one to be had.
 */
void
loft_upkeep_start (LoftUpkeep *self,
                   gpointer source_tag,
                   GCancellable *cancellable,
                   GAsyncReadyCallback callback,
                   gpointer user_data)
{
  g_autoptr (GTask) task =
    g_task_new (self->registry, cancellable, callback, user_data);

  /* What was done is reported as done, even if nobody wants it any more. */
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_source_tag (task, source_tag);
  g_task_set_task_data (task, self, upkeep_free);
  loft_registry_run_upkeep (self->registry, task, run_in_thread_cb);
}

/**
 * loft_upkeep_finish:
 * @registry: the registry
 * @source_tag: the function that somebody called
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends what loft_upkeep_start() began.
 *
 * Returns: (transfer full): what was found, or %NULL with @error set
 */
LoftReport *
loft_upkeep_finish (LoftRegistry *registry,
                    gpointer source_tag,
                    GAsyncResult *result,
                    GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, registry), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, source_tag), NULL);

  const LoftUpkeep *self = g_task_get_task_data (G_TASK (result));
  if (!g_task_propagate_boolean (G_TASK (result), error))
    return NULL;

  return loft_report_ref (self->report);
}

/**
 * loft_upkeep_show_last:
 * @self: work
 * @done: how much is done
 * @total: of how much
 * @unit: what is counted
 *
 * Tells of progress.
 */
void
loft_upkeep_show_last (LoftUpkeep *self,
                       guint64 done,
                       guint64 total,
                       const char *unit)
{
  self->shown_at = g_get_monotonic_time ();
  if (self->progress != NULL)
    self->progress (done, total, unit, self->progress_data);
}

/**
 * loft_upkeep_show:
 * @self: work
 * @done: how much is done
 * @total: of how much
 * @unit: what is counted
 *
 * Tells of progress, unless that was done a moment ago.
 */
void
loft_upkeep_show (LoftUpkeep *self,
                  guint64 done,
                  guint64 total,
                  const char *unit)
{
  if (g_get_monotonic_time () - self->shown_at >= SHOW_PAUSE)
    loft_upkeep_show_last (self, done, total, unit);
}

/**
 * loft_upkeep_is_local:
 * @error: what came of reading an object
 *
 * Tells the object's own errors from those of the storage as a whole.
 *
 * Returns: whether the work can go on with the next object
 */
gboolean
loft_upkeep_is_local (const GError *error)
{
  return g_error_matches (error,
                          LOFT_REGISTRY_ERROR,
                          LOFT_REGISTRY_ERROR_CORRUPT) ||
         g_error_matches (error,
                          LOFT_STORAGE_ERROR,
                          LOFT_STORAGE_ERROR_CORRUPT) ||
         g_error_matches (error,
                          LOFT_STORAGE_ERROR,
                          LOFT_STORAGE_ERROR_NOT_FOUND) ||
         g_error_matches (error,
                          LOFT_STORAGE_ERROR,
                          LOFT_STORAGE_ERROR_DENIED) ||
         g_error_matches (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_FAILED);
}

/**
 * loft_upkeep_wait:
 * @self: work
 * @error: return location for a #GError
 *
 * Waits until what is on its way has come to its next step, or is stuck.
 * Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to %G_IO_ERROR_CANCELLED
 */
gboolean
loft_upkeep_wait (LoftUpkeep *self, GError **error)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  while (g_get_monotonic_time () < end)
    {
      if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
        return FALSE;
      g_usleep (MOMENT);
    }

  return TRUE;
}
