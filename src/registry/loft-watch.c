/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-message-id.h"
#include "registry/loft-registry-private.h"

/* The watcher: a thread that sees what goes wrong while nobody asks, and that
 * learns what others have written, whatever takes the keeper's time.
 *
 * Every moment it looks for the next event of the log. That it gets an answer,
 * even if that is that there is none, means that the storage was reached and
 * that the catalog holds all that it does. */

#define PAUSE G_TIME_SPAN_SECOND

/**
 * loft_registry_note_reached:
 * @self: a registry
 * @time: a moment, by the monotonic clock in microseconds
 *
 * Notes that the catalog holds all that the storage did at @time.
 */
void
loft_registry_note_reached (LoftRegistry *self, gint64 time)
{
  loft_page_set_fact (self->page, LOFT_PAGE_REACHED, (guint64) time);
}

/* A moment without an answer is not worth a line, nor is the next one. */
static void
follow (LoftRegistry *self, gboolean *unreached)
{
  g_autoptr (GError) local_error = NULL;
  gint64 begin = g_get_monotonic_time ();

  if (loft_log_follow (self->log, self->stopping, &local_error))
    {
      loft_registry_note_reached (self, begin);
      loft_page_set_fact (
        self->page,
        LOFT_PAGE_SKEW,
        (guint64) loft_storage_get_clock_skew (self->storage));
      if (*unreached)
        g_log_structured (G_LOG_DOMAIN,
                          G_LOG_LEVEL_MESSAGE,
                          "MESSAGE_ID",
                          LOFT_MESSAGE_STORAGE_BACK,
                          "MESSAGE",
                          "The storage is reached again");
      *unreached = FALSE;
    }
  else if (!*unreached && loft_registry_get_age (self) > 0 &&
           !g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      *unreached = TRUE;
      g_log_structured (
        G_LOG_DOMAIN,
        G_LOG_LEVEL_WARNING,
        "MESSAGE_ID",
        LOFT_MESSAGE_STORAGE_LOST,
        "MESSAGE",
        "The storage can't be reached, and that is tried again: %s",
        local_error->message);
    }
}

/**
 * loft_registry_give_up_catalog:
 * @self: a registry
 * @error: what is wrong with its catalog
 *
 * Has nobody answered any more, and another catalog made by the keeper.
 */
void
loft_registry_give_up_catalog (LoftRegistry *self, const GError *error)
{
  g_log_structured (G_LOG_DOMAIN,
                    G_LOG_LEVEL_WARNING,
                    "MESSAGE_ID",
                    LOFT_MESSAGE_CATALOG_LOST,
                    "MESSAGE",
                    "The catalog can't be used any more, and is made anew: %s",
                    error->message);
  loft_page_set_fact (self->page, LOFT_PAGE_ANSWERS, FALSE);
  loft_page_begin_epoch (self->page);

  g_mutex_lock (&self->mutex);
  self->catalog_lost = TRUE;
  g_cond_broadcast (&self->keeper_cond);
  g_mutex_unlock (&self->mutex);
}

static void
sleep_a_moment (LoftRegistry *self)
{
  gboolean is_shared =
    loft_storage_has (self->storage, LOFT_STORAGE_FEATURE_SHARED);

  g_mutex_lock (&self->mutex);
  gint64 end =
    g_get_monotonic_time () +
    (is_shared ? self->settings->log_poll * G_TIME_SPAN_MILLISECOND : PAUSE);
  while (!g_cancellable_is_cancelled (self->stopping))
    if (!g_cond_wait_until (&self->keeper_cond, &self->mutex, end))
      break;
  g_mutex_unlock (&self->mutex);
}

/**
 * loft_registry_watch:
 * @data: (type LoftRegistry): a registry
 *
 * The watcher's thread: returns when the registry is being stopped.
 *
 * Returns: (nullable): %NULL
 */
gpointer
loft_registry_watch (gpointer data)
{
  LoftRegistry *self = data;
  gboolean unreached = FALSE;

  while (!g_cancellable_is_cancelled (self->stopping))
    {
      g_autoptr (GError) local_error = NULL;

      if (loft_registry_can_answer (self, NULL))
        {
          if (!loft_catalog_check_file (self->catalog, &local_error))
            loft_registry_give_up_catalog (self, local_error);
          else if (!g_atomic_int_get (&self->is_unchecked))
            follow (self, &unreached);
        }
      sleep_a_moment (self);
    }

  return NULL;
}
