/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "history/history-audit.h"

#include <string.h>

#include "history/history-answer.h"
#include "kit/package-kit.h"
#include "kit/wire-kit.h"

/* What each node says in the end of all that was ever sent, and all of its
 * lists and its log, letter by letter. */

#define PAGE 1000
#define TRIES_MAX 100
#define TRY_PAUSE (100 * 1000)

typedef struct
{
  HistoryRecorder *recorder; /* not owned */
  GPtrArray *ids;            /* not owned, of `NAME/VERSION` */
  GPtrArray *names;          /* not owned */
  guint number;
  Wire *wire; /* owned */
} Audit;

/* Nothing is in the way any more, so that each question has an answer soon. */
static WireAnswer *
get (Audit *self, const char *target, guint *out_status)
{
  g_autoptr (WireAnswer) answer = NULL;

  for (guint tries = 0; tries < TRIES_MAX; tries++)
    {
      g_clear_pointer (&answer, wire_answer_free);
      answer = wire_get (self->wire, target, NULL);
      *out_status = answer != NULL ? answer->status : 0;
      if (*out_status != 0 && *out_status < 500)
        break;
      g_usleep (TRY_PAUSE);
    }

  return g_steal_pointer (&answer);
}

static HistoryRecord *
new_record (Audit *self, HistoryOp op)
{
  HistoryRecord *record = history_record_new (op, self->number);

  record->client = g_strdup ("audit");
  record->final = TRUE;
  record->begin = g_get_monotonic_time ();

  return record;
}

static void
read_version (Audit *self, HistoryOp op, const char *id)
{
  HistoryRecord *record = new_record (self, op);
  const char *slash = strchr (id, '/');
  g_autofree char *target =
    g_strconcat ("/packages/",
                 id,
                 op == HISTORY_DOWNLOAD ? "/download" : NULL,
                 NULL);
  guint status;
  g_autoptr (WireAnswer) answer = get (self, target, &status);

  record->name = g_strndup (id, (gsize) (slash - id));
  record->version = g_strdup (slash + 1);
  history_answer_take (record, answer);
  history_recorder_take (self->recorder, record);
}

static void
read_list (Audit *self, const char *format, const char *name)
{
  HistoryRecord *record = new_record (self, HISTORY_LIST);
  g_autofree char *target = g_strconcat (format, name, NULL);
  g_autoptr (WireAnswer) answer = get (self, target, &record->status);

  record->name = g_steal_pointer (&target);
  if (answer != NULL)
    record->got = package_kit_digest (answer->body);
  record->end = g_get_monotonic_time ();
  history_recorder_take (self->recorder, record);
}

static void
read_log (Audit *self)
{
  guint events = 0;

  for (;;)
    {
      g_autofree char *target =
        g_strdup_printf ("/changes?since=%u&limit=%u", events, PAGE);
      guint status;
      g_autoptr (WireAnswer) answer = get (self, target, &status);
      g_autofree char *text =
        status == 200 ? wire_answer_dup_text (answer) : NULL;

      if (text == NULL || text[0] == '\0')
        return;

      g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
      for (guint i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++, events++)
        {
          HistoryRecord *record =
            history_record_new (HISTORY_EVENT, self->number);

          history_answer_take_event (record, lines[i]);
          history_recorder_take (self->recorder, record);
        }
    }
}

static gpointer
audit_cb (gpointer data)
{
  Audit *self = data;

  for (guint i = 0; i < self->ids->len; i++)
    {
      read_version (self, HISTORY_READ, self->ids->pdata[i]);
      read_version (self, HISTORY_DOWNLOAD, self->ids->pdata[i]);
    }
  for (guint i = 0; i < self->names->len; i++)
    {
      read_list (self, "/packages/", self->names->pdata[i]);
      read_list (self, "/packages?limit=100&q=", self->names->pdata[i]);
    }
  read_list (self, "/packages", NULL);
  read_list (self, "/packages?limit=1000", NULL);
  read_log (self);

  return NULL;
}

static void
add_once (GHashTable *seen, GPtrArray *list, char *text)
{
  if (g_hash_table_add (seen, text))
    g_ptr_array_add (list, text);
}

/* All that anybody ever tried to publish. */
static void
collect (HistoryRecorder *recorder,
         GHashTable *seen,
         GPtrArray *ids,
         GPtrArray *names)
{
  for (guint i = 0; i < recorder->records->len; i++)
    {
      const HistoryRecord *record = recorder->records->pdata[i];

      if (record->op != HISTORY_PUBLISH)
        continue;
      g_autofree char *id =
        g_strconcat (record->name, "/", record->version, NULL);
      if (!g_hash_table_contains (seen, id))
        add_once (seen, ids, g_steal_pointer (&id));
      if (!g_hash_table_contains (seen, record->name))
        add_once (seen, names, g_strdup (record->name));
    }
}

/* Reads everything on each node, at all of them at once. */
void
history_audit (HistoryRecorder *recorder, HistoryNode **nodes, guint n_nodes)
{
  g_autoptr (GHashTable) seen =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autofree Audit *audits = g_new0 (Audit, n_nodes);
  g_autofree GThread **threads = g_new0 (GThread *, n_nodes);

  collect (recorder, seen, ids, names);
  for (guint i = 0; i < n_nodes; i++)
    {
      audits[i].recorder = recorder;
      audits[i].ids = ids;
      audits[i].names = names;
      audits[i].number = i;
      audits[i].wire = wire_new ((guint16) nodes[i]->port);
      threads[i] = g_thread_new ("audit", audit_cb, &audits[i]);
    }
  for (guint i = 0; i < n_nodes; i++)
    {
      g_thread_join (threads[i]);
      wire_free (audits[i].wire);
    }
}
