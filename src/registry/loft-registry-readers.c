/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-private.h"

/*
 * Threads for those who read in tarballs. To inflate one takes a processor, so
 * few are inflated at once, few wait, and all others are told to come later:
 * nobody who reads everything keeps others from downloading. To compare two
 * takes much longer than to read a file, and keeps nobody from that.
 */

static struct
{
  const int threads;
  const guint waiting;
  GThreadPool *pool; /* owned; NULL until it is wanted */
} readers[] = {
  [LOFT_READING_FILE] = { 2, 32, NULL },
  [LOFT_READING_BOTH] = { 1, 8, NULL },
};

typedef struct
{
  GTask *task; /* owned */
  GTaskThreadFunc func;
} Work;

static void
work_cb (gpointer data, gpointer user_data)
{
  Work *work = data;
  GTask *task = work->task;

  if (!g_task_return_error_if_cancelled (task))
    work->func (task,
                g_task_get_source_object (task),
                g_task_get_task_data (task),
                g_task_get_cancellable (task));
  g_object_unref (task);
  g_free (work);
}

static GThreadPool *
get_pool (LoftReading reading)
{
  GThreadPool **pool = &readers[reading].pool;

  if (g_once_init_enter (pool))
    {
      GThreadPool *made = g_thread_pool_new (work_cb,
                                             NULL,
                                             readers[reading].threads,
                                             FALSE,
                                             NULL);

      g_once_init_leave (pool, made);
    }

  return *pool;
}

/**
 * loft_registry_push_reader:
 * @self: a registry
 * @reading: what is read
 * @task: what is asked
 * @func: reads in tarballs, and ends @task
 *
 * Has a thread read in tarballs once one is free, or ends @task with
 * %LOFT_REGISTRY_ERROR_BUSY if too many wait for that.
 */
void
loft_registry_push_reader (LoftRegistry *self,
                           LoftReading reading,
                           GTask *task,
                           GTaskThreadFunc func)
{
  g_return_if_fail (LOFT_IS_REGISTRY (self));
  g_return_if_fail (G_IS_TASK (task) && func != NULL);

  g_autoptr (GError) local_error = NULL;
  if (!loft_registry_can_answer (self, &local_error))
    {
      g_task_return_error (task, g_steal_pointer (&local_error));
      return;
    }
  GThreadPool *pool = get_pool (reading);
  if (g_thread_pool_unprocessed (pool) >= readers[reading].waiting)
    {
      g_task_return_new_error (task,
                               LOFT_REGISTRY_ERROR,
                               LOFT_REGISTRY_ERROR_BUSY,
                               "Too many files of packages are wanted at once");
      return;
    }

  Work *work = g_new0 (Work, 1);
  work->task = g_object_ref (task);
  work->func = func;
  g_thread_pool_push (pool, work, NULL);
}
