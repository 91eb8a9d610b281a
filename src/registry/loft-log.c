/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-log-private.h"

#include <string.h>

#include "registry/loft-log-entry.h"
#include "registry/loft-registry-error.h"

/* The order of all changes.
 *
 * An entry is an object that holds one or more events; its key is the number
 * of its first event, and the next entry follows without a gap. Entries are
 * created exclusively, so among any number of writers each number is given
 * once.
 *
 * Entry N is written only by a node whose catalog has applied all below N, and
 * there is none beyond: a number that was used and sealed may be free again. So
 * a catalog that is being made anew takes no part until it has seen the end of
 * the log. The node therefore knows whether what it wants to tell has been told
 * already, and leaves it out if so. That makes helping safe: whoever meets a
 * document or a state that the log does not have appends it, and two who help
 * at once leave one event.
 *
 * If N exists already, it is read. If it is ours (an answer was lost), we are
 * done; else it is applied, what we want to tell is compared with the catalog
 * again, and the next number is tried. If the outcome of a write is unknown, N
 * is read and tried until the answer is certain; no number is ever skipped.
 *
 * Several processes of one daemon share the catalog. Each writes entries as if
 * the others were other nodes; what one of them has applied, the others pass
 * over. They take turns, since whoever comes second has flushed an entry for
 * nothing; but only to save that work, and nobody waits long for one that does
 * not give its turn back.
 *
 * In a process, appenders queue up; the first one leads and writes the events
 * of all who wait into one entry. So under load several publishes share the
 * two fsyncs of one object, and one transaction of the catalog. Where several
 * have shared the last entry, more are likely to be on their way, and the
 * leader waits for them as long as a quick disk takes to flush; one who
 * publishes alone never waits.
 *
 * Where other daemons write to the log, who has written last is the first who
 * can write again: the others have to read what it wrote. So a leader that has
 * others waiting pauses for about as long as they take, which gathers more of
 * its own; and who has lost a number reads all there is before it tries one
 * again. Without that, one busy daemon keeps all others from publishing. */

/* How long to wait for a turn, in milliseconds. */
#define TURN_TIMEOUT 500

/* How long to gather appenders under load. */
#define GATHER_PAUSE G_TIME_SPAN_MILLISECOND

/* How long to let other daemons write, in times of what a write takes, and at
 * most. */
#define YIELD_LEAST 2
#define YIELD_MOST 6
#define YIELD_MAX (200 * G_TIME_SPAN_MILLISECOND)

/* Somebody who waits for events to be in the log. Each waits for a condition of
 * its own, so that whoever has led wakes those that it served and one that is
 * to lead next, and nobody in vain. */
typedef struct
{
  GPtrArray *events; /* not owned */
  GError *error;     /* owned */
  gboolean done;
  GCond cond;
} Appender;

G_DEFINE_FINAL_TYPE (LoftLog, loft_log, G_TYPE_OBJECT)

static void
loft_log_finalize (GObject *object)
{
  LoftLog *self = LOFT_LOG (object);

  g_clear_object (&self->storage);
  g_clear_object (&self->catalog);
  g_free (self->node);
  g_ptr_array_unref (self->waiting);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->cond);

  G_OBJECT_CLASS (loft_log_parent_class)->finalize (object);
}

static void
loft_log_class_init (LoftLogClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = loft_log_finalize;
}

static void
loft_log_init (LoftLog *self)
{
  g_mutex_init (&self->mutex);
  g_cond_init (&self->cond);
  self->waiting = g_ptr_array_new ();
}

/**
 * loft_log_new:
 * @storage: where the log is
 * @catalog: where its events are applied
 * @func: (scope forever): told whenever the catalog has changed
 * @user_data: for @func
 *
 * Makes the log of @storage. Reads nothing yet.
 *
 * Returns: (transfer full): the log
 */
LoftLog *
loft_log_new (LoftStorage *storage,
              LoftCatalog *catalog,
              LoftLogAppliedFunc func,
              gpointer user_data)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (storage), NULL);
  g_return_val_if_fail (LOFT_IS_CATALOG (catalog), NULL);
  g_return_val_if_fail (func != NULL, NULL);

  LoftLog *self = g_object_new (LOFT_TYPE_LOG, NULL);
  self->storage = g_object_ref (storage);
  self->catalog = g_object_ref (catalog);
  self->func = func;
  self->user_data = user_data;
  self->node = g_uuid_string_random ();
  self->node[8] = '\0';

  return self;
}

/**
 * loft_log_lead:
 * @self: a log
 *
 * Waits until nobody else applies events in this process.
 */
void
loft_log_lead (LoftLog *self)
{
  g_mutex_lock (&self->mutex);
  while (self->led)
    g_cond_wait (&self->cond, &self->mutex);
  self->led = TRUE;
  g_mutex_unlock (&self->mutex);
}

/* Called with the mutex held, by the leader. An appender that is woken and
 * finds that another was quicker is woken again when that one resigns. */
static void
resign (LoftLog *self)
{
  self->led = FALSE;
  if (self->waiting->len > 0)
    {
      Appender *next = g_ptr_array_index (self->waiting, 0);

      g_cond_signal (&next->cond);
    }
  g_cond_signal (&self->cond);
}

/**
 * loft_log_step_down:
 * @self: a log that the caller leads
 *
 * Lets others apply events.
 */
void
loft_log_step_down (LoftLog *self)
{
  g_mutex_lock (&self->mutex);
  resign (self);
  g_mutex_unlock (&self->mutex);
}

/**
 * loft_log_apply:
 * @self: a log
 * @events: (element-type LoftEvent): events that stand in the log
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Applies events to the catalog, and says so. For whoever leads.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_log_apply (LoftLog *self,
                GPtrArray *events,
                GCancellable *cancellable,
                GError **error)
{
  if (!loft_log_load_documents (self->storage, events, cancellable, error) ||
      !loft_catalog_apply (self->catalog, events, error))
    return FALSE;

  const LoftEvent *last = g_ptr_array_index (events, events->len - 1);
  self->last_time = MAX (self->last_time, last->time);
  self->last_seq = last->seq;
  self->func (self->user_data);

  return TRUE;
}

/* How long to wait for more appenders. Called with the mutex held. */
static gint64
get_pause (LoftLog *self)
{
  if (self->last_served <= 1)
    return 0;
  if (!loft_log_is_shared (self))
    return GATHER_PAUSE;

  return MIN (self->last_took * g_random_int_range (YIELD_LEAST, YIELD_MOST),
              YIELD_MAX);
}

/* Writes for all who wait now. Called with the mutex held, by the leader. Not
 * to be cancelled: what one has given up, the others still wait for. */
static void
serve_waiting (LoftLog *self)
{
  guint slot = 0;
  LoftPage *page = loft_catalog_get_page (self->catalog, &slot);
  g_autoptr (GPtrArray) pending =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);
  g_autoptr (GError) local_error = NULL;

  gint64 pause = get_pause (self);
  g_mutex_unlock (&self->mutex);
  if (pause > 0)
    g_usleep ((gulong) pause);
  gboolean locked = loft_page_lock (page, TURN_TIMEOUT);
  g_mutex_lock (&self->mutex);

  g_autoptr (GPtrArray) appenders = g_steal_pointer (&self->waiting);
  self->waiting = g_ptr_array_new ();
  self->last_served = appenders->len;
  g_mutex_unlock (&self->mutex);

  for (guint i = 0; i < appenders->len; i++)
    {
      Appender *appender = g_ptr_array_index (appenders, i);

      for (guint j = 0; j < appender->events->len; j++)
        g_ptr_array_add (
          pending,
          loft_event_ref (g_ptr_array_index (appender->events, j)));
    }
  loft_page_begin_write (page, slot);
  gint64 begin = g_get_monotonic_time ();
  gboolean written = loft_log_write (self, pending, NULL, &local_error);
  self->last_took = g_get_monotonic_time () - begin;
  loft_page_end_write (page, slot);
  if (locked)
    loft_page_unlock (page);

  g_mutex_lock (&self->mutex);
  for (guint i = 0; i < appenders->len; i++)
    {
      Appender *appender = g_ptr_array_index (appenders, i);

      appender->done = TRUE;
      if (!written)
        appender->error = g_error_copy (local_error);
      g_cond_signal (&appender->cond);
    }
}

/**
 * loft_log_append:
 * @self: a log
 * @events: (element-type LoftEvent): what to tell, in order
 * @error: return location for a #GError
 *
 * Makes sure that the log holds @events, each once, and that they are applied
 * to the catalog. What the log holds already is left out. Blocks.
 *
 * Returns: %TRUE once all is durable and visible, or %FALSE with @error set
 *   to a #LoftStorageError or a #LoftRegistryError; then each event may be in
 *   the log or not, and may be appended again
 */
gboolean
loft_log_append (LoftLog *self, GPtrArray *events, GError **error)
{
  g_return_val_if_fail (LOFT_IS_LOG (self), FALSE);
  g_return_val_if_fail (events != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  Appender appender = { .events = events };

  g_cond_init (&appender.cond);
  g_mutex_lock (&self->mutex);
  g_ptr_array_add (self->waiting, &appender);
  while (!appender.done)
    {
      if (self->led)
        {
          g_cond_wait (&appender.cond, &self->mutex);
          continue;
        }

      self->led = TRUE;
      serve_waiting (self);
      resign (self);
    }
  g_mutex_unlock (&self->mutex);
  g_cond_clear (&appender.cond);

  if (appender.error != NULL)
    g_propagate_error (error, appender.error);

  return appender.error == NULL;
}
