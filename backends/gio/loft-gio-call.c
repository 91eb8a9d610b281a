/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-gio-call.h"

#include "storage/loft-storage.h"

/* Calls that may never return
 *
 * GVfs has no timeouts. A cancelled call mostly returns at once, yet writing
 * and closing a stream do not before the server moves again, and what was
 * cancelled may still happen. So each call runs in a thread of a pool. Who
 * waits for it cancels it when its time is over, and soon after leaves it
 * alone: the thread then frees what belongs to the call whenever it returns.
 *
 * The number of threads bounds how many calls there are at a time, stuck ones
 * included. One that has not begun in its time never begins, and says so. */

/* How long a cancelled call may take to notice it. */
#define GRACE (500 * G_TIME_SPAN_MILLISECOND)

struct _LoftGioCalls
{
  gatomicrefcount ref_count;
  GThreadPool *pool; /* owned */
};

typedef enum
{
  STATE_WAITING,
  STATE_RUNNING,
  STATE_DONE,
  STATE_WITHDRAWN
} State;

typedef struct
{
  gatomicrefcount ref_count;
  LoftGioFunction function;
  gpointer data;            /* owned */
  GDestroyNotify free_data; /* nullable */
  GDestroyNotify free_result;
  GCancellable *cancellable; /* owned */

  GMutex lock; /* guards what follows */
  GCond changed;
  State state;
  gpointer result; /* owned, nullable */
  GError *error;   /* owned, nullable */
} Call;

static void
call_unref (Call *call)
{
  if (!g_atomic_ref_count_dec (&call->ref_count))
    return;

  if (call->free_data != NULL)
    call->free_data (call->data);
  if (call->result != NULL)
    call->free_result (call->result);
  g_clear_error (&call->error);
  g_object_unref (call->cancellable);
  g_mutex_clear (&call->lock);
  g_cond_clear (&call->changed);
  g_free (call);
}

static gboolean
call_begin (Call *call)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&call->lock);

  if (call->state != STATE_WAITING)
    return FALSE;
  call->state = STATE_RUNNING;

  return TRUE;
}

static void
run_cb (gpointer data, gpointer user_data)
{
  Call *call = data;

  if (call_begin (call))
    {
      g_autoptr (GError) local_error = NULL;
      gpointer result =
        call->function (call->data, call->cancellable, &local_error);

      g_mutex_lock (&call->lock);
      call->result = result;
      call->error = g_steal_pointer (&local_error);
      call->state = STATE_DONE;
      g_cond_signal (&call->changed);
      g_mutex_unlock (&call->lock);
    }

  call_unref (call);
}

/**
 * loft_gio_calls_new: (skip)
 * @n_threads: how many calls there may be at a time
 *
 * Returns: (transfer full): where calls can run
 */
LoftGioCalls *
loft_gio_calls_new (guint n_threads)
{
  LoftGioCalls *self = g_new0 (LoftGioCalls, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->pool = g_thread_pool_new (run_cb, NULL, (int) n_threads, FALSE, NULL);

  return self;
}

/**
 * loft_gio_calls_unref: (skip)
 * @self: (transfer full): where calls run
 *
 * Lets go of @self. Calls that are stuck are not waited for.
 */
void
loft_gio_calls_unref (LoftGioCalls *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_thread_pool_free (self->pool, FALSE, FALSE);
  g_free (self);
}

/* Waits until @call is done, with its lock held. */
static gboolean
wait_until (Call *call, gint64 end)
{
  while (call->state != STATE_DONE)
    if (!g_cond_wait_until (&call->changed, &call->lock, end))
      break;

  return call->state == STATE_DONE;
}

static gpointer
wait_for (Call *call, gint64 timeout, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&call->lock);
  gboolean in_time = wait_until (call, g_get_monotonic_time () + timeout);

  if (call->state == STATE_WAITING)
    {
      call->state = STATE_WITHDRAWN;
      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_UNAVAILABLE,
                   "Too many calls wait for the storage");
      return NULL;
    }
  if (!in_time)
    {
      /* The lock is not held: cancelling may run the call's own code. */
      g_mutex_unlock (&call->lock);
      g_cancellable_cancel (call->cancellable);
      g_mutex_lock (&call->lock);
      wait_until (call, g_get_monotonic_time () + GRACE);
    }
  if (call->result != NULL)
    return g_steal_pointer (&call->result);
  if (in_time)
    g_propagate_error (error, g_steal_pointer (&call->error));
  else
    g_set_error (error,
                 G_IO_ERROR,
                 G_IO_ERROR_TIMED_OUT,
                 "The storage did not answer in time");

  return NULL;
}

/**
 * loft_gio_calls_run: (skip)
 * @self: where calls run
 * @function: does the call, in another thread; returns %NULL on failure
 * @data: for @function, which alone may use it from now on
 * @free_data: (nullable): frees @data
 * @free_result: frees what @function returns, if nobody waits for it any more
 * @timeout: how long to wait, in µs
 * @error: return location for a #GError
 *
 * Runs a blocking call, for no longer than @timeout and a moment.
 *
 * Returns: what @function returned, or %NULL with @error set:
 *   %LOFT_STORAGE_ERROR_UNAVAILABLE if it did not begin, and never will;
 *   %G_IO_ERROR_TIMED_OUT if nobody knows what becomes of it
 */
gpointer
loft_gio_calls_run (LoftGioCalls *self,
                    LoftGioFunction function,
                    gpointer data,
                    GDestroyNotify free_data,
                    GDestroyNotify free_result,
                    gint64 timeout,
                    GError **error)
{
  Call *call = g_new0 (Call, 1);

  g_atomic_ref_count_init (&call->ref_count);
  g_atomic_ref_count_inc (&call->ref_count);
  call->function = function;
  call->data = data;
  call->free_data = free_data;
  call->free_result = free_result;
  call->cancellable = g_cancellable_new ();
  g_mutex_init (&call->lock);
  g_cond_init (&call->changed);

  g_thread_pool_push (self->pool, call, NULL);
  gpointer result = wait_for (call, timeout, error);
  call_unref (call);

  return result;
}
