/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "daemon/loft-workers-private.h"

#include <signal.h>

#include "registry/loft-message-id.h"

/* Whether the workers are well, by what they leave in the page. */

/* They leave something once a second, so less says nothing. */
#define PATIENCE_MIN 3

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

/**
 * loft_workers_set_patience:
 * @self: workers
 * @seconds: how long one may hang before it is ended; 0 for ever
 *
 * Sets after which time a worker that hangs is replaced.
 */
void
loft_workers_set_patience (LoftWorkers *self, guint seconds)
{
  g_return_if_fail (LOFT_IS_WORKERS (self));

  self->patience =
    seconds == 0 ? 0 : MAX (seconds, PATIENCE_MIN) * G_TIME_SPAN_SECOND;
}

/**
 * loft_workers_look:
 * @self: workers that were started
 *
 * Ends those that hang, so that they are started again. That is due every
 * second: where more has passed, we were held up ourselves, maybe with all of
 * them, and they get their time once more. How long one takes to start depends
 * on the storage, so that is not judged here.
 */
void
loft_workers_look (LoftWorkers *self)
{
  gint64 now = g_get_monotonic_time ();

  if (now - self->looked_at > PATIENCE_MIN * G_TIME_SPAN_SECOND)
    self->awake_since = now;
  self->looked_at = now;
  if (self->patience == 0)
    return;

  for (guint i = 0; i < self->all->len; i++)
    {
      LoftWorker *worker = g_ptr_array_index (self->all, i);
      gint64 heard = loft_page_get_beat (self->page, worker->slot);

      if (worker->pid == 0 || heard == 0 || worker->ended ||
          now - MAX (heard, self->awake_since) < self->patience)
        continue;

      g_log_structured (G_LOG_DOMAIN,
                        G_LOG_LEVEL_WARNING,
                        "MESSAGE_ID",
                        LOFT_MESSAGE_WORKER_STUCK,
                        "MESSAGE",
                        "Worker %u, process %d, hangs, for %d seconds now; it "
                        "is ended and started again",
                        worker->slot,
                        (int) worker->pid,
                        (int) ((now - heard) / G_TIME_SPAN_SECOND));
      worker->ended = TRUE;
      kill (worker->pid, SIGKILL);
    }
}
