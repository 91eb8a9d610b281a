/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "history/history-follower.h"

#include "history/history-answer.h"

/* Few at once, so that the end of an answer is met often. */
#define PAGE 20
#define WAIT_SECONDS 1
#define RETRY_PAUSE (100 * 1000)

struct _HistoryFollower
{
  HistoryRecorder *recorder; /* not owned */
  HistoryNode *node;         /* not owned */
  guint number;
  guint seen;
  GThread *thread; /* owned */
  gint stopping;   /* atomic */
};

static void
take (HistoryFollower *self, const WireAnswer *answer)
{
  g_autofree char *text = wire_answer_dup_text (answer);
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);

  for (guint i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++)
    {
      HistoryRecord *record = history_record_new (HISTORY_FOLLOW, self->number);

      history_answer_take_event (record, lines[i]);
      history_recorder_take (self->recorder, record);
      self->seen++;
    }
}

static gpointer
follow_cb (gpointer data)
{
  HistoryFollower *self = data;

  while (!g_atomic_int_get (&self->stopping))
    {
      g_autoptr (Wire) wire =
        wire_new ((guint16) g_atomic_int_get (&self->node->port));
      g_autofree char *target =
        g_strdup_printf ("/changes?since=%u&limit=%d&wait=%d",
                         self->seen,
                         PAGE,
                         WAIT_SECONDS);
      g_autoptr (WireAnswer) answer = wire_get (wire, target, NULL);

      if (answer != NULL && answer->status == 200)
        take (self, answer);
      else
        g_usleep (RETRY_PAUSE);
    }

  return NULL;
}

HistoryFollower *
history_follower_new (HistoryRecorder *recorder,
                      HistoryNode *node,
                      guint number)
{
  HistoryFollower *self = g_new0 (HistoryFollower, 1);

  self->recorder = recorder;
  self->node = node;
  self->number = number;
  self->thread = g_thread_new ("follower", follow_cb, self);

  return self;
}

/* Ends it, and waits for that. */
void
history_follower_stop (HistoryFollower *self)
{
  g_atomic_int_set (&self->stopping, TRUE);
  g_thread_join (self->thread);
  g_free (self);
}
