/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-log-seal.h"

#include <string.h>

#include "registry/loft-log-entry.h"
#include "registry/loft-registry-error.h"

/* Well below what a reader takes in at once. */
#define SEALED_SIZE_MAX (32 * 1024 * 1024)

/* How long to wait for those who write, in milliseconds: longer than it takes
 * until a process that has died is started again. */
#define WRITES_TIMEOUT 60000

/* Finds the entry that @seq is in: the last one that begins at or below it. */
static guint64
find_entry (LoftStorage *storage,
            guint64 seq,
            GCancellable *cancellable,
            GError **error)
{
  guint64 first = seq - seq % LOFT_LOG_SEAL;
  g_autofree char *after = first > 0 ? loft_log_entry_key (first - 1) : NULL;
  g_auto (GStrv) keys = loft_storage_list (storage,
                                           LOFT_LOG_PREFIX,
                                           after,
                                           2 * LOFT_LOG_SEAL,
                                           cancellable,
                                           error);
  if (keys == NULL)
    return 0;

  guint64 found = 0;
  for (gsize i = 0; keys[i] != NULL; i++)
    {
      guint64 begin = loft_log_parse_entry_key (keys[i]);

      if (begin >= first && begin <= seq && begin > 0)
        found = begin;
    }
  if (found == 0)
    g_set_error (error,
                 LOFT_STORAGE_ERROR,
                 LOFT_STORAGE_ERROR_NOT_FOUND,
                 "The log does not hold event %" G_GUINT64_FORMAT,
                 seq);

  return found;
}

static GPtrArray *
read_around (LoftStorage *storage,
             guint64 seq,
             GCancellable *cancellable,
             GError **error)
{
  g_autoptr (GError) local_error = NULL;
  guint64 entry = find_entry (storage, seq, cancellable, &local_error);

  if (entry > 0)
    return loft_log_read_entry (storage, entry, cancellable, error);
  if (g_error_matches (local_error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_NOT_FOUND))
    return loft_log_read_sealed (storage, seq, cancellable, error);

  g_propagate_error (error, g_steal_pointer (&local_error));

  return NULL;
}

/**
 * loft_log_verify:
 * @storage: where the log is
 * @catalog: what was made of it
 * @out_same: (out): whether the catalog is of this very log
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Compares the last event that the catalog has applied with the log, which may
 * be another one since: a backup was restored, or a folder exchanged. Blocks.
 *
 * Returns: %TRUE with @out_same set, or %FALSE with @error set to a
 *   #LoftStorageError or a #LoftRegistryError
 */
gboolean
loft_log_verify (LoftStorage *storage,
                 LoftCatalog *catalog,
                 gboolean *out_same,
                 GCancellable *cancellable,
                 GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (storage), FALSE);
  g_return_val_if_fail (LOFT_IS_CATALOG (catalog), FALSE);
  g_return_val_if_fail (out_same != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  /* Both at once, since others may be applying events. */
  guint64 applied = 0;
  g_autofree char *digest = loft_catalog_get_digest (catalog, &applied, error);
  if (digest == NULL)
    return FALSE;

  *out_same = applied == 0;
  if (applied == 0)
    return TRUE;

  g_autoptr (GError) local_error = NULL;
  g_autoptr (GPtrArray) events =
    read_around (storage, applied, cancellable, &local_error);
  if (events == NULL)
    {
      if (g_error_matches (local_error,
                           LOFT_STORAGE_ERROR,
                           LOFT_STORAGE_ERROR_NOT_FOUND))
        return TRUE;

      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  for (guint i = 0; i < events->len; i++)
    {
      const LoftEvent *event = g_ptr_array_index (events, i);
      if (event->seq != applied)
        continue;

      g_autofree char *current =
        g_compute_checksum_for_string (G_CHECKSUM_SHA256, event->text, -1);
      *out_same = g_str_equal (current, digest);
    }

  return TRUE;
}

/* A sealed thousand is a copy of its entries, so where no other daemon can
 * write, the entries may go: a number below the catalog is never asked for
 * again, once nobody is left who looked at the catalog before it was there. */
static gboolean
drop_entries (LoftStorage *storage,
              LoftCatalog *catalog,
              guint64 first,
              GCancellable *cancellable,
              GError **error)
{
  if (!loft_page_wait_for_writes (loft_catalog_get_page (catalog, NULL),
                                  WRITES_TIMEOUT,
                                  cancellable))
    {
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_UNAVAILABLE,
                           "A process takes long to write to the log");
      return FALSE;
    }

  g_autofree char *after = first > 0 ? loft_log_entry_key (first - 1) : NULL;
  g_auto (GStrv) keys = loft_storage_list (storage,
                                           LOFT_LOG_PREFIX,
                                           after,
                                           2 * LOFT_LOG_SEAL,
                                           cancellable,
                                           error);
  if (keys == NULL)
    return FALSE;

  for (gsize i = 0; keys[i] != NULL; i++)
    {
      guint64 seq = loft_log_parse_entry_key (keys[i]);

      if (seq == 0 || seq < first || seq >= first + LOFT_LOG_SEAL)
        continue;
      if (!loft_storage_remove (storage, keys[i], cancellable, error))
        return FALSE;
    }

  return TRUE;
}

/* Whoever seals a thousand writes the same bytes; that is made sure of before
 * anything rests on it. */
static gboolean
create_sealed (LoftStorage *storage,
               const char *key,
               GBytes *text,
               GCancellable *cancellable,
               GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GInputStream) stream = g_memory_input_stream_new_from_bytes (text);
  goffset size = (goffset) g_bytes_get_size (text);

  if (loft_storage_create (storage,
                           key,
                           stream,
                           size,
                           cancellable,
                           &local_error))
    return TRUE;
  if (!g_error_matches (local_error,
                        LOFT_STORAGE_ERROR,
                        LOFT_STORAGE_ERROR_EXISTS))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  g_autoptr (LoftObject) object =
    loft_storage_read (storage, key, 0, -1, cancellable, error);
  if (object == NULL)
    return FALSE;

  g_autoptr (GBytes) stored =
    loft_object_load (object, g_bytes_get_size (text), cancellable, NULL);
  if (stored == NULL || !g_bytes_equal (stored, text))
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_CORRUPT,
                   "%s is not a copy of the log",
                   key);
      return FALSE;
    }

  return TRUE;
}

/* Gives the text of a full thousand, or %NULL with no error set if that is too
 * much for one object. */
static GBytes *
collect_thousand (LoftCatalog *catalog, guint64 first, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  guint64 end = first + LOFT_LOG_SEAL - 1;
  guint64 last = first > 0 ? first - 1 : 0;

  while (last < end)
    {
      guint64 since = last;
      g_autoptr (GBytes) page =
        loft_catalog_list_changes (catalog,
                                   since,
                                   (guint) (end - since),
                                   &last,
                                   error);
      if (page == NULL)
        return NULL;
      if (last == since)
        {
          g_set_error (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_FAILED,
                       "The catalog lacks events from %" G_GUINT64_FORMAT " on",
                       last);
          return NULL;
        }

      gsize length;
      const char *data = g_bytes_get_data (page, &length);
      g_string_append_len (text, data, (gssize) length);
      if (text->len > SEALED_SIZE_MAX)
        return NULL;
    }

  return g_string_free_to_bytes (g_steal_pointer (&text));
}

static gboolean
seal_thousand (LoftStorage *storage,
               LoftCatalog *catalog,
               guint64 first,
               GCancellable *cancellable,
               GError **error)
{
  gboolean alone = !loft_storage_has (storage, LOFT_STORAGE_FEATURE_SHARED);
  g_autofree char *key = loft_log_sealed_key (first);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GBytes) text = collect_thousand (catalog, first, &local_error);

  if (text == NULL && local_error == NULL)
    return TRUE;
  if (text == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  return create_sealed (storage, key, text, cancellable, error) &&
         (!alone || drop_entries (storage, catalog, first, cancellable, error));
}

/**
 * loft_log_seal:
 * @storage: where the log is
 * @catalog: what was made of it
 * @from: number of an event; thousands before its own are sealed
 * @out_next: (out): what to give as @from the next time
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Seals each thousand of events that is full. One of more than 32 MiB stays in
 * its entries. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #LoftStorageError, a
 *   #LoftRegistryError or %G_IO_ERROR_CANCELLED; then it may be tried again
 */
gboolean
loft_log_seal (LoftStorage *storage,
               LoftCatalog *catalog,
               guint64 from,
               guint64 *out_next,
               GCancellable *cancellable,
               GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (storage), FALSE);
  g_return_val_if_fail (LOFT_IS_CATALOG (catalog), FALSE);
  g_return_val_if_fail (out_next != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  guint64 first = from - from % LOFT_LOG_SEAL;
  guint64 applied;
  *out_next = first;
  if (!loft_catalog_read_sequence (catalog, &applied, NULL, error))
    return FALSE;

  for (; first + LOFT_LOG_SEAL <= applied + 1;
       first += LOFT_LOG_SEAL, *out_next = first)
    if (!seal_thousand (storage, catalog, first, cancellable, error))
      return FALSE;

  return TRUE;
}
