/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-gio-job.h"

/* How long what was cancelled may take to notice it. */
#define GRACE (500 * G_TIME_SPAN_MILLISECOND)

/* What GVfs does only without waiting, it does in the main context in which it
 * was first asked, and that for the whole process. So there is one that never
 * ends. */
static gpointer
serve_cb (gpointer data)
{
  GMainContext *context = data;

  g_main_context_push_thread_default (context);
  for (;;)
    g_main_context_iteration (context, TRUE);

  return NULL;
}

static GMainContext *
get_context (void)
{
  static GMainContext *context = NULL;

  if (g_once_init_enter (&context))
    {
      GMainContext *made = g_main_context_new ();

      g_thread_unref (g_thread_new ("gio-mount", serve_cb, made));
      g_once_init_leave (&context, made);
    }

  return context;
}

/**
 * loft_gio_job_unref: (skip)
 * @job: (transfer full): a job
 *
 * Lets go of @job.
 */
void
loft_gio_job_unref (LoftGioJob *job)
{
  if (!g_atomic_ref_count_dec (&job->ref_count))
    return;

  g_object_unref (job->root);
  g_free (job->user);
  g_free (job->password);
  g_object_unref (job->cancellable);
  g_clear_error (&job->error);
  g_mutex_clear (&job->lock);
  g_cond_clear (&job->changed);
  g_free (job);
}

/**
 * loft_gio_job_new: (skip)
 * @root: the folder that it is about
 * @user: (nullable): who asks for it
 * @password: (nullable): with which password
 *
 * Returns: (transfer full): a job
 */
LoftGioJob *
loft_gio_job_new (GFile *root, const char *user, const char *password)
{
  LoftGioJob *job = g_new0 (LoftGioJob, 1);

  g_atomic_ref_count_init (&job->ref_count);
  job->root = g_object_ref (root);
  job->user = g_strdup (user);
  job->password = g_strdup (password);
  job->cancellable = g_cancellable_new ();
  g_mutex_init (&job->lock);
  g_cond_init (&job->changed);

  return job;
}

/**
 * loft_gio_job_return: (skip)
 * @job: (transfer full): a job
 * @error: (transfer full) (nullable): why it failed
 *
 * Ends @job, with the reference that its function was given.
 */
void
loft_gio_job_return (LoftGioJob *job, GError *error)
{
  g_mutex_lock (&job->lock);
  job->error = error;
  job->is_done = TRUE;
  g_cond_signal (&job->changed);
  g_mutex_unlock (&job->lock);

  loft_gio_job_unref (job);
}

static gboolean
job_wait (LoftGioJob *job, gint64 timeout)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&job->lock);
  gint64 end = g_get_monotonic_time () + timeout;

  while (!job->is_done && g_cond_wait_until (&job->changed, &job->lock, end))
    continue;

  return job->is_done;
}

/**
 * loft_gio_job_run: (skip)
 * @job: a job
 * @function: begins it in that context, and is given a reference to @job, which
 *   goes to loft_gio_job_return() in the end
 * @timeout: how long to wait, in µs
 * @error: return location for a #GError
 *
 * Has @job done, and waits for that no longer than @timeout and a moment.
 *
 * Returns: whether it succeeded; else @error is set, %G_IO_ERROR_TIMED_OUT if
 *   nobody knows
 */
gboolean
loft_gio_job_run (LoftGioJob *job,
                  GSourceFunc function,
                  gint64 timeout,
                  GError **error)
{
  g_atomic_ref_count_inc (&job->ref_count);
  g_main_context_invoke (get_context (), function, job);

  gboolean in_time = job_wait (job, timeout);
  if (!in_time)
    {
      g_cancellable_cancel (job->cancellable);
      job_wait (job, GRACE);
    }

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&job->lock);
  if (!job->is_done || (!in_time && job->error != NULL))
    g_set_error (error,
                 G_IO_ERROR,
                 G_IO_ERROR_TIMED_OUT,
                 "The storage did not answer in time");
  else if (job->error != NULL)
    g_propagate_error (error, g_error_copy (job->error));
  else
    return TRUE;

  return FALSE;
}
