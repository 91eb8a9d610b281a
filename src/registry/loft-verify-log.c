/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <string.h>

#include "registry/loft-log-entry.h"
#include "registry/loft-verify-private.h"

/* The log, read into the ledger. The catalog keeps a copy of every event: where
 * the log itself is damaged, or says something else, that is reported, and the
 * copy is what documents are compared with, so that one damaged entry is one
 * finding and not many. */

/**
 * loft_verify_wants:
 * @self: a comparison
 * @name: a package
 *
 * Returns: whether it is to be looked at
 */
gboolean
loft_verify_wants (LoftVerify *self, const char *name)
{
  return self->packages == NULL || g_strv_contains (self->packages, name);
}

static gboolean
add_event (LoftVerify *self, const LoftEvent *event, GError **error)
{
  return event->name == NULL || !loft_verify_wants (self, event->name) ||
         loft_ledger_add (self->ledger, event, error);
}

/* What the catalog keeps of an event; %NULL with no error set for nothing. */
static char *
read_copy (LoftVerify *self, guint64 seq, GError **error)
{
  guint64 last;
  g_autoptr (GBytes) text = loft_catalog_list_changes (self->registry->catalog,
                                                       seq - 1,
                                                       1,
                                                       &last,
                                                       error);
  if (text == NULL || last != seq)
    return NULL;

  gsize length;
  const char *line = g_bytes_get_data (text, &length);

  return g_strndup (line, length - 1);
}

static gboolean
take_copy (LoftVerify *self, const char *copy, GError **error)
{
  g_autoptr (LoftEvent) event = loft_event_parse (copy, strlen (copy), error);

  return event != NULL && add_event (self, event, error);
}

/* Takes events that were read, each compared with its copy. */
static gboolean
take_events (LoftVerify *self,
             GPtrArray *events,
             guint64 applied,
             GError **error)
{
  for (guint i = 0; i < events->len; i++)
    {
      const LoftEvent *event = g_ptr_array_index (events, i);
      g_autoptr (GError) local_error = NULL;
      g_autofree char *copy = event->seq <= applied
                                ? read_copy (self, event->seq, &local_error)
                                : NULL;
      if (local_error != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
      if (copy != NULL && !g_str_equal (copy, event->text))
        {
          g_autofree char *key = loft_log_entry_key (event->seq);

          loft_report_add (self->upkeep->report,
                           "log-changed",
                           key,
                           FALSE,
                           "Event %" G_GUINT64_FORMAT
                           " of the log is not what it was when it was applied",
                           event->seq);
          if (!take_copy (self, copy, error))
            return FALSE;
        }
      else if (!add_event (self, event, error))
        return FALSE;
    }
  self->next += events->len;
  self->in_gap = FALSE;

  return TRUE;
}

static gboolean
take_gap (LoftVerify *self, GError *reason, GError **error)
{
  g_autoptr (GError) owned = reason;

  if (!loft_upkeep_is_local (owned))
    {
      g_propagate_error (error, g_steal_pointer (&owned));
      return FALSE;
    }

  g_autofree char *key = loft_log_entry_key (self->next);
  if (!self->in_gap)
    loft_report_add (
      self->upkeep->report,
      g_error_matches (owned, LOFT_STORAGE_ERROR, LOFT_STORAGE_ERROR_NOT_FOUND)
        ? "log-missing"
        : "log-broken",
      key,
      FALSE,
      "The log can't be read from event %" G_GUINT64_FORMAT " on: %s",
      self->next,
      owned->message);
  self->in_gap = TRUE;

  g_autoptr (GError) local_error = NULL;
  g_autofree char *copy = read_copy (self, self->next, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  self->next++;

  return copy == NULL || take_copy (self, copy, error);
}

/* An entry may be dropped, once it is sealed, between a look for the one and a
 * look for the other. After a sealed thousand that can't be read, nobody reads
 * it again for each event that it should hold. */
static GPtrArray *
read_events (LoftVerify *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (self->in_gap && self->next % LOFT_LOG_SEAL > 1)
    return loft_log_read_entry (self->registry->storage,
                                self->next,
                                self->upkeep->cancellable,
                                error);

  GPtrArray *events = loft_log_read (self->registry->storage,
                                     self->next,
                                     self->upkeep->cancellable,
                                     &local_error);
  if (events != NULL)
    return events;
  if (g_error_matches (local_error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_NOT_FOUND))
    return loft_log_read (self->registry->storage,
                          self->next,
                          self->upkeep->cancellable,
                          error);

  g_propagate_error (error, g_steal_pointer (&local_error));

  return NULL;
}

/**
 * loft_verify_read_log:
 * @self: a comparison
 * @error: return location for a #GError
 *
 * Reads what was not read of the log yet into the ledger. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_verify_read_log (LoftVerify *self, GError **error)
{
  guint64 applied;

  /* Asked for first: what the catalog has by now the log had before. */
  if (!loft_catalog_read_sequence (self->registry->catalog,
                                   &applied,
                                   NULL,
                                   error))
    return FALSE;

  while (
    !g_cancellable_set_error_if_cancelled (self->upkeep->cancellable, error))
    {
      g_autoptr (GError) local_error = NULL;
      g_autoptr (GPtrArray) events = read_events (self, &local_error);

      if (events != NULL)
        {
          if (!take_events (self, events, applied, error))
            return FALSE;
          continue;
        }
      if (self->next > applied &&
          g_error_matches (local_error,
                           LOFT_STORAGE_ERROR,
                           LOFT_STORAGE_ERROR_NOT_FOUND))
        return TRUE;
      if (!take_gap (self, g_steal_pointer (&local_error), error))
        return FALSE;
    }

  return FALSE;
}
