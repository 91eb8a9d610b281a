/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-download-keeper.h"
#include "registry/loft-downloads.h"
#include "registry/loft-registry-private.h"

/* The thread that keeps the numbers of downloads, apart from the keeper's: a
 * scan may take long. */

/* How often it is looked whether the catalog is ready, in microseconds. */
#define PATIENCE G_TIME_SPAN_SECOND

static gboolean
is_shared (LoftRegistry *self)
{
  return loft_storage_has (self->storage, LOFT_STORAGE_FEATURE_SHARED);
}

/* What other nodes have written is looked for every time; what earlier runs
 * have, once a day. */
static gboolean
keep (LoftRegistry *self, gint64 now, GError **error)
{
  gint64 day = loft_download_day (now);
  gboolean maintains = loft_page_get_fact (self->page, LOFT_PAGE_MAINTAINS);
  gboolean is_new_day = self->downloads_day != day;

  if (!loft_download_keeper_flush (self->downloads, now, self->stopping, error))
    return FALSE;
  if (!is_new_day && !is_shared (self))
    return TRUE;
  if (!loft_download_keeper_merge (self->downloads,
                                   now,
                                   maintains,
                                   self->stopping,
                                   error))
    return FALSE;
  if (is_new_day && maintains &&
      !loft_download_keeper_pack (self->downloads, now, self->stopping, error))
    return FALSE;
  self->downloads_day = day;

  return TRUE;
}

/* That numbers are late is worth a line; each time that they still are is
 * not. */
static void
report (LoftRegistry *self, const GError *error)
{
  gboolean failed =
    error != NULL &&
    !g_error_matches (error, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_CHANGED);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (failed && !self->downloads_failed)
    g_message ("The numbers of downloads can't be brought into the storage, or "
               "be read there, and that is tried again: %s",
               error->message);
  self->downloads_failed = failed;
}

/* Sleeps until @pause is over, or the registry is being stopped. */
static void
rest (LoftRegistry *self, gint64 pause)
{
  gint64 end = g_get_monotonic_time () + pause;

  g_mutex_lock (&self->mutex);
  while (!g_cancellable_is_cancelled (self->stopping))
    if (!g_cond_wait_until (&self->keeper_cond, &self->mutex, end))
      break;
  g_mutex_unlock (&self->mutex);
}

/**
 * loft_registry_keep_downloads:
 * @data: (type LoftRegistry): a registry
 *
 * The thread: returns when the registry is being stopped.
 *
 * Returns: %NULL
 */
gpointer
loft_registry_keep_downloads (gpointer data)
{
  LoftRegistry *self = data;

  while (!g_cancellable_is_cancelled (self->stopping))
    {
      g_autoptr (GError) local_error = NULL;
      guint interval;
      gboolean counts = loft_registry_counts_downloads (self, &interval);

      if (!loft_page_get_fact (self->page, LOFT_PAGE_ANSWERS))
        {
          rest (self, PATIENCE);
          continue;
        }
      if (counts)
        {
          keep (self, g_get_real_time (), &local_error);
          report (self, local_error);
        }
      rest (self, interval * G_TIME_SPAN_SECOND);
    }

  return NULL;
}

/**
 * loft_registry_keep_last_downloads:
 * @self: a registry in which nothing runs any more
 *
 * Brings into the storage what is left. Where that did not work before it is
 * left to the next start. Blocks.
 */
void
loft_registry_keep_last_downloads (LoftRegistry *self)
{
  g_autoptr (GError) local_error = NULL;

  if (!loft_registry_counts_downloads (self, NULL) || self->downloads_failed ||
      !loft_page_get_fact (self->page, LOFT_PAGE_ANSWERS))
    return;
  if (!loft_download_keeper_flush (self->downloads,
                                   g_get_real_time (),
                                   NULL,
                                   &local_error))
    report (self, local_error);
}
