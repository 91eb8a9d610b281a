/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-page-private.h"

#include <errno.h>

/* What processes that write the log have to know of each other.
 *
 * That they take turns is a courtesy, which saves work that would be done
 * twice. But whoever wants to remove an entry has to know that nobody is about
 * to create one of that number, because he looked at the catalog long ago. So a
 * writer says when he begins to look and when he is done, and it is enough to
 * wait once for all who have begun: whoever begins later sees what the catalog
 * holds by then. */

#define WAIT_PAUSE (5 * G_TIME_SPAN_MILLISECOND)

/**
 * loft_page_lock:
 * @self: a page
 * @milliseconds: how long to wait at most
 *
 * Takes a turn among all processes; safe in any thread. A process that dies
 * gives its turn back. Nothing may rest on having one: it is a courtesy, which
 * saves work that would be done twice.
 *
 * Returns: whether it is the caller's turn; then it must call
 *   loft_page_unlock() in the same thread
 */
gboolean
loft_page_lock (LoftPage *self, guint milliseconds)
{
  g_return_val_if_fail (self != NULL, FALSE);

  gint64 end = g_get_monotonic_time () + milliseconds * G_TIME_SPAN_MILLISECOND;
  struct timespec until = {
    .tv_sec = end / G_USEC_PER_SEC,
    .tv_nsec = end % G_USEC_PER_SEC * 1000,
  };
  int code =
    pthread_mutex_clocklock (&self->header->mutex, CLOCK_MONOTONIC, &until);

  if (code == EOWNERDEAD)
    code = pthread_mutex_consistent (&self->header->mutex);

  return code == 0;
}

/**
 * loft_page_unlock:
 * @self: a page
 *
 * Gives back the turn that loft_page_lock() has taken.
 */
void
loft_page_unlock (LoftPage *self)
{
  g_return_if_fail (self != NULL);

  pthread_mutex_unlock (&self->header->mutex);
}

/**
 * loft_page_begin_write:
 * @self: a page
 * @slot: the process's own
 *
 * Says that this process is about to read in the catalog what to write to the
 * log. One thread at a time may.
 */
void
loft_page_begin_write (LoftPage *self, guint slot)
{
  g_return_if_fail (self != NULL && slot < self->header->n_slots);

  atomic_fetch_add (&self->header->begun[slot], 1);
}

/**
 * loft_page_end_write:
 * @self: a page
 * @slot: the process's own
 *
 * Says that what was read is of no use any more.
 */
void
loft_page_end_write (LoftPage *self, guint slot)
{
  g_return_if_fail (self != NULL && slot < self->header->n_slots);

  atomic_fetch_add (&self->header->ended[slot], 1);
}

/**
 * loft_page_forget_writes:
 * @self: a page
 * @slot: the process's own
 *
 * Ends what the process that had the slot before may have begun. It is dead.
 */
void
loft_page_forget_writes (LoftPage *self, guint slot)
{
  g_return_if_fail (self != NULL && slot < self->header->n_slots);

  atomic_store (&self->header->ended[slot],
                atomic_load (&self->header->begun[slot]));
}

/**
 * loft_page_wait_for_writes:
 * @self: a page
 * @milliseconds: how long to wait at most
 * @cancellable: (nullable): a cancellable
 *
 * Waits for all who have begun to write. Blocks.
 *
 * Returns: whether all of them have ended
 */
gboolean
loft_page_wait_for_writes (LoftPage *self,
                           guint milliseconds,
                           GCancellable *cancellable)
{
  g_return_val_if_fail (self != NULL, FALSE);

  gint64 end = g_get_monotonic_time () + milliseconds * G_TIME_SPAN_MILLISECOND;

  for (guint i = 0; i < self->header->n_slots; i++)
    {
      guint64 begun = atomic_load (&self->header->begun[i]);

      while (atomic_load (&self->header->ended[i]) < begun)
        {
          if (g_cancellable_is_cancelled (cancellable) ||
              g_get_monotonic_time () > end)
            return FALSE;
          g_usleep (WAIT_PAUSE);
        }
    }

  return TRUE;
}
