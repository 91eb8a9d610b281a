/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-private.h"

/* Starting without the storage.
 *
 * A catalog that was complete answers also while the storage does not, and says
 * how old it is. Since it is too old from the beginning, nothing is written by
 * it: it may turn out to be one of another log, and then it is made anew. */

#define NOTE_REACHED "reached-at"

/* When the catalog held all that the storage does, by the monotonic clock, if
 * it was this registry's last time. It was some time ago in any case. */
static gint64
find_reached (LoftRegistry *self)
{
  g_autofree char *note =
    loft_catalog_get_note (self->catalog, NOTE_REACHED, NULL);
  gint64 age =
    note != NULL ? g_get_real_time () - g_ascii_strtoll (note, NULL, 10) : 0;

  return g_get_monotonic_time () -
         MAX (age, LOFT_REGISTRY_LAG_MAX + G_TIME_SPAN_SECOND);
}

/**
 * loft_registry_answer_unchecked:
 * @self: a registry whose keeper could not bring catalog and storage together
 * @error: why
 *
 * Has answered what the catalog has, if all it waits for is the storage.
 */
void
loft_registry_answer_unchecked (LoftRegistry *self, const GError *error)
{
  g_mutex_lock (&self->mutex);
  gboolean lost = self->catalog_lost;
  g_mutex_unlock (&self->mutex);

  if (loft_registry_can_answer (self, NULL) ||
      !g_error_matches (error,
                        LOFT_STORAGE_ERROR,
                        LOFT_STORAGE_ERROR_UNAVAILABLE) ||
      lost || !loft_catalog_is_complete (self->catalog))
    return;

  g_atomic_int_set (&self->is_unchecked, TRUE);
  loft_registry_note_reached (self, find_reached (self));
  loft_page_set_fact (self->page, LOFT_PAGE_ANSWERS, TRUE);
  loft_page_begin_epoch (self->page);
  loft_registry_announce (self);
  g_message ("What the catalog has is answered meanwhile, and nothing is "
             "published");
}

/**
 * loft_registry_keep_reached:
 * @self: a registry
 * @error: return location for a #GError
 *
 * Notes when the catalog held all that the storage does, for a start at which
 * that is away.
 *
 * Returns: whether that worked
 */
gboolean
loft_registry_keep_reached (LoftRegistry *self, GError **error)
{
  g_autofree char *time =
    g_strdup_printf ("%" G_GINT64_FORMAT,
                     g_get_real_time () - loft_registry_get_lag (self));

  return !loft_storage_has (self->storage, LOFT_STORAGE_FEATURE_SHARED) ||
         loft_catalog_set_note (self->catalog, NOTE_REACHED, time, error);
}
