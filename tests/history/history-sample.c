/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "history/history-sample.h"

/* A history that is sound and has a bit of everything, and how to change it. */

HistoryRecord *
sample_add (GPtrArray *records,
            HistoryOp op,
            guint node,
            const char *name,
            const char *version,
            guint status,
            gint64 begin,
            gint64 end)
{
  HistoryRecord *record = history_record_new (op, node);

  record->client = g_strdup_printf ("client-%u", node);
  record->name = g_strdup (name);
  record->version = g_strdup (version);
  record->status = status;
  record->begin = begin;
  record->end = end;
  g_ptr_array_add (records, record);

  return record;
}

HistoryRecord *
sample_publish (GPtrArray *records,
                guint node,
                const char *version,
                const char *bytes,
                guint status,
                gint64 begin,
                gint64 end)
{
  HistoryRecord *record = sample_add (records,
                                      HISTORY_PUBLISH,
                                      node,
                                      "a",
                                      version,
                                      status,
                                      begin,
                                      end);

  record->sent = g_strdup (bytes);
  if (status / 100 == 2)
    record->got = g_strdup (bytes);

  return record;
}

HistoryRecord *
sample_read (GPtrArray *records,
             HistoryOp op,
             guint node,
             const char *version,
             const char *bytes,
             gint64 begin,
             gint64 end)
{
  HistoryRecord *record = sample_add (records,
                                      op,
                                      node,
                                      "a",
                                      version,
                                      bytes != NULL ? 200 : 404,
                                      begin,
                                      end);

  record->got = g_strdup (bytes);

  return record;
}

void
sample_toggle (GPtrArray *records,
               HistoryOp op,
               guint node,
               const char *version,
               guint status,
               gint64 begin,
               gint64 end)
{
  sample_add (records, op, node, "a", version, status, begin, end);
}

void
sample_set (char **member, const char *value)
{
  g_free (*member);
  *member = g_strdup (value);
}

void
sample_event (GPtrArray *records,
              guint node,
              guint64 seq,
              const char *type,
              const char *version,
              const char *bytes,
              guint64 revision)
{
  HistoryRecord *event = sample_add (records,
                                     HISTORY_EVENT,
                                     node,
                                     "a",
                                     version,
                                     0,
                                     100 + (gint64) seq,
                                     0);

  event->seq = seq;
  event->type = g_strdup (type);
  event->got = g_strdup (bytes);
  event->revision = revision;
  event->text = g_strdup_printf ("%" G_GUINT64_FORMAT " %s", seq, type);
}

void
sample_finish_version (GPtrArray *records,
                       guint node,
                       const char *version,
                       const char *bytes,
                       gboolean yanked)
{
  HistoryRecord *read =
    sample_read (records, HISTORY_READ, node, version, bytes, 900, 901);

  read->yanked = yanked;
  read->final = TRUE;
  sample_read (records, HISTORY_DOWNLOAD, node, version, bytes, 902, 903)
    ->final = TRUE;
}

static void
follow (GPtrArray *records, guint node, guint64 seq, const char *type)
{
  HistoryRecord *event =
    sample_add (records, HISTORY_FOLLOW, node, "a", NULL, 0, 0, 0);

  event->seq = seq;
  event->type = g_strdup (type);
  event->text = g_strdup_printf ("%" G_GUINT64_FORMAT " %s", seq, type);
}

static void
finish (GPtrArray *records, guint node)
{
  sample_event (records, node, 1, "claim", NULL, NULL, 1);
  sample_event (records, node, 2, "publish", "1.0.0", "x", 0);
  sample_event (records, node, 3, "publish", "1.1.0", "v", 0);
  sample_event (records, node, 4, "publish", "1.2.0", "u", 0);
  sample_event (records, node, 5, "yank", "1.0.0", NULL, 2);
  sample_event (records, node, 6, "yank", "1.1.0", NULL, 3);
  sample_event (records, node, 7, "unyank", "1.1.0", NULL, 4);
  sample_finish_version (records, node, "1.0.0", "x", TRUE);
  sample_finish_version (records, node, "1.1.0", "v", FALSE);
  sample_finish_version (records, node, "1.2.0", "u", FALSE);
  sample_finish_version (records, node, "1.3.0", NULL, FALSE);
  sample_set (
    &sample_add (records, HISTORY_LIST, node, "/packages", NULL, 200, 910, 911)
       ->got,
    "list");
}

/* Two who publish different bytes of one version; an answer that is lost, and
 * tried again; a failure that was a success, and one that was none; yanks, with
 * the same; and reads, some of them of a node that does not know yet. The last
 * node has only been asked in the end. */
GPtrArray *
sample_new (void)
{
  GPtrArray *records =
    g_ptr_array_new_with_free_func ((GDestroyNotify) history_record_free);

  sample_publish (records, 0, "1.0.0", "x", 201, 10, 20);
  sample_publish (records, 1, "1.0.0", "y", 409, 12, 25);
  sample_publish (records, 0, "1.1.0", "v", 0, 30, 40);
  sample_publish (records, 1, "1.1.0", "v", 200, 41, 50);
  sample_publish (records, 2, "1.2.0", "u", 503, 30, 40);
  sample_publish (records, 2, "1.3.0", "t", 503, 30, 40);
  sample_read (records, HISTORY_READ, 0, "1.0.0", "x", 21, 22);
  sample_read (records, HISTORY_DOWNLOAD, 1, "1.0.0", "x", 26, 27);
  sample_read (records, HISTORY_READ, 2, "1.0.0", NULL, 26, 27);
  sample_read (records, HISTORY_READ, 2, "1.1.0", NULL, 51, 52);
  sample_read (records, HISTORY_READ, 2, "1.1.0", "v", 53, 54);
  sample_toggle (records, HISTORY_YANK, 0, "1.0.0", 503, 60, 65);
  sample_toggle (records, HISTORY_YANK, 0, "1.0.0", 200, 66, 70);
  sample_read (records, HISTORY_READ, 0, "1.0.0", "x", 71, 72)->yanked = TRUE;
  sample_toggle (records, HISTORY_YANK, 1, "1.1.0", 200, 60, 65);
  sample_toggle (records, HISTORY_UNYANK, 2, "1.1.0", 200, 66, 70);
  sample_read (records, HISTORY_READ, 2, "1.1.0", "v", 71, 72);
  sample_add (records, HISTORY_TROUBLE, 1, "kill", NULL, 0, 73, 74);
  follow (records, 2, 1, "claim");
  follow (records, 2, 2, "publish");
  for (guint node = 0; node < N_NODES; node++)
    finish (records, node);

  return records;
}

/* The first record of this kind; of an event, the one of that number. */
HistoryRecord *
sample_find (GPtrArray *records, HistoryOp op, guint node, const char *version)
{
  for (guint i = 0; i < records->len; i++)
    {
      HistoryRecord *record = records->pdata[i];

      if (record->op == op && (node == ANY || record->node == node) &&
          g_strcmp0 (record->version, version) == 0)
        return record;
    }

  g_assert_not_reached ();
}

HistoryRecord *
sample_find_final (GPtrArray *records,
                   HistoryOp op,
                   guint node,
                   const char *version)
{
  for (guint i = 0; i < records->len; i++)
    {
      HistoryRecord *record = records->pdata[i];

      if (record->final && record->op == op && record->node == node &&
          g_strcmp0 (record->version, version) == 0)
        return record;
    }

  g_assert_not_reached ();
}

HistoryRecord *
sample_find_event (GPtrArray *records, guint node, guint64 seq)
{
  for (guint i = 0; i < records->len; i++)
    {
      HistoryRecord *record = records->pdata[i];

      if (record->op == HISTORY_EVENT && record->node == node &&
          record->seq == seq)
        return record;
    }

  g_assert_not_reached ();
}
