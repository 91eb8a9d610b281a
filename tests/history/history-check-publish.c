/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "history/history-private.h"

/* What publishers were told of a version. */

/* Whether others had begun to publish other bytes before this was answered. */
static gboolean
is_contended (const HistoryVersion *version, const HistoryRecord *refused)
{
  for (guint i = 0; i < version->publishes->len; i++)
    {
      const HistoryRecord *other = version->publishes->pdata[i];

      if (g_strcmp0 (other->sent, refused->sent) != 0 &&
          other->begin < refused->end)
        return TRUE;
    }

  return FALSE;
}

static void
check_done (History *self,
            const HistoryVersion *version,
            const HistoryRecord *record)
{
  if (g_strcmp0 (record->sent, record->got) != 0)
    history_fault (self,
                   "other-bytes-acknowledged",
                   "%s was answered to %s with %u, and names other bytes",
                   version->id,
                   record->client,
                   record->status);
  if (g_strcmp0 (record->sent, version->content) != 0)
    history_fault (self,
                   "two-acknowledged",
                   "%s was acknowledged to %s and to %s, with different bytes",
                   version->id,
                   version->acknowledged->client,
                   record->client);
}

static void
check_refused (History *self,
               const HistoryVersion *version,
               const HistoryRecord *record)
{
  if (record->status != 409)
    history_fault (self,
                   "refused",
                   "%s was answered to %s with %u",
                   version->id,
                   record->client,
                   record->status);
  else if (!is_contended (version, record))
    history_fault (self,
                   "refused-alone",
                   "%s was refused to %s, but nobody else had published it",
                   version->id,
                   record->client);
  else if (g_strcmp0 (record->sent, version->content) == 0)
    history_fault (self,
                   "refused-own",
                   "%s was refused to %s, but has the very bytes",
                   version->id,
                   record->client);
}

/* What was refused each time it was sent can't have become the content. */
static gboolean
may_be_content (const HistoryVersion *version)
{
  for (guint i = 0; i < version->publishes->len; i++)
    {
      const HistoryRecord *record = version->publishes->pdata[i];

      if (g_strcmp0 (record->sent, version->content) == 0 &&
          (history_is_done (record) || history_is_unknown (record)))
        return TRUE;
    }

  return FALSE;
}

void
history_check_publishes (History *self, HistoryVersion *version)
{
  const HistoryRecord *created = NULL;

  for (guint i = 0; i < version->publishes->len; i++)
    {
      const HistoryRecord *record = version->publishes->pdata[i];

      if (history_is_done (record))
        check_done (self, version, record);
      else if (!history_is_unknown (record))
        check_refused (self, version, record);

      if (record->status != 201)
        continue;
      if (created != NULL)
        history_fault (self,
                       "created-twice",
                       "%s was created for %s and for %s",
                       version->id,
                       created->client,
                       record->client);
      created = record;
    }

  if (version->publishes->len == 0 && version->exists)
    history_fault (self, "unsent", "%s was sent by nobody", version->id);
  else if (version->content != NULL && !may_be_content (version))
    history_fault (self,
                   "unsent",
                   "%s has bytes that were sent by nobody, or refused",
                   version->id);
}
