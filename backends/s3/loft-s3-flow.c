/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-s3-flow.h"

/* When so many bytes wait to be read, no more are taken from the engine, until
 * there are only half as many. */
#define WAITING_MAX (2 * 1024 * 1024)

struct _LoftS3Flow
{
  int ref_count; /* atomic */

  GMutex lock; /* guards what follows */
  GCond changed;
  GQueue chunks; /* owned, of owned GBytes */
  gsize waiting; /* bytes of them */
  gboolean full;
  gboolean ended;
  gboolean left;
  GError *error; /* owned, nullable */

  GSource *alarm; /* owned, NULL before it was begun */
};

/**
 * loft_s3_flow_new:
 *
 * Returns: (transfer full): a flow of which nothing has come
 */
LoftS3Flow *
loft_s3_flow_new (void)
{
  LoftS3Flow *self = g_new0 (LoftS3Flow, 1);

  self->ref_count = 1;
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  g_queue_init (&self->chunks);

  return self;
}

/**
 * loft_s3_flow_ref:
 * @self: a flow
 *
 * Returns: (transfer full): another reference
 */
LoftS3Flow *
loft_s3_flow_ref (LoftS3Flow *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_int_inc (&self->ref_count);

  return self;
}

/**
 * loft_s3_flow_unref:
 * @self: (transfer full): a flow
 *
 * Gives up a reference.
 */
void
loft_s3_flow_unref (LoftS3Flow *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  g_queue_clear_full (&self->chunks, (GDestroyNotify) g_bytes_unref);
  g_clear_error (&self->error);
  g_clear_pointer (&self->alarm, g_source_unref);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
}

static gboolean
dispatch (GSource *source, GSourceFunc func, gpointer user_data)
{
  g_source_set_ready_time (source, -1);

  return func (user_data);
}

/**
 * loft_s3_flow_begin:
 * @self: a flow
 * @func: called in this thread's context when there is room again, or when
 *   nobody reads any more
 * @data: for @func
 * @destroy: frees @data
 *
 * Begins to write. To be called in the thread that does.
 *
 * Returns: (transfer none): what has @func called; to be destroyed in the end
 */
GSource *
loft_s3_flow_begin (LoftS3Flow *self,
                    GSourceFunc func,
                    gpointer data,
                    GDestroyNotify destroy)
{
  static GSourceFuncs funcs = { NULL, NULL, dispatch, NULL, NULL, NULL };

  g_return_val_if_fail (self != NULL && func != NULL, NULL);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->alarm = g_source_new (&funcs, sizeof (GSource));
  g_source_set_callback (self->alarm, func, data, destroy);
  g_source_set_ready_time (self->alarm, self->left ? 0 : -1);
  g_source_attach (self->alarm, g_main_context_get_thread_default ());

  return self->alarm;
}

/**
 * loft_s3_flow_push:
 * @self: a flow
 * @chunk: what has come
 *
 * Hands on some bytes.
 *
 * Returns: whether there is room for more; else it is told when there is
 */
gboolean
loft_s3_flow_push (LoftS3Flow *self, GBytes *chunk)
{
  g_return_val_if_fail (self != NULL && chunk != NULL, FALSE);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_queue_push_tail (&self->chunks, g_bytes_ref (chunk));
  self->waiting += g_bytes_get_size (chunk);
  self->full = self->waiting >= WAITING_MAX && !self->left;
  g_cond_signal (&self->changed);

  return !self->full;
}

/**
 * loft_s3_flow_end:
 * @self: a flow
 * @error: (transfer full) (nullable): why no more comes; %NULL if that was all
 *
 * Says that no more comes. What is said first holds.
 */
void
loft_s3_flow_end (LoftS3Flow *self, GError *error)
{
  g_return_if_fail (self != NULL);

  g_autoptr (GError) owned = error;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->ended)
    return;
  self->ended = TRUE;
  self->error = g_steal_pointer (&owned);
  g_cond_signal (&self->changed);
}

/**
 * loft_s3_flow_is_left:
 * @self: a flow
 *
 * Returns: whether nobody reads it any more
 */
gboolean
loft_s3_flow_is_left (LoftS3Flow *self)
{
  g_return_val_if_fail (self != NULL, TRUE);

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->left;
}

/* To be called with the lock held. */
static void
sound_alarm (LoftS3Flow *self)
{
  if (self->alarm != NULL)
    g_source_set_ready_time (self->alarm, 0);
}

static void
cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  LoftS3Flow *self = user_data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_cond_signal (&self->changed);
}

/**
 * loft_s3_flow_take:
 * @self: a flow
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Waits for bytes. May not be called in the thread that writes.
 *
 * Returns: (transfer full) (nullable): some, or %NULL: with @error set to why
 *   there are no more, and without it if those were all
 */
GBytes *
loft_s3_flow_take (LoftS3Flow *self, GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  gulong handler = 0;

  if (cancellable != NULL)
    handler = g_cancellable_connect (cancellable,
                                     G_CALLBACK (cancelled_cb),
                                     self,
                                     NULL);

  g_mutex_lock (&self->lock);
  while (g_queue_is_empty (&self->chunks) && !self->ended &&
         !g_cancellable_is_cancelled (cancellable))
    g_cond_wait (&self->changed, &self->lock);

  GBytes *chunk = g_queue_pop_head (&self->chunks);
  if (chunk != NULL)
    self->waiting -= g_bytes_get_size (chunk);
  else if (!g_cancellable_set_error_if_cancelled (cancellable, error) &&
           self->error != NULL)
    g_propagate_error (error, g_error_copy (self->error));
  if (self->full && self->waiting <= WAITING_MAX / 2)
    {
      self->full = FALSE;
      sound_alarm (self);
    }
  g_mutex_unlock (&self->lock);

  if (cancellable != NULL)
    g_cancellable_disconnect (cancellable, handler);

  return chunk;
}

/**
 * loft_s3_flow_leave:
 * @self: (transfer full): a flow
 *
 * Says that nobody reads it any more.
 */
void
loft_s3_flow_leave (LoftS3Flow *self)
{
  g_return_if_fail (self != NULL);

  g_mutex_lock (&self->lock);
  self->left = TRUE;
  sound_alarm (self);
  g_mutex_unlock (&self->lock);
  loft_s3_flow_unref (self);
}
