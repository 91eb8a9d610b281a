/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "registry/loft-log-entry.h"
#include "registry/loft-log-private.h"

/* Writing entries: what is in the next one, and whether it came to stand. */

/* How often an unknown outcome is looked into before the caller is told so. */
#define TRIES_MAX 20
/* Bytes of an entry that is not one large event alone. */
#define ENTRY_SIZE_MAX (4 * 1024 * 1024)
#define TRY_PAUSE (50 * G_TIME_SPAN_MILLISECOND)

static gboolean
are_docs_told (LoftLog *self, const LoftEvent *event)
{
  g_auto (LoftDocs) known = { .state = LOFT_DOCS_NONE };

  return loft_catalog_get_docs (self->catalog,
                                event->name,
                                event->key,
                                &known,
                                NULL) &&
         known.state == event->docs.state &&
         known.attempts == event->docs.attempts &&
         (event->docs.state != LOFT_DOCS_BUILT ||
          g_strcmp0 (known.generation, event->docs.generation) == 0);
}

static gboolean
is_told (LoftLog *self, const LoftEvent *event)
{
  if (event->token != NULL)
    return loft_catalog_is_token_told (self->catalog,
                                       event->token->id,
                                       event->type == LOFT_EVENT_TOKEN_REVOKE);
  if (event->act != NULL)
    return FALSE;
  if (event->type == LOFT_EVENT_DOCS)
    return are_docs_told (self, event);
  if (event->state == NULL)
    return loft_catalog_is_logged (self->catalog, event->name, event->key);

  g_autoptr (LoftCatalogPackage) package =
    loft_catalog_get_package (self->catalog, event->name, NULL);

  return package != NULL && package->revision >= event->state->revision;
}

static char *
make_identity (const LoftEvent *event)
{
  if (event->token != NULL)
    return g_strdup_printf ("%s\n%s",
                            loft_event_type_to_string (event->type),
                            event->token->id);
  if (event->act != NULL || event->type == LOFT_EVENT_DOCS)
    return g_strdup (event->id);
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
 * be read again. What was learnt from the catalog for that must have been one
 * generation's. */
static GPtrArray *
take_entry (LoftLog *self, GPtrArray *pending, GError **error)
{
  guint64 applied;
  guint generation;
  if (!loft_catalog_read_sequence (self->catalog, &applied, &generation, error))
    return NULL;

  guint64 next = applied + 1;
  guint room = LOFT_LOG_SEAL - (guint) (next % LOFT_LOG_SEAL);
  learn_last_time (self, applied);
  gint64 time = MAX (g_get_real_time (), self->last_time);
  g_autoptr (GPtrArray) entry =
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

  if (!loft_catalog_check_followed (self->catalog, generation, error))
    return NULL;

  return g_steal_pointer (&entry);
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
    return loft_log_apply (self, entry, cancellable, error);

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
  return loft_log_apply (self, written, cancellable, error);
}

/* Where somebody else had the number there may be more of his. */
static gboolean
learn_more (LoftLog *self, GCancellable *cancellable, GError **error)
{
  LoftLogEnd end;
  gboolean any;

  return !loft_log_is_shared (self) ||
         loft_log_catch_up (self, &any, &end, cancellable, error);
}

/**
 * loft_log_write:
 * @self: a log
 * @pending: (element-type LoftEvent): what to tell; it is emptied
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Writes all that the log does not have, and applies it. For whoever leads.
 *
 * Returns: %TRUE once all is durable and visible, or %FALSE with @error set
 */
gboolean
loft_log_write (LoftLog *self,
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
          if (!ours && !learn_more (self, cancellable, error))
            return FALSE;
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
