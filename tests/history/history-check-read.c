/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "history/history-private.h"

/* What readers were told of a version. A node that has told of one shows it
 * ever after, and to whoever asks next; in the end all do. */

static gboolean
was_sent_before (const HistoryVersion *version, gint64 time)
{
  for (guint i = 0; i < version->publishes->len; i++)
    if (((HistoryRecord *) version->publishes->pdata[i])->begin < time)
      return TRUE;

  return FALSE;
}

static void
check_shown (History *self,
             const HistoryVersion *version,
             const HistoryRecord *record)
{
  if (g_strcmp0 (record->got, version->content) != 0)
    history_fault (self,
                   "wrong-bytes",
                   "%s has other bytes on node %u than it should",
                   version->id,
                   record->node);
  if (!record->final && !was_sent_before (version, record->end))
    history_fault (self,
                   "shown-early",
                   "%s was on node %u before anybody sent it",
                   version->id,
                   record->node);
}

/* Whether the node had told of the version before this was asked. */
static const HistoryRecord *
find_told (GPtrArray *records, const HistoryRecord *asked, gboolean refusals)
{
  for (guint i = 0; i < records->len; i++)
    {
      const HistoryRecord *record = records->pdata[i];

      if (record->node == asked->node && record->end < asked->begin &&
          (history_is_done (record) || (refusals && record->status == 409)))
        return record;
    }

  return NULL;
}

static void
check_missing (History *self,
               const HistoryVersion *version,
               const HistoryRecord *record)
{
  if (record->final && version->exists)
    history_fault (self,
                   "lost",
                   "%s is not on node %u (%u)",
                   version->id,
                   record->node,
                   record->status);
  else if (find_told (version->publishes, record, TRUE) != NULL)
    history_fault (self,
                   "stale-read",
                   "%s was answered on node %u, and not there for %s later",
                   version->id,
                   record->node,
                   record->client);
  else if (find_told (version->reads, record, FALSE) != NULL)
    history_fault (self,
                   "vanished",
                   "%s was on node %u, and not there for %s later",
                   version->id,
                   record->node,
                   record->client);
}

static gboolean
was_read_finally (const HistoryVersion *version, guint node, HistoryOp op)
{
  for (guint i = 0; i < version->reads->len; i++)
    {
      const HistoryRecord *record = version->reads->pdata[i];

      if (record->final && record->node == node && record->op == op)
        return TRUE;
    }

  return FALSE;
}

void
history_check_reads (History *self, HistoryVersion *version)
{
  for (guint i = 0; i < version->reads->len; i++)
    {
      const HistoryRecord *record = version->reads->pdata[i];

      if (history_is_done (record))
        check_shown (self, version, record);
      else if (!history_is_unknown (record) || record->final)
        check_missing (self, version, record);
    }

  for (guint i = 0; version->exists && i < self->nodes->len; i++)
    {
      guint node = g_array_index (self->nodes, guint, i);

      if (!was_read_finally (version, node, HISTORY_READ) ||
          !was_read_finally (version, node, HISTORY_DOWNLOAD))
        history_fault (self,
                       "unread",
                       "%s was not read on node %u in the end",
                       version->id,
                       node);
    }
}
