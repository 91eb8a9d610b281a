/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-log-entry.h"
#include "registry/loft-parallel.h"

/* Reading several entries at once, for whoever is behind: each takes a round
 * trip, and where many nodes publish there are more of them in a second than
 * can be read one after the other.
 *
 * The list of keys is only a hint of where entries begin. What is given is what
 * follows without a gap. */

#define ENTRIES_MAX 64
#define READERS_MAX 16

typedef struct
{
  LoftStorage *storage;      /* not owned */
  GCancellable *cancellable; /* not owned, nullable */
  GArray *firsts;            /* owned, of guint64 */
  GPtrArray **entries;       /* owned, of owned arrays, as long as that */
  GMutex mutex;
  GError *error; /* owned, nullable: the first that came */
} Reading;

static gboolean
read_one (guint i, gpointer user_data)
{
  Reading *self = user_data;
  g_autoptr (GError) local_error = NULL;

  self->entries[i] =
    loft_log_read_entry (self->storage,
                         g_array_index (self->firsts, guint64, i),
                         self->cancellable,
                         &local_error);
  if (self->entries[i] != NULL)
    return TRUE;

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  if (self->error == NULL)
    self->error = g_steal_pointer (&local_error);

  return FALSE;
}

static GArray *
list_firsts (LoftStorage *storage,
             guint64 seq,
             gboolean *out_last,
             GCancellable *cancellable,
             GError **error)
{
  g_autofree char *after = loft_log_entry_key (seq - 1);
  g_auto (GStrv) keys = loft_storage_list (storage,
                                           LOFT_LOG_PREFIX,
                                           after,
                                           ENTRIES_MAX,
                                           cancellable,
                                           error);
  if (keys == NULL)
    return NULL;

  GArray *firsts = g_array_new (FALSE, FALSE, sizeof (guint64));
  *out_last = g_strv_length (keys) < ENTRIES_MAX;
  for (gsize i = 0; keys[i] != NULL; i++)
    {
      guint64 first = loft_log_parse_entry_key (keys[i]);

      if (first >= seq)
        g_array_append_val (firsts, first);
    }

  return firsts;
}

/* All events from @seq on that follow each other, and nothing after a gap. */
static GPtrArray *
join (Reading *self, guint64 seq, LoftLogEnd *out_end)
{
  GPtrArray *events =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);

  *out_end = LOFT_LOG_END;
  for (guint i = 0; i < self->firsts->len; i++)
    {
      guint64 next = seq + events->len;

      if (g_array_index (self->firsts, guint64, i) > next)
        *out_end = LOFT_LOG_GAP;
      else if (self->entries[i] == NULL ||
               g_array_index (self->firsts, guint64, i) != next)
        *out_end = LOFT_LOG_MORE;
      if (*out_end != LOFT_LOG_END)
        break;
      g_ptr_array_extend_and_steal (events,
                                    g_steal_pointer (&self->entries[i]));
    }

  return events;
}

/**
 * loft_log_read_ahead:
 * @storage: a storage that drops no entries
 * @seq: number of an event with which an entry begins, if there is one
 * @out_end: (out): what is behind them
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Reads the events of several entries, from @seq on. Blocks.
 *
 * Returns: (transfer full) (element-type LoftEvent): the events, none if there
 *   seem to be none; or %NULL with @error set as by loft_log_read_entry()
 */
GPtrArray *
loft_log_read_ahead (LoftStorage *storage,
                     guint64 seq,
                     LoftLogEnd *out_end,
                     GCancellable *cancellable,
                     GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (storage), NULL);
  g_return_val_if_fail (seq > 0 && out_end != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  Reading reading = { .storage = storage, .cancellable = cancellable };
  gboolean is_last = FALSE;
  reading.firsts = list_firsts (storage, seq, &is_last, cancellable, error);
  if (reading.firsts == NULL)
    return NULL;

  reading.entries = g_new0 (GPtrArray *, reading.firsts->len);
  g_mutex_init (&reading.mutex);
  loft_parallel (reading.firsts->len, READERS_MAX, read_one, &reading);
  g_mutex_clear (&reading.mutex);

  GPtrArray *events = join (&reading, seq, out_end);
  if (*out_end == LOFT_LOG_END && !is_last)
    *out_end = LOFT_LOG_MORE;
  if (events->len == 0 && reading.error != NULL)
    {
      g_clear_pointer (&events, g_ptr_array_unref);
      g_propagate_error (error, g_steal_pointer (&reading.error));
    }

  for (guint i = 0; i < reading.firsts->len; i++)
    g_clear_pointer (&reading.entries[i], g_ptr_array_unref);
  g_free (reading.entries);
  g_array_unref (reading.firsts);
  g_clear_error (&reading.error);

  return events;
}
