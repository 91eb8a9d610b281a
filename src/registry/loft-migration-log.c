/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "registry/loft-log-entry.h"
#include "registry/loft-migration-private.h"
#include "registry/loft-registry-error.h"

/* The log, a thousand events after the other. */

/* A thousand events, each with the state of a package that has yanked a lot. */
#define ENTRY_SIZE_MAX (64 * 1024 * 1024)

/* How often the end may be sealed while it is looked for. */
#define LOOKS 5

static guint64
parse_sealed_key (const char *key)
{
  guint64 first = g_ascii_strtoull (key + strlen (LOFT_LOG_PREFIX), NULL, 10);
  g_autofree char *sealed = loft_log_sealed_key (first);

  return g_str_equal (key, sealed) ? first + LOFT_LOG_SEAL - 1 : 0;
}

/* Finds the last keys; gives the last event only of what is sealed. */
static gboolean
list_end (LoftMigration *self,
          LoftStorage *storage,
          LoftMigrationEnd *out_end,
          GError **error)
{
  g_autoptr (LoftMigrationKeys) keys =
    loft_migration_keys_new (self, storage, LOFT_LOG_PREFIX);

  out_end->from = 0;
  out_end->end = 0;
  for (;;)
    {
      const char *key;

      if (!loft_migration_keys_peek (keys, &key, error))
        return FALSE;
      if (key == NULL)
        break;

      guint64 entry = loft_log_parse_entry_key (key);
      if (entry > 0)
        out_end->from = entry;
      else
        out_end->end = MAX (out_end->end, parse_sealed_key (key));
      loft_migration_keys_pass (keys);
    }
  if (out_end->from <= out_end->end)
    out_end->from = 0;

  return TRUE;
}

typedef struct
{
  LoftStorage *storage; /* not owned */
  LoftMigrationEnd end;
} Search;

static gboolean
search_end (LoftMigration *self, gpointer data, GError **error)
{
  Search *search = data;

  for (guint i = 0; i < LOOKS; i++)
    {
      g_autoptr (GError) local_error = NULL;

      if (!list_end (self, search->storage, &search->end, error))
        return FALSE;
      if (search->end.from == 0)
        return TRUE;

      g_autoptr (GPtrArray) events = loft_log_read_entry (search->storage,
                                                          search->end.from,
                                                          self->cancellable,
                                                          &local_error);
      if (events != NULL)
        {
          search->end.end = search->end.from + events->len - 1;
          return TRUE;
        }
      if (!loft_migration_is_missing (local_error))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
    }

  g_set_error_literal (error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_UNAVAILABLE,
                       "The log changes again and again");

  return FALSE;
}

/**
 * loft_migration_find_end: (skip)
 * @self: a migration
 * @storage: one of its stores
 * @out_end: (out caller-allocates): where the log ends
 * @error: return location for a #GError
 *
 * Finds the end of a log. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_migration_find_end (LoftMigration *self,
                         LoftStorage *storage,
                         LoftMigrationEnd *out_end,
                         GError **error)
{
  Search search = { .storage = storage };

  if (!loft_migration_insist (self, search_end, &search, error))
    return FALSE;
  *out_end = search.end;

  return TRUE;
}

/* Gives %NULL with no error set where an event is not found. */
static char *
read_event (LoftMigration *self,
            LoftStorage *storage,
            guint64 from,
            guint64 seq,
            GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GPtrArray) events =
    from > 0
      ? loft_log_read_entry (storage, from, self->cancellable, &local_error)
      : NULL;

  if (events == NULL && (from == 0 || loft_migration_is_missing (local_error)))
    {
      g_clear_error (&local_error);
      events =
        loft_log_read_sealed (storage, seq, self->cancellable, &local_error);
    }
  if (events == NULL && !loft_migration_is_missing (local_error))
    g_propagate_error (error, g_steal_pointer (&local_error));

  for (guint i = 0; events != NULL && i < events->len; i++)
    {
      const LoftEvent *event = g_ptr_array_index (events, i);

      if (event->seq == seq)
        return g_strdup (event->text);
    }

  return NULL;
}

typedef struct
{
  const LoftMigrationEnd *end; /* of the target */
  char *source;                /* owned, nullable */
  char *target;                /* owned, nullable */
} Comparison;

static gboolean
read_events (LoftMigration *self, gpointer data, GError **error)
{
  Comparison *comparison = data;
  const LoftMigrationEnd *end = comparison->end;
  g_autoptr (GError) local_error = NULL;

  g_clear_pointer (&comparison->source, g_free);
  g_clear_pointer (&comparison->target, g_free);
  comparison->target =
    read_event (self, self->target, end->from, end->end, &local_error);
  if (local_error == NULL)
    comparison->source =
      read_event (self, self->source, end->from, end->end, &local_error);
  if (local_error == NULL)
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

/**
 * loft_migration_compare_ends: (skip)
 * @self: a migration
 * @source: the end of the source's log
 * @target: the end of the target's
 * @error: return location for a #GError
 *
 * Makes sure that the target's log is a beginning of the source's. Since each
 * event has a name of its own, drawn at random, it is enough that the last one
 * is the same. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_migration_compare_ends (LoftMigration *self,
                             const LoftMigrationEnd *source,
                             const LoftMigrationEnd *target,
                             GError **error)
{
  g_autofree char *key =
    loft_log_entry_key (target->from > 0 ? target->from : target->end);
  Comparison comparison = { .end = target };

  if (target->end == 0)
    return TRUE;
  if (target->end > source->end)
    return loft_migration_differ (self,
                                  key,
                                  "The target's log goes on behind the end "
                                  "of the source's",
                                  error);

  gboolean read = loft_migration_insist (self, read_events, &comparison, error);
  g_autofree char *ours = comparison.source;
  g_autofree char *theirs = comparison.target;
  if (!read)
    return FALSE;

  /* What the source has not sealed is compared as it is copied. */
  if (ours == NULL && target->from == 0)
    return TRUE;

  return g_strcmp0 (ours, theirs) == 0 ||
         loft_migration_differ (self,
                                key,
                                "The target has the log of another registry",
                                error);
}

/* How many events an entry holds, which is where the next one begins; 0 for
 * what is no entry. */
static guint
count_events (GBytes *content, guint64 seq)
{
  gsize length;
  const char *next = g_bytes_get_data (content, &length);
  const char *end = next + length;
  guint n = 0;

  while (next != NULL && next < end)
    {
      const char *stop = memchr (next, '\n', (gsize) (end - next));
      gsize line = (gsize) ((stop != NULL ? stop : end) - next);
      g_autoptr (LoftEvent) event = loft_event_parse (next, line, NULL);

      if (event == NULL || event->seq != seq + n)
        return 0;
      n++;
      next += line + 1;
    }

  return n;
}

typedef struct
{
  guint64 seq;
  guint64 end;     /* no event behind it is taken */
  GBytes *content; /* owned, nullable */
} Entry;

static GBytes *
join_events (GPtrArray *events, guint64 end)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < events->len; i++)
    {
      const LoftEvent *event = g_ptr_array_index (events, i);

      if (event->seq > end)
        break;
      g_string_append (text, event->text);
      g_string_append_c (text, '\n');
    }

  return g_string_free_to_bytes (g_steal_pointer (&text));
}

/* Where the entry was removed since its thousand was sealed, what stands there
 * takes its place, up to the end. */
static gboolean
read_entry (LoftMigration *self, gpointer data, GError **error)
{
  Entry *entry = data;
  g_autofree char *key = loft_log_entry_key (entry->seq);
  g_autoptr (GError) local_error = NULL;

  entry->content =
    loft_migration_load (self, self->source, key, ENTRY_SIZE_MAX, &local_error);
  if (entry->content != NULL)
    return TRUE;

  if (loft_migration_is_missing (local_error))
    {
      g_clear_error (&local_error);
      g_autoptr (GPtrArray) events = loft_log_read_sealed (self->source,
                                                           entry->seq,
                                                           self->cancellable,
                                                           &local_error);
      if (events != NULL)
        {
          entry->content = join_events (events, entry->end);
          return TRUE;
        }
    }
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

/* Copies one entry, behind which the next one begins. */
static gboolean
copy_entry (LoftMigration *self,
            guint64 end,
            guint64 had,
            guint64 *seq,
            GError **error)
{
  Entry entry = { .seq = *seq, .end = end };
  g_autofree char *key = loft_log_entry_key (*seq);

  if (!loft_migration_insist (self, read_entry, &entry, error))
    {
      g_prefix_error (error, "%s: ", key);
      return FALSE;
    }

  g_autoptr (GBytes) content = entry.content;
  guint n = count_events (content, *seq);
  if (n == 0)
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_CORRUPT,
                   _ ("The source's log is damaged at “%s”; what is behind it "
                      "can't be copied"),
                   key);
      return FALSE;
    }

  LoftMigrationObject object = {
    .key = key,
    .presence = *seq > had ? LOFT_MIGRATION_ABSENT : LOFT_MIGRATION_UNKNOWN,
    .content = content,
  };
  if (!loft_migration_copy (self, &object, error))
    return FALSE;
  loft_migration_note_done (self);
  *seq += n;

  return TRUE;
}

static gboolean
copy_sealed (LoftMigration *self,
             guint64 first,
             gboolean by_size,
             gboolean *out_sealed,
             GError **error)
{
  g_autofree char *key = loft_log_sealed_key (first);
  LoftMigrationObject object = { .key = key, .by_size = by_size };

  if (!loft_migration_copy (self, &object, error))
    return FALSE;

  *out_sealed = object.outcome != LOFT_MIGRATION_GONE &&
                object.outcome != LOFT_MIGRATION_LEFT;
  if (*out_sealed)
    loft_migration_note_done (self);

  return TRUE;
}

typedef struct
{
  LoftStorage *storage; /* not owned */
  guint64 first;
  GStrv keys; /* owned */
} Page;

static gboolean
list_page (LoftMigration *self, gpointer data, GError **error)
{
  Page *page = data;
  g_autofree char *after =
    page->first > 0 ? loft_log_entry_key (page->first - 1) : NULL;

  page->keys = loft_storage_list (page->storage,
                                  LOFT_LOG_PREFIX,
                                  after,
                                  2 * LOFT_LOG_SEAL,
                                  self->cancellable,
                                  error);

  return page->keys != NULL;
}

static GStrv
list_entries (LoftMigration *self,
              LoftStorage *storage,
              guint64 first,
              GError **error)
{
  Page page = { .storage = storage, .first = first };

  return loft_migration_insist (self, list_page, &page, error) ? page.keys
                                                               : NULL;
}

/* Copies what the source still has of the entries of a thousand that is sealed.
 * Those that vanish meanwhile nobody will miss. */
static gboolean
copy_entries (LoftMigration *self, guint64 first, GError **error)
{
  g_auto (GStrv) keys = list_entries (self, self->source, first, error);
  g_auto (GStrv) target_keys =
    keys != NULL ? list_entries (self, self->target, first, error) : NULL;
  if (target_keys == NULL)
    return FALSE;

  gsize next = 0;
  for (gsize i = 0; keys[i] != NULL; i++)
    {
      guint64 seq = loft_log_parse_entry_key (keys[i]);

      while (target_keys[next] != NULL &&
             strcmp (target_keys[next], keys[i]) < 0)
        next++;
      gboolean is_there =
        target_keys[next] != NULL && g_str_equal (target_keys[next], keys[i]);

      if (seq == 0 || seq >= first + LOFT_LOG_SEAL)
        continue;
      if (is_there && self->options.check != LOFT_MIGRATION_CHECK_ALL)
        {
          g_mutex_lock (&self->mutex);
          self->figures.same++;
          self->figures.done++;
          g_mutex_unlock (&self->mutex);
        }
      else if (!loft_migration_push_copy (self, keys[i], is_there))
        break;
    }

  return !g_cancellable_set_error_if_cancelled (self->cancellable, error);
}

/* What the target has of the log was compared by its last event. */
static guint64
choose_begin (LoftMigration *self, guint64 first, guint64 had)
{
  guint64 begin = MAX (first, 1);

  return self->options.check == LOFT_MIGRATION_CHECK_ALL ? begin
                                                         : MAX (begin, had + 1);
}

/**
 * loft_migration_copy_log: (skip)
 * @self: a migration that runs
 * @end: the last event to copy
 * @had: the last one that the target had before
 * @error: return location for a #GError
 *
 * Copies the log, once all is there that it tells of. Blocks.
 *
 * Returns: %TRUE once it is done, or %FALSE with @error set
 */
gboolean
loft_migration_copy_log (LoftMigration *self,
                         guint64 end,
                         guint64 had,
                         GError **error)
{
  for (guint64 first = 0; first <= end; first += LOFT_LOG_SEAL)
    {
      guint64 last = first + LOFT_LOG_SEAL - 1;
      gboolean by_size =
        last <= had && self->options.check != LOFT_MIGRATION_CHECK_ALL;
      gboolean is_sealed = FALSE;

      if (last <= end && !copy_sealed (self, first, by_size, &is_sealed, error))
        return FALSE;
      if (is_sealed && !copy_entries (self, first, error))
        return FALSE;

      for (guint64 seq = choose_begin (self, first, had);
           !is_sealed && seq <= MIN (last, end);)
        if (!copy_entry (self, end, had, &seq, error))
          return FALSE;
    }

  return loft_migration_drain (self, error);
}
