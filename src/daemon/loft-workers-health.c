/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "daemon/loft-workers-private.h"

/* Whether the workers are well, by what they leave in the page. */

/**
 * loft_workers_all_serve:
 * @self: workers
 *
 * Returns: whether every worker has got so far that it serves
 */
gboolean
loft_workers_all_serve (LoftWorkers *self)
{
  g_return_val_if_fail (LOFT_IS_WORKERS (self), FALSE);

  for (guint i = 0; i < self->all->len; i++)
    {
      const LoftWorker *worker = g_ptr_array_index (self->all, i);

      if (worker->pid == 0 ||
          loft_page_get_beat (self->page, worker->slot) == 0)
        return FALSE;
    }

  return TRUE;
}

/**
 * loft_workers_find_silent:
 * @self: workers
 * @since: a time, by the monotonic clock in microseconds
 *
 * Looks for a worker that runs, and has for so long, but is stuck: its main
 * loop has not turned since then.
 *
 * Returns: the slot of one, or 0 if there is none
 */
guint
loft_workers_find_silent (LoftWorkers *self, gint64 since)
{
  g_return_val_if_fail (LOFT_IS_WORKERS (self), 0);

  for (guint i = 0; i < self->all->len; i++)
    {
      const LoftWorker *worker = g_ptr_array_index (self->all, i);
      gint64 heard = loft_page_get_beat (self->page, worker->slot);

      if (worker->pid != 0 && MAX (heard, worker->started_at) < since)
        return worker->slot;
    }

  return 0;
}
