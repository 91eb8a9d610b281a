/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-private.h"

/* What may go wrong while nobody asks, and how a node learns what others have
 * written: the keeper looks for the next event of the log every moment. That it
 * got an answer, even if that is that there is none, means that the storage was
 * reached and that the catalog holds all that it does. */

#define PAUSE G_TIME_SPAN_SECOND
#define PAUSE_SHARED (500 * G_TIME_SPAN_MILLISECOND)

/**
 * loft_registry_note_reached:
 * @self: a registry
 *
 * Notes that the catalog holds all that the storage does, as of now.
 */
void
loft_registry_note_reached (LoftRegistry *self)
{
  loft_page_set_fact (self->page,
                      LOFT_PAGE_REACHED,
                      (guint64) g_get_monotonic_time ());
  if (self->unreached)
    g_message ("The storage is reached again");
  self->unreached = FALSE;
}

/* A moment without an answer is not worth a line. */
static void
report_unreached (LoftRegistry *self, const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ||
      self->unreached || loft_registry_get_lag (self) <= LOFT_REGISTRY_LAG_MAX)
    return;

  self->unreached = TRUE;
  g_warning ("The storage can't be reached, and that is tried again: %s",
             error->message);
}

/**
 * loft_registry_get_watch_pause:
 * @self: a registry
 *
 * Returns: microseconds between two calls of loft_registry_watch()
 */
gint64
loft_registry_get_watch_pause (LoftRegistry *self)
{
  return (loft_storage_get_features (self->storage) &
          LOFT_STORAGE_FEATURE_SHARED) != 0
           ? PAUSE_SHARED
           : PAUSE;
}

/**
 * loft_registry_watch:
 * @self: a registry whose catalog answers
 * @error: return location for a #GError
 *
 * Applies what others have written, and sees whether the catalog can still be
 * used. For the keeper's thread; does nothing if it has done so a moment ago.
 *
 * Returns: %TRUE, or %FALSE with @error set if the catalog has to be made anew
 */
gboolean
loft_registry_watch (LoftRegistry *self, GError **error)
{
  gint64 now = g_get_monotonic_time ();

  if (now - self->watched_at < loft_registry_get_watch_pause (self))
    return TRUE;

  self->watched_at = now;
  if (!loft_catalog_check_file (self->catalog, error))
    return FALSE;

  g_autoptr (GError) local_error = NULL;
  if (loft_log_follow (self->log, self->stopping, &local_error))
    loft_registry_note_reached (self);
  else
    report_unreached (self, local_error);

  return TRUE;
}
