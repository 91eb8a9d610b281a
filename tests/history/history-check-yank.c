/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "history/history-private.h"

/* Whether a version is yanked, which is what the last one wanted.
 *
 * What was answered with 5xx has happened by then, or may happen still where
 * nobody has changed the package since: the store takes a change only of what
 * it was made from. What was not answered at all may be under way for as long
 * as it likes. */

static gboolean
wants_yanked (const HistoryRecord *toggle)
{
  return toggle->op == HISTORY_YANK;
}

static gboolean
may_count (const HistoryRecord *toggle)
{
  return history_is_done (toggle) || history_is_unknown (toggle);
}

/* Whether something that was acknowledged came after it for sure. */
static gboolean
is_superseded (const HistoryVersion *version, gint64 end)
{
  for (guint i = 0; i < version->toggles->len; i++)
    {
      const HistoryRecord *other = version->toggles->pdata[i];

      if (history_is_done (other) && other->begin > end)
        return TRUE;
    }

  return FALSE;
}

static gboolean
may_be_last (const HistoryVersion *version, gboolean yanked)
{
  if (!yanked && !is_superseded (version, G_MININT64))
    return TRUE;

  for (guint i = 0; i < version->toggles->len; i++)
    {
      const HistoryRecord *toggle = version->toggles->pdata[i];
      gint64 end = toggle->status == 0 ? G_MAXINT64 : toggle->end;

      if (may_count (toggle) && wants_yanked (toggle) == yanked &&
          !is_superseded (version, end))
        return TRUE;
    }

  return FALSE;
}

static void
check_final (History *self,
             const HistoryVersion *version,
             const HistoryRecord *read)
{
  if (may_be_last (version, read->yanked))
    return;

  if (read->yanked)
    history_fault (self,
                   "yank-unwanted",
                   "%s is yanked on node %u",
                   version->id,
                   read->node);
  else
    history_fault (self,
                   "yank-lost",
                   "%s is not yanked on node %u",
                   version->id,
                   read->node);
}

/* The last that was acknowledged by the node before this was asked. */
static const HistoryRecord *
find_last (const HistoryVersion *version, const HistoryRecord *read)
{
  const HistoryRecord *last = NULL;

  for (guint i = 0; i < version->toggles->len; i++)
    {
      const HistoryRecord *toggle = version->toggles->pdata[i];

      if (history_is_done (toggle) && toggle->node == read->node &&
          toggle->end < read->begin &&
          (last == NULL || toggle->begin > last->begin))
        last = toggle;
    }

  return last;
}

/* Whether it was over for sure before the last one began. */
static gboolean
is_over (const HistoryRecord *toggle, const HistoryRecord *last)
{
  return toggle == last || !may_count (toggle) ||
         (toggle->status != 0 && toggle->end < last->begin);
}

static void
check_seen (History *self,
            const HistoryVersion *version,
            const HistoryRecord *read)
{
  const HistoryRecord *last = find_last (version, read);

  if (last == NULL || wants_yanked (last) == read->yanked)
    return;
  for (guint i = 0; i < version->toggles->len; i++)
    {
      const HistoryRecord *toggle = version->toggles->pdata[i];

      if (toggle->begin < read->end && !is_over (toggle, last))
        return;
    }

  history_fault (self,
                 "stale-yank",
                 "%s was %s on node %u, and is not for %s later",
                 version->id,
                 wants_yanked (last) ? "yanked" : "taken back",
                 read->node,
                 read->client);
}

static void
check_told (History *self, const HistoryVersion *version)
{
  for (guint i = 0; i < version->toggles->len; i++)
    {
      const HistoryRecord *toggle = version->toggles->pdata[i];

      if (!may_count (toggle) && toggle->status != 404)
        history_fault (self,
                       "refused",
                       "yanking %s was answered with %u",
                       version->id,
                       toggle->status);
      if (history_is_done (toggle) && wants_yanked (toggle) &&
          version->yanks->len == 0)
        history_fault (self,
                       "yank-event-missing",
                       "%s was yanked, and the log does not tell",
                       version->id);
    }

  if (version->yanks->len > 0 && version->toggles->len == 0)
    history_fault (self,
                   "yank-unwanted",
                   "the log tells that %s was yanked",
                   version->id);
}

void
history_check_yanks (History *self, HistoryVersion *version)
{
  check_told (self, version);
  for (guint i = 0; i < version->reads->len; i++)
    {
      const HistoryRecord *read = version->reads->pdata[i];

      if (read->op != HISTORY_READ || !history_is_done (read))
        continue;
      if (read->final)
        check_final (self, version, read);
      else
        check_seen (self, version, read);
    }
}
