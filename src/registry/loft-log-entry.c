/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-log-entry.h"

#include <string.h>

#include "registry/loft-registry-error.h"

/* A thousand events, each with the state of a package that has yanked a lot. */
#define ENTRY_SIZE_MAX (64 * 1024 * 1024)

/**
 * loft_log_entry_key:
 * @seq: number of the first event in it
 *
 * Tells where an entry of the log is stored.
 *
 * Returns: (transfer full): a storage key
 */
char *
loft_log_entry_key (guint64 seq)
{
  return g_strdup_printf (LOFT_LOG_PREFIX "%020" G_GUINT64_FORMAT, seq);
}

/**
 * loft_log_sealed_key:
 * @seq: number of any event in it
 *
 * Tells where the sealed thousand is stored that holds @seq.
 *
 * Returns: (transfer full): a storage key
 */
char *
loft_log_sealed_key (guint64 seq)
{
  guint64 first = seq - seq % LOFT_LOG_SEAL;

  return g_strdup_printf (LOFT_LOG_PREFIX "%020" G_GUINT64_FORMAT
                                          "-%020" G_GUINT64_FORMAT ".ndjson",
                          first,
                          first + LOFT_LOG_SEAL - 1);
}

/**
 * loft_log_parse_entry_key:
 * @key: a storage key
 *
 * Reads the number out of the key of an entry.
 *
 * Returns: the number, or 0 if @key is none of an entry
 */
guint64
loft_log_parse_entry_key (const char *key)
{
  g_return_val_if_fail (key != NULL, 0);

  if (!g_str_has_prefix (key, LOFT_LOG_PREFIX))
    return 0;

  const char *digits = key + strlen (LOFT_LOG_PREFIX);
  if (strlen (digits) != 20 || strspn (digits, "0123456789") != 20)
    return 0;

  return g_ascii_strtoull (digits, NULL, 10);
}

static GPtrArray *
parse_entries (const char *key, GBytes *content, GError **error)
{
  g_autoptr (GPtrArray) events =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);
  gsize length;
  const char *next = g_bytes_get_data (content, &length);
  const char *end = next + length;

  while (next < end)
    {
      const char *stop = memchr (next, '\n', (gsize) (end - next));
      gsize line = (gsize) ((stop != NULL ? stop : end) - next);
      LoftEvent *event = loft_event_parse (next, line, error);
      if (event == NULL)
        {
          g_prefix_error (error, "%s: ", key);
          return NULL;
        }

      g_ptr_array_add (events, event);
      next += line + 1;
    }

  return g_steal_pointer (&events);
}

static GPtrArray *
read_events (LoftStorage *storage,
             const char *key,
             GCancellable *cancellable,
             GError **error)
{
  g_autoptr (LoftObject) object =
    loft_storage_read (storage, key, 0, -1, cancellable, error);
  if (object == NULL)
    return NULL;

  g_autoptr (GBytes) content =
    loft_object_load (object, ENTRY_SIZE_MAX, cancellable, error);
  if (content == NULL)
    return NULL;

  return parse_entries (key, content, error);
}

/**
 * loft_log_read_entry:
 * @storage: the storage
 * @seq: number of the first event in the entry
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Reads one entry of the log. Blocks.
 *
 * Returns: (transfer full) (element-type LoftEvent): its events, or %NULL with
 *   @error set: %LOFT_STORAGE_ERROR_NOT_FOUND past the end of the log,
 *   %LOFT_REGISTRY_ERROR_CORRUPT for what is no entry, or another
 *   #LoftStorageError
 */
GPtrArray *
loft_log_read_entry (LoftStorage *storage,
                     guint64 seq,
                     GCancellable *cancellable,
                     GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (storage), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autofree char *key = loft_log_entry_key (seq);
  g_autoptr (GPtrArray) events = read_events (storage, key, cancellable, error);
  if (events == NULL)
    return NULL;

  for (guint i = 0; i < events->len; i++)
    {
      const LoftEvent *event = g_ptr_array_index (events, i);

      if (event->seq != seq + i)
        {
          g_set_error (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_CORRUPT,
                       "%s: an event has another number than its place",
                       key);
          return NULL;
        }
    }
  if (events->len == 0)
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_CORRUPT,
                   "%s: the entry is empty",
                   key);
      return NULL;
    }

  return g_steal_pointer (&events);
}

/**
 * loft_log_read_sealed:
 * @storage: the storage
 * @seq: number of an event
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Reads, from the sealed thousand that holds it, the event @seq and those that
 * follow it there. Blocks.
 *
 * Returns: (transfer full) (element-type LoftEvent): the events, or %NULL with
 *   @error set: %LOFT_STORAGE_ERROR_NOT_FOUND where nothing is sealed,
 *   %LOFT_REGISTRY_ERROR_CORRUPT, or another #LoftStorageError
 */
GPtrArray *
loft_log_read_sealed (LoftStorage *storage,
                      guint64 seq,
                      GCancellable *cancellable,
                      GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (storage), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autofree char *key = loft_log_sealed_key (seq);
  g_autoptr (GPtrArray) sealed = read_events (storage, key, cancellable, error);
  if (sealed == NULL)
    return NULL;

  g_autoptr (GPtrArray) events =
    g_ptr_array_new_with_free_func ((GDestroyNotify) loft_event_unref);
  for (guint i = 0; i < sealed->len; i++)
    {
      LoftEvent *event = g_ptr_array_index (sealed, i);

      if (event->seq == seq + events->len)
        g_ptr_array_add (events, loft_event_ref (event));
    }
  if (events->len == 0)
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_CORRUPT,
                   "%s: event %" G_GUINT64_FORMAT " is missing",
                   key,
                   seq);
      return NULL;
    }

  return g_steal_pointer (&events);
}

static gboolean
is_missing (const GError *error)
{
  return g_error_matches (error,
                          LOFT_STORAGE_ERROR,
                          LOFT_STORAGE_ERROR_NOT_FOUND);
}

/**
 * loft_log_read:
 * @storage: the storage
 * @seq: number of an event with which an entry begins
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Reads events from @seq on: from the sealed copy where there is one to gain
 * from, at the start of a thousand, or when the entry itself is gone. Blocks.
 *
 * Returns: (transfer full) (element-type LoftEvent): the events, or %NULL with
 *   @error set as by loft_log_read_entry()
 */
GPtrArray *
loft_log_read (LoftStorage *storage,
               guint64 seq,
               GCancellable *cancellable,
               GError **error)
{
  g_autoptr (GError) local_error = NULL;
  GPtrArray *events = NULL;

  if (seq % LOFT_LOG_SEAL > 1)
    {
      events = loft_log_read_entry (storage, seq, cancellable, &local_error);
      if (events != NULL || !is_missing (local_error))
        {
          if (events == NULL)
            g_propagate_error (error, g_steal_pointer (&local_error));
          return events;
        }
      g_clear_error (&local_error);
    }

  events = loft_log_read_sealed (storage, seq, cancellable, &local_error);
  if (events != NULL)
    return events;
  if (!is_missing (local_error))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  return loft_log_read_entry (storage, seq, cancellable, error);
}
