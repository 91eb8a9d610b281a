/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-log.h"

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
 * Entry N is written only by a node whose catalog has applied all below N: it
 * therefore knows whether what it wants to tell has been told already, and
 * leaves it out if so. That makes helping safe: whoever meets a document or a
 * state that the log does not have appends it, and two who help at once leave
 * one event.
 *
 * If N exists already, it is read. If it is ours (an answer was lost), we are
 * done; else it is applied, what we want to tell is compared with the catalog
 * again, and the next number is tried. If the outcome of a write is unknown, N
 * is read and tried until the answer is certain; no number is ever skipped.
 *
 * Several processes of one daemon share the catalog. Each writes entries as if
 * the others were other nodes; what one of them has applied, the others pass
 * over.
 *
 * In a process, appenders queue up; the first one leads and writes the events
 * of all who wait into one entry. So under load several publishes share the
 * two fsyncs of one object. */

/* How often an unknown outcome is looked into before the caller is told so. */
#define TRIES_MAX 20
/* Bytes of an entry that is not one large event alone. */
#define ENTRY_SIZE_MAX (4 * 1024 * 1024)

#define TRY_PAUSE (50 * G_TIME_SPAN_MILLISECOND)

struct _LoftLog
{
  GObject parent_instance;

  LoftStorage *storage; /* owned */
  LoftCatalog *catalog; /* owned */
  LoftLogAppliedFunc func;
  gpointer user_data; /* not owned */
  char *node;         /* owned */

  GMutex mutex;
  GCond cond; /* for those who follow */
  gboolean led;
  GPtrArray *waiting; /* owned, of Appender, which their threads own */

  /* Of whoever leads: time and number of an event, once the last one. */
  gint64 last_time;
  guint64 last_seq;
};

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

static void
lead (LoftLog *self)
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

static void
step_down (LoftLog *self)
{
  g_mutex_lock (&self->mutex);
  resign (self);
  g_mutex_unlock (&self->mutex);
}

static gboolean
apply (LoftLog *self,
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

/* Reads what follows the catalog, from the sealed copy where there is one to
 * gain from: at the start of a thousand, or when the entry itself is gone. */
static GPtrArray *
read_next (LoftLog *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GPtrArray) events = NULL;
  guint64 next;

  if (!loft_catalog_read_sequence (self->catalog, &next, error))
    return NULL;

  if (++next % LOFT_LOG_SEAL > 1)
    {
      events =
        loft_log_read_entry (self->storage, next, cancellable, &local_error);
      if (events != NULL)
        return g_steal_pointer (&events);
      if (!g_error_matches (local_error,
                            LOFT_STORAGE_ERROR,
                            LOFT_STORAGE_ERROR_NOT_FOUND))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return NULL;
        }
      g_clear_error (&local_error);
    }

  events =
    loft_log_read_sealed (self->storage, next, cancellable, &local_error);
  if (events != NULL)
    return g_steal_pointer (&events);
  if (!g_error_matches (local_error,
                        LOFT_STORAGE_ERROR,
                        LOFT_STORAGE_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  return loft_log_read_entry (self->storage, next, cancellable, error);
}

static gboolean
follow (LoftLog *self, GCancellable *cancellable, GError **error)
{
  while (!g_cancellable_set_error_if_cancelled (cancellable, error))
    {
      g_autoptr (GError) local_error = NULL;
      g_autoptr (GPtrArray) events =
        read_next (self, cancellable, &local_error);

      if (g_error_matches (local_error,
                           LOFT_STORAGE_ERROR,
                           LOFT_STORAGE_ERROR_NOT_FOUND))
        return TRUE;
      if (events == NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
      if (!apply (self, events, cancellable, error))
        return FALSE;
    }

  return FALSE;
}

/**
 * loft_log_follow:
 * @self: a log
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Applies all that the log holds and the catalog does not. Blocks.
 *
 * Returns: %TRUE at the end of the log, or %FALSE with @error set to a
 *   #LoftStorageError, a #LoftRegistryError or %G_IO_ERROR_CANCELLED
 */
gboolean
loft_log_follow (LoftLog *self, GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (LOFT_IS_LOG (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  lead (self);
  gboolean done = follow (self, cancellable, error);
  step_down (self);

  return done;
}

static gboolean
is_told (LoftLog *self, const LoftEvent *event)
{
  if (event->state == NULL)
    return loft_catalog_is_logged (self->catalog, event->name, event->key);

  g_autoptr (LoftCatalogPackage) package =
    loft_catalog_get_package (self->catalog, event->name, NULL);

  return package != NULL && package->revision >= event->state->revision;
}

static char *
make_identity (const LoftEvent *event)
{
  if (event->state != NULL)
    return g_strdup_printf ("%s %" G_GUINT64_FORMAT,
                            event->name,
                            event->state->revision);

  return g_strdup_printf ("%s/%s", event->name, event->key);
}

/* The last event may be one that another process has applied, or that was
 * applied before the start, so the time that none may fall behind is read. */
static void
learn_last_time (LoftLog *self, guint64 applied)
{
  if (self->last_seq == applied || applied == 0)
    return;

  guint64 last;
  g_autoptr (GBytes) text =
    loft_catalog_list_changes (self->catalog, applied - 1, 1, &last, NULL);
  if (text == NULL)
    return;

  gsize length;
  const char *line = g_bytes_get_data (text, &length);
  g_autoptr (LoftEvent) event =
    length > 0 ? loft_event_parse (line, length - 1, NULL) : NULL;
  if (event == NULL)
    return;

  self->last_time = MAX (self->last_time, event->time);
  self->last_seq = applied;
}

/* Takes from @pending the events of the next entry: none that the log has
 * already, none twice, none past the end of the thousand, and no more than can
 * be read again. */
static GPtrArray *
take_entry (LoftLog *self, GPtrArray *pending, GError **error)
{
  guint64 applied;
  if (!loft_catalog_read_sequence (self->catalog, &applied, error))
    return NULL;

  guint64 next = applied + 1;
  guint room = LOFT_LOG_SEAL - (guint) (next % LOFT_LOG_SEAL);
  learn_last_time (self, applied);
  gint64 time = MAX (g_get_real_time (), self->last_time);
  GPtrArray *entry =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);
  g_autoptr (GHashTable) seen =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  gsize size = 0;
  while (pending->len > 0 && entry->len < room && size < ENTRY_SIZE_MAX)
    {
      g_autoptr (LoftEvent) event = g_ptr_array_steal_index (pending, 0);

      if (is_told (self, event) ||
          !g_hash_table_add (seen, make_identity (event)))
        continue;

      if (event->node == NULL)
        event->node = g_strdup (self->node);
      loft_event_seal (event, next + entry->len, time);
      size += strlen (event->text) + 1;
      g_ptr_array_add (entry, g_steal_pointer (&event));
    }

  return entry;
}

static GBytes *
join_entry (GPtrArray *entry)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < entry->len; i++)
    {
      const LoftEvent *event = g_ptr_array_index (entry, i);

      g_string_append (text, event->text);
      g_string_append_c (text, '\n');
    }

  return g_string_free_to_bytes (g_steal_pointer (&text));
}

static void
put_back (GPtrArray *pending, GPtrArray *entry)
{
  for (guint i = 0; i < entry->len; i++)
    g_ptr_array_insert (pending,
                        (int) i,
                        loft_event_ref (g_ptr_array_index (entry, i)));
}

static gboolean
is_ours (GPtrArray *written, GPtrArray *entry)
{
  const LoftEvent *theirs = g_ptr_array_index (written, 0);
  const LoftEvent *ours = g_ptr_array_index (entry, 0);

  return g_strcmp0 (theirs->id, ours->id) == 0;
}

static gboolean
may_try_again (const GError *error)
{
  return g_error_matches (error,
                          LOFT_STORAGE_ERROR,
                          LOFT_STORAGE_ERROR_EXISTS) ||
         g_error_matches (error,
                          LOFT_STORAGE_ERROR,
                          LOFT_STORAGE_ERROR_UNKNOWN);
}

/* Tries to create the entry. Where it, or another of its number, stands
 * afterwards, it is applied. Gives %FALSE with no error set if the number is
 * still free. */
static gboolean
write_entry (LoftLog *self,
             GPtrArray *entry,
             gboolean *out_ours,
             GCancellable *cancellable,
             GError **error)
{
  guint64 seq = ((LoftEvent *) g_ptr_array_index (entry, 0))->seq;
  g_autofree char *key = loft_log_entry_key (seq);
  g_autoptr (GBytes) text = join_entry (entry);
  g_autoptr (GInputStream) stream = g_memory_input_stream_new_from_bytes (text);
  g_autoptr (GError) local_error = NULL;

  *out_ours = loft_storage_create (self->storage,
                                   key,
                                   stream,
                                   (goffset) g_bytes_get_size (text),
                                   cancellable,
                                   &local_error);
  if (*out_ours)
    return apply (self, entry, cancellable, error);

  if (!may_try_again (local_error))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  g_clear_error (&local_error);
  g_autoptr (GPtrArray) written =
    loft_log_read_entry (self->storage, seq, cancellable, &local_error);
  if (written == NULL)
    {
      if (!g_error_matches (local_error,
                            LOFT_STORAGE_ERROR,
                            LOFT_STORAGE_ERROR_NOT_FOUND))
        g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  *out_ours = is_ours (written, entry);

  /* What stands there, be it ours: an attempt that was given up may have landed
   * since, with the time of that attempt, and the catalog must show the log to
   * the letter. */
  return apply (self, written, cancellable, error);
}

static gboolean
write_all (LoftLog *self,
           GPtrArray *pending,
           GCancellable *cancellable,
           GError **error)
{
  for (guint tries = 0; pending->len > 0; tries++)
    {
      g_autoptr (GPtrArray) entry = take_entry (self, pending, error);
      g_autoptr (GError) local_error = NULL;
      gboolean ours = FALSE;

      if (entry == NULL)
        return FALSE;
      if (entry->len == 0)
        break;
      if (write_entry (self, entry, &ours, cancellable, &local_error))
        {
          if (!ours)
            put_back (pending, entry);
          tries = 0;
          continue;
        }
      if (local_error != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
      if (tries == TRIES_MAX)
        {
          g_set_error_literal (error,
                               LOFT_STORAGE_ERROR,
                               LOFT_STORAGE_ERROR_UNKNOWN,
                               "The storage does not tell whether the log was "
                               "written");
          return FALSE;
        }

      put_back (pending, entry);
      g_usleep (TRY_PAUSE);
    }

  /* What was told already may have been applied by somebody who has not said so
   * yet. */
  return loft_catalog_tell_sequence (self->catalog, error);
}

/* Writes for all who wait now. Called with the mutex held, by the leader. Not
 * to be cancelled: what one has given up, the others still wait for. */
static void
serve_waiting (LoftLog *self)
{
  g_autoptr (GPtrArray) appenders = g_steal_pointer (&self->waiting);
  g_autoptr (GPtrArray) pending =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);
  g_autoptr (GError) local_error = NULL;

  self->waiting = g_ptr_array_new ();
  g_mutex_unlock (&self->mutex);

  for (guint i = 0; i < appenders->len; i++)
    {
      Appender *appender = g_ptr_array_index (appenders, i);

      for (guint j = 0; j < appender->events->len; j++)
        g_ptr_array_add (
          pending,
          loft_event_ref (g_ptr_array_index (appender->events, j)));
    }
  gboolean written = write_all (self, pending, NULL, &local_error);

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
