/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-checkpoint.h"
#include "registry/loft-log-seal.h"
#include "registry/loft-message-id.h"
#include "registry/loft-registry-private.h"

/* The thread that keeps catalog and storage together.
 *
 * At the start it makes sure that the catalog is one of this very log, and
 * applies what the log holds beyond it. From then on a complete catalog
 * answers. An incomplete one is filled first, by the same scan that later
 * compares documents with the log every now and then.
 *
 * Where several daemons share the storage, one that begins takes a copy of the
 * catalog that another has left there, and what is done for all is done by the
 * one that holds the lease. */

#define MAINTENANCE_PAUSE (30 * G_TIME_SPAN_SECOND)
#define RETRY_PAUSE (2 * G_TIME_SPAN_SECOND)

/* Events that a catalog may be behind before the copy of another is better:
 * each costs a document from the storage. */
#define FAR_BEHIND 10000

/* What following the log may take at the start before it is followed again, in
 * microseconds, and how often it is. */
#define FOLLOW_CLOSE (G_USEC_PER_SEC / 4)
#define FOLLOWS_MAX 20

/* How often in a row the log has to be found another one while it is used. */
#define DOUBTS_MAX 2

/* How often the lease is held again before it would be taken for given up. */
#define LEASE_PARTS 3

#define NOTE_CLEAN "clean"
#define NOTE_SEALED "sealed"

static void
set_phase (LoftRegistry *self, LoftRegistryPhase phase)
{
  g_mutex_lock (&self->mutex);
  loft_page_set_fact (self->page, LOFT_PAGE_PHASE, phase);
  g_cond_broadcast (&self->keeper_cond);
  g_mutex_unlock (&self->mutex);
}

/**
 * loft_registry_await_start:
 * @self: a registry that was started
 * @timeout: how long to wait at most, in microseconds
 *
 * Waits until it is known what the log tells last, or that the storage or the
 * catalog takes longer. Until then nothing can be published, so who serves a
 * registry that was there before lets nobody in yet. Blocks.
 *
 * Returns: whether it is known
 */
gboolean
loft_registry_await_start (LoftRegistry *self, gint64 timeout)
{
  g_return_val_if_fail (LOFT_IS_REGISTRY (self), FALSE);

  gint64 end = g_get_monotonic_time () + timeout;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  while (loft_page_get_fact (self->page, LOFT_PAGE_PHASE) ==
         LOFT_REGISTRY_STARTING)
    if (!g_cond_wait_until (&self->keeper_cond, &self->mutex, end))
      return FALSE;

  return TRUE;
}

static gboolean
is_shared (LoftRegistry *self)
{
  return loft_storage_has (self->storage, LOFT_STORAGE_FEATURE_SHARED);
}

/* Makes sure that what the catalog has applied is what the log tells. */
static gboolean
check_log (LoftRegistry *self, GError **error)
{
  gboolean same;

  if (!loft_log_verify (self->storage,
                        self->catalog,
                        &same,
                        self->stopping,
                        error))
    return FALSE;
  if (!same)
    {
      g_log_structured (
        G_LOG_DOMAIN,
        G_LOG_LEVEL_MESSAGE,
        "MESSAGE_ID",
        LOFT_MESSAGE_CATALOG_LOST,
        "MESSAGE",
        "The storage has another log than the catalog was made of; "
        "the catalog is made anew");
      loft_page_set_fact (self->page, LOFT_PAGE_ANSWERS, FALSE);
      loft_page_begin_epoch (self->page);
      if (!loft_catalog_reset (self->catalog, error))
        return FALSE;
    }

  return TRUE;
}

/* Takes what another daemon has made, where that is quicker. It may be of a log
 * that was there before a backup was restored. */
static gboolean
begin_with_copy (LoftRegistry *self, GError **error)
{
  gboolean restored = FALSE;
  guint64 applied;

  if (!is_shared (self))
    return TRUE;
  if (!loft_catalog_read_sequence (self->catalog, &applied, NULL, error))
    return FALSE;

  guint64 least =
    loft_catalog_is_complete (self->catalog) ? applied + FAR_BEHIND : applied;

  return loft_checkpoint_restore (self->storage,
                                  self->catalog,
                                  least,
                                  &restored,
                                  self->stopping,
                                  error) &&
         (!restored || check_log (self, error));
}

/* Following the log brings what was in it at the beginning. Where that takes
 * long, others have gone on, and who was answered from the storage meanwhile
 * has seen it: a catalog that is behind may not answer him. */
static gboolean
follow_closely (LoftRegistry *self, GError **error)
{
  for (guint i = 0; i < FOLLOWS_MAX; i++)
    {
      gint64 begin = g_get_monotonic_time ();

      if (!loft_log_follow (self->log, self->stopping, error))
        return FALSE;
      if (!is_shared (self) || g_get_monotonic_time () - begin < FOLLOW_CLOSE)
        break;
    }

  return TRUE;
}

static gboolean
catch_up (LoftRegistry *self, GError **error)
{
  if (!check_log (self, error) || !begin_with_copy (self, error))
    return FALSE;
  if (!loft_catalog_is_complete (self->catalog))
    set_phase (self, LOFT_REGISTRY_REBUILDING);

  return follow_closely (self, error);
}

static gboolean
make_ready (LoftRegistry *self, GError **error)
{
  if (!loft_catalog_is_complete (self->catalog))
    {
      if (!loft_registry_scan (self, NULL, error) ||
          !loft_catalog_set_complete (self->catalog, self->stopping, error))
        return FALSE;
    }
  else
    {
      g_autofree char *clean =
        loft_catalog_get_note (self->catalog, NOTE_CLEAN, NULL);

      /* Somebody may have been killed between a document and its event. */
      if (g_strcmp0 (clean, "yes") != 0)
        self->scan_owed = TRUE;
    }

  /* Noted before anybody can publish, or the next start would not look for what
   * a crash cut short from now on. */
  if (!loft_catalog_set_note (self->catalog, NOTE_CLEAN, "no", error))
    return FALSE;

  if (!loft_registry_adopt_tokens (self, error))
    return FALSE;

  /* What was answered from the storage alone may have looked otherwise. */
  loft_registry_note_reached (self, g_get_monotonic_time ());
  g_atomic_int_set (&self->is_unchecked, FALSE);
  loft_page_set_fact (self->page, LOFT_PAGE_ANSWERS, TRUE);
  loft_page_begin_epoch (self->page);
  set_phase (self, LOFT_REGISTRY_READY);
  loft_registry_announce (self);

  return TRUE;
}

static gboolean
seal (LoftRegistry *self, GError **error)
{
  g_autofree char *note =
    loft_catalog_get_note (self->catalog, NOTE_SEALED, NULL);
  guint64 from = note != NULL ? g_ascii_strtoull (note, NULL, 10) : 0;
  guint64 next = from;
  gboolean done = loft_log_seal (self->storage,
                                 self->catalog,
                                 from,
                                 &next,
                                 self->stopping,
                                 error);
  if (next == from)
    return done;

  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, next);

  return loft_catalog_set_note (self->catalog,
                                NOTE_SEALED,
                                text,
                                done ? error : NULL) &&
         done;
}

static gboolean
leave_copy (LoftRegistry *self, GError **error)
{
  g_autoptr (LoftRegistrySettings) settings = loft_registry_dup_settings (self);
  guint64 sequence = 0;

  if (!is_shared (self) || settings->checkpoint_interval == 0)
    return TRUE;

  gboolean done = loft_checkpoint_write (self->storage,
                                         self->catalog,
                                         settings->checkpoint_interval,
                                         &sequence,
                                         self->stopping,
                                         error);
  loft_page_set_fact (self->page, LOFT_PAGE_CHECKPOINT, sequence);

  return done;
}

/* Whether it is this daemon that does what is done for all. Where that can't be
 * found out it is none. */
static gboolean
hold_lease (LoftRegistry *self)
{
  g_autoptr (LoftRegistrySettings) settings = loft_registry_dup_settings (self);
  g_autoptr (GError) local_error = NULL;
  gboolean held = FALSE;

  if (loft_storage_has (self->storage, LOFT_STORAGE_FEATURE_READ_ONLY))
    return FALSE;
  if (!is_shared (self))
    return TRUE;
  if (g_atomic_int_get (&self->is_leaving))
    {
      loft_lease_give_up (self->lease);
      return FALSE;
    }

  if (!loft_lease_hold (self->lease,
                        settings->maintenance_lease * G_TIME_SPAN_SECOND,
                        &held,
                        self->stopping,
                        &local_error))
    g_info ("Who looks after the storage is not known: %s",
            local_error->message);

  return held;
}

/* A scan stays due until one has come to its end. */
static gboolean
is_scan_due (LoftRegistry *self, gboolean keeps)
{
  g_autofree char *note =
    loft_catalog_get_note (self->catalog, LOFT_REGISTRY_NOTE_SCANNED, NULL);
  gint64 last = note != NULL ? g_ascii_strtoll (note, NULL, 10) : 0;

  g_mutex_lock (&self->mutex);
  gint64 interval =
    (gint64) self->settings->rescan_interval * G_TIME_SPAN_SECOND;
  if (self->rescan_wanted ||
      (keeps && interval > 0 && g_get_real_time () - last > interval))
    self->scan_owed = TRUE;
  self->rescan_wanted = FALSE;
  g_mutex_unlock (&self->mutex);

  return self->scan_owed;
}

/* What can't be done is told of once: the registry can be used all the same. */
static void
tidy (LoftRegistry *self)
{
  g_autoptr (GError) local_error = NULL;

  if ((seal (self, &local_error) && leave_copy (self, &local_error)) ||
      g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ||
      g_error_matches (local_error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_CHANGED))
    return;

  if (!self->tidy_failed)
    g_warning (
      "The log can't be sealed, or no copy of the catalog be left, and "
      "that is tried again: %s",
      local_error->message);
  self->tidy_failed = TRUE;
}

/* What others have written may be taken away, or exchanged, by whoever has the
 * store, and a daemon that goes on would write a history of its own. One look
 * that finds it so may be a mistake. */
static gboolean
check_ground (LoftRegistry *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gboolean same = TRUE;

  /* That the storage does not answer, the watcher tells. */
  if (is_shared (self) && !loft_log_verify (self->storage,
                                            self->catalog,
                                            &same,
                                            self->stopping,
                                            &local_error))
    {
      g_info ("Whether the log is the same is not known: %s",
              local_error->message);
      return TRUE;
    }

  self->doubts = same ? 0 : self->doubts + 1;
  if (self->doubts < DOUBTS_MAX)
    return TRUE;

  self->doubts = 0;
  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_CORRUPT,
                       "the storage has lost the end of the log");
  loft_registry_give_up_catalog (self, *error);

  return FALSE;
}

static gboolean
maintain (LoftRegistry *self, GError **error)
{
  if (!check_ground (self, error))
    return FALSE;

  gboolean keeps = hold_lease (self);
  if (is_shared (self) && keeps &&
      !loft_page_get_fact (self->page, LOFT_PAGE_MAINTAINS))
    g_message ("This registry looks after the storage from now on");

  loft_page_set_fact (self->page, LOFT_PAGE_MAINTAINS, keeps);
  if (is_scan_due (self, keeps || !is_shared (self)) &&
      !g_atomic_int_get (&self->is_leaving))
    {
      if (!loft_registry_scan (self, NULL, error))
        return FALSE;
      self->scan_owed = FALSE;
    }
  if (keeps)
    tidy (self);

  return loft_registry_keep_reached (self, error) &&
         loft_catalog_checkpoint (self->catalog, error);
}

static gint64
get_pause (LoftRegistry *self)
{
  g_autoptr (LoftRegistrySettings) settings = loft_registry_dup_settings (self);
  gint64 lease = settings->maintenance_lease * G_TIME_SPAN_SECOND;

  return is_shared (self) ? MIN (MAINTENANCE_PAUSE, lease / LEASE_PARTS)
                          : MAINTENANCE_PAUSE;
}

/* Sleeps until there is something to do. After a failure nobody's wish cuts
 * the pause short. */
static void
rest (LoftRegistry *self, gboolean failed)
{
  gint64 end =
    g_get_monotonic_time () + (failed ? RETRY_PAUSE : get_pause (self));

  g_mutex_lock (&self->mutex);
  while ((failed || (!self->rescan_wanted && !self->catalog_lost)) &&
         !g_cancellable_is_cancelled (self->stopping))
    if (!g_cond_wait_until (&self->keeper_cond, &self->mutex, end))
      break;
  g_mutex_unlock (&self->mutex);
}

static gboolean
is_catalog_lost (LoftRegistry *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  return self->catalog_lost;
}

/* Begins with an empty catalog, which then is to be filled. */
static gboolean
replace_catalog (LoftRegistry *self, GError **error)
{
  set_phase (self, LOFT_REGISTRY_REBUILDING);
  if (!loft_catalog_reset (self->catalog, error))
    return FALSE;

  g_mutex_lock (&self->mutex);
  self->catalog_lost = FALSE;
  g_mutex_unlock (&self->mutex);

  return TRUE;
}

static void
report_failure (LoftRegistry *self, GError *error, gboolean again)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  set_phase (self, LOFT_REGISTRY_FAILING);
  if (!again)
    g_warning ("Catalog and storage can't be brought together, and that is "
               "tried again: %s",
               error->message);
  else
    g_info ("Still: %s", error->message);
}

/**
 * loft_registry_keep:
 * @data: (type LoftRegistry): a registry
 *
 * The keeper's thread: returns when the registry is being stopped.
 *
 * Returns: whether the catalog was ready and no scan is owed, as a pointer
 */
gpointer
loft_registry_keep (gpointer data)
{
  LoftRegistry *self = data;
  gboolean ready = FALSE;
  gboolean failed = FALSE;

  while (!g_cancellable_is_cancelled (self->stopping))
    {
      g_autoptr (GError) local_error = NULL;
      gboolean lost = is_catalog_lost (self);

      ready = ready && !lost;
      if (!ready && (!lost || replace_catalog (self, &local_error)))
        ready =
          catch_up (self, &local_error) && make_ready (self, &local_error);
      if (ready && maintain (self, &local_error))
        {
          set_phase (self, LOFT_REGISTRY_READY);
          failed = FALSE;
        }
      else
        {
          report_failure (self, local_error, failed);
          loft_registry_answer_unchecked (self, local_error);
          failed = TRUE;
        }
      rest (self, failed);
    }
  loft_lease_give_up (self->lease);

  return GINT_TO_POINTER (ready && !self->scan_owed);
}

/**
 * loft_registry_note_clean_end:
 * @self: a registry in which nothing runs any more
 *
 * Notes that no publish was cut short, so that the next start need not look
 * for one.
 */
void
loft_registry_note_clean_end (LoftRegistry *self)
{
  loft_catalog_set_note (self->catalog, NOTE_CLEAN, "yes", NULL);
  loft_registry_keep_reached (self, NULL);
}
