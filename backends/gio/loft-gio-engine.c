/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-gio-engine.h"

#include "storage/loft-storage.h"

/* A mount of GVfs stops working with 32 open streams. Each call opens one at
 * most, and uploads keep to a bound of their own. */
#define N_THREADS 12
#define N_SLOTS 8

/* The primitive operations on names below one root, each with a timeout. All
 * errors are LOFT_STORAGE_ERROR. */
struct _LoftGioEngine
{
  gatomicrefcount ref_count;
  GFile *root;         /* owned */
  LoftGioMount *mount; /* owned */
  LoftGioCalls *calls; /* owned */
  gint64 timeout;      /* of one call, in µs */

  GMutex lock; /* guards what follows */
  GCond freed;
  guint n_slots; /* that are free */
};

/**
 * loft_gio_engine_new: (skip)
 * @root: the folder that holds the store
 * @mount: (transfer full): keeps it mounted
 * @timeout: how long a call may take, in µs
 *
 * Returns: (transfer full): an engine
 */
LoftGioEngine *
loft_gio_engine_new (GFile *root, LoftGioMount *mount, gint64 timeout)
{
  LoftGioEngine *self = g_new0 (LoftGioEngine, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->root = g_object_ref (root);
  self->mount = mount;
  self->calls = loft_gio_calls_new (N_THREADS);
  self->timeout = timeout;
  self->n_slots = N_SLOTS;
  g_mutex_init (&self->lock);
  g_cond_init (&self->freed);

  return self;
}

/**
 * loft_gio_engine_ref: (skip)
 * @self: an engine
 *
 * Returns: (transfer full): @self
 */
LoftGioEngine *
loft_gio_engine_ref (LoftGioEngine *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

/**
 * loft_gio_engine_unref: (skip)
 * @self: (transfer full): an engine
 *
 * Lets go of @self.
 */
void
loft_gio_engine_unref (LoftGioEngine *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  loft_gio_calls_unref (self->calls);
  loft_gio_mount_free (self->mount);
  g_object_unref (self->root);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->freed);
  g_free (self);
}

/**
 * loft_gio_engine_get_root: (skip)
 * @self: an engine
 *
 * Returns: (transfer none): the folder that holds the store
 */
GFile *
loft_gio_engine_get_root (LoftGioEngine *self)
{
  return self->root;
}

/**
 * loft_gio_engine_get_mount: (skip)
 * @self: an engine
 *
 * Returns: (transfer none): what keeps the store mounted
 */
LoftGioMount *
loft_gio_engine_get_mount (LoftGioEngine *self)
{
  return self->mount;
}

/**
 * loft_gio_engine_get_timeout: (skip)
 * @self: an engine
 *
 * Returns: how long a call may take, in µs
 */
gint64
loft_gio_engine_get_timeout (LoftGioEngine *self)
{
  return self->timeout;
}

/* Whether it may be the mount's fault that a call failed: GVfs is not there,
 * does not answer, or has nothing mounted. */
static gboolean
is_lost (const GError *error)
{
  return error != NULL &&
         (error->domain == G_DBUS_ERROR ||
          g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_MOUNTED) ||
          g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) ||
          g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED) ||
          g_error_matches (error, G_IO_ERROR, G_IO_ERROR_DBUS_ERROR) ||
          g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE) ||
          g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED));
}

/**
 * loft_gio_engine_run: (skip)
 * @self: an engine
 * @function: does the call, in another thread
 * @data: for @function, which alone may use it from now on
 * @free_data: (nullable): frees @data
 * @free_result: frees a result that nobody waits for any more
 * @timeout: how long to wait, in µs
 * @error: return location for a #GError
 *
 * Does what loft_gio_calls_run() does, on what is mounted.
 *
 * Returns: what @function returned, or %NULL with @error set
 */
gpointer
loft_gio_engine_run (LoftGioEngine *self,
                     LoftGioFunction function,
                     gpointer data,
                     GDestroyNotify free_data,
                     GDestroyNotify free_result,
                     gint64 timeout,
                     GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (!loft_gio_mount_check (self->mount, error))
    {
      if (free_data != NULL)
        free_data (data);
      return NULL;
    }

  gpointer result = loft_gio_calls_run (self->calls,
                                        function,
                                        data,
                                        free_data,
                                        free_result,
                                        timeout,
                                        &local_error);

  if (is_lost (local_error))
    loft_gio_mount_suspect (self->mount);
  if (result == NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));

  return result;
}

/**
 * loft_gio_engine_take_slot: (skip)
 * @self: an engine
 * @error: return location for a #GError
 *
 * Waits for the right to have one more stream open.
 *
 * Returns: whether there is room; else %LOFT_STORAGE_ERROR_UNAVAILABLE is set
 */
gboolean
loft_gio_engine_take_slot (LoftGioEngine *self, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  gint64 end = g_get_monotonic_time () + self->timeout;

  while (self->n_slots == 0)
    if (!g_cond_wait_until (&self->freed, &self->lock, end))
      {
        g_set_error (error,
                     LOFT_STORAGE_ERROR,
                     LOFT_STORAGE_ERROR_UNAVAILABLE,
                     "Too many uploads wait for the storage");
        return FALSE;
      }
  self->n_slots--;

  return TRUE;
}

/**
 * loft_gio_engine_give_slot: (skip)
 * @self: an engine
 *
 * Gives back what loft_gio_engine_take_slot() gave.
 */
void
loft_gio_engine_give_slot (LoftGioEngine *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->n_slots++;
  g_cond_signal (&self->freed);
}
