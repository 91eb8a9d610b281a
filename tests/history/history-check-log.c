/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "history/history-private.h"

/* The log: one sequence, the same on every node, in which each version is told
 * of once, and each state of a package. */

static void
check_sequence (History *self, guint node, GPtrArray *events)
{
  guint64 last = 0;
  gint64 time = 0;

  for (guint i = 0; i < events->len; i++)
    {
      const HistoryRecord *event = events->pdata[i];

      if (event->seq > last + 1)
        history_fault (self,
                       "log-gap",
                       "%" G_GUINT64_FORMAT " follows %" G_GUINT64_FORMAT
                       " on node %u",
                       event->seq,
                       last,
                       node);
      else if (event->seq <= last)
        history_fault (self,
                       "log-duplicate",
                       "%" G_GUINT64_FORMAT " is there again after "
                       "%" G_GUINT64_FORMAT " on node %u",
                       event->seq,
                       last,
                       node);
      if (event->begin < time)
        history_fault (self,
                       "log-time",
                       "%" G_GUINT64_FORMAT " is earlier than the one before "
                       "on node %u",
                       event->seq,
                       node);
      last = MAX (last, event->seq);
      time = MAX (time, event->begin);
    }
}

static void
check_same (History *self, GPtrArray *first, guint node, GPtrArray *events)
{
  if (first->len != events->len)
    history_fault (self,
                   "logs-differ",
                   "node %u has %u events and node %u has %u",
                   self->first,
                   first->len,
                   node,
                   events->len);
  for (guint i = 0; i < MIN (first->len, events->len); i++)
    {
      const HistoryRecord *ours = first->pdata[i];
      const HistoryRecord *theirs = events->pdata[i];

      if (g_strcmp0 (ours->text, theirs->text) != 0)
        {
          history_fault (self,
                         "logs-differ",
                         "nodes %u and %u tell differently of "
                         "%" G_GUINT64_FORMAT,
                         self->first,
                         node,
                         ours->seq);
          return;
        }
    }
}

/* Of each package the log tells every state, in order. */
static void
check_revisions (History *self, GPtrArray *events)
{
  g_autoptr (GHashTable) revisions =
    g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);

  for (guint i = 0; i < events->len; i++)
    {
      const HistoryRecord *event = events->pdata[i];
      guint64 *last;

      if (event->revision == 0 || event->name == NULL)
        continue;

      last = g_hash_table_lookup (revisions, event->name);
      if (event->revision != (last != NULL ? *last + 1 : 1))
        history_fault (self,
                       "revisions",
                       "revision %" G_GUINT64_FORMAT " of %s follows "
                       "%" G_GUINT64_FORMAT,
                       event->revision,
                       event->name,
                       last != NULL ? *last : 0);
      g_hash_table_replace (
        revisions,
        event->name,
        g_memdup2 (&event->revision, sizeof event->revision));
    }
}

static guint
count_events (const HistoryVersion *version, guint node)
{
  guint count = 0;

  for (guint i = 0; i < version->events->len; i++)
    count += ((HistoryRecord *) version->events->pdata[i])->node == node;

  return count;
}

static void
check_version (History *self, const HistoryVersion *version)
{
  for (guint i = 0; i < self->nodes->len; i++)
    {
      guint node = g_array_index (self->nodes, guint, i);
      guint count = count_events (version, node);

      if (count == 0 && version->exists)
        history_fault (self,
                       "event-missing",
                       "the log of node %u does not tell of %s",
                       node,
                       version->id);
      else if (count > 1)
        history_fault (self,
                       "event-twice",
                       "the log of node %u tells %u times of %s",
                       node,
                       count,
                       version->id);
    }

  for (guint i = 0; i < version->events->len; i++)
    {
      const HistoryRecord *event = version->events->pdata[i];

      if (g_strcmp0 (event->got, version->content) != 0)
        history_fault (self,
                       "event-other-bytes",
                       "the log of node %u tells of other bytes of %s",
                       event->node,
                       version->id);
    }
}

/* What a node showed of the log, at any time, it does not take back; and who
 * follows it misses nothing, whatever becomes of the node meanwhile. */
static void
check_followed (History *self, GPtrArray *events)
{
  g_autoptr (GHashTable) last = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < self->followed->len; i++)
    {
      const HistoryRecord *shown = self->followed->pdata[i];
      gpointer node = GUINT_TO_POINTER (shown->node);
      guint seen = GPOINTER_TO_UINT (g_hash_table_lookup (last, node));
      const HistoryRecord *event = shown->seq > 0 && shown->seq <= events->len
                                     ? events->pdata[shown->seq - 1]
                                     : NULL;

      if (event == NULL || g_strcmp0 (event->text, shown->text) != 0)
        history_fault (self,
                       "log-changed",
                       "%" G_GUINT64_FORMAT " was something else on node %u",
                       shown->seq,
                       shown->node);
      if (shown->seq != seen + 1)
        history_fault (self,
                       "log-skipped",
                       "%" G_GUINT64_FORMAT " was shown after %u by node %u",
                       shown->seq,
                       seen,
                       shown->node);
      g_hash_table_insert (last, node, GUINT_TO_POINTER (shown->seq));
    }
}

void
history_check_logs (History *self)
{
  GPtrArray *first =
    g_hash_table_lookup (self->logs, GUINT_TO_POINTER (self->first));
  GHashTableIter iter;
  gpointer value;

  for (guint i = 0; i < self->nodes->len; i++)
    {
      guint node = g_array_index (self->nodes, guint, i);
      GPtrArray *events =
        g_hash_table_lookup (self->logs, GUINT_TO_POINTER (node));

      if (events == NULL)
        {
          history_fault (self, "unread", "the log of node %u", node);
          continue;
        }
      check_sequence (self, node, events);
      if (first != NULL)
        check_same (self, first, node, events);
    }
  if (first != NULL)
    {
      check_revisions (self, first);
      check_followed (self, first);
    }

  g_hash_table_iter_init (&iter, self->versions);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    check_version (self, value);
}
