/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "history/history-recorder.h"

HistoryRecorder *
history_recorder_new (void)
{
  HistoryRecorder *self = g_new0 (HistoryRecorder, 1);

  g_mutex_init (&self->mutex);
  self->records =
    g_ptr_array_new_with_free_func ((GDestroyNotify) history_record_free);

  return self;
}

void
history_recorder_free (HistoryRecorder *self)
{
  g_ptr_array_unref (self->records);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

/* Takes a record, which is not changed any more. */
void
history_recorder_take (HistoryRecorder *self, HistoryRecord *record)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  g_ptr_array_add (self->records, record);
}

/* Notes what was done to a node, or to the store. */
void
history_recorder_note (HistoryRecorder *self, guint node, const char *trouble)
{
  HistoryRecord *record = history_record_new (HISTORY_TROUBLE, node);

  record->name = g_strdup (trouble);
  record->begin = record->end = g_get_monotonic_time ();
  history_recorder_take (self, record);
}

gboolean
history_recorder_save (HistoryRecorder *self, const char *path, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < self->records->len; i++)
    {
      g_autofree char *line = history_record_format (self->records->pdata[i]);

      g_string_append_printf (text, "%s\n", line);
    }

  return g_file_set_contents (path, text->str, (gssize) text->len, error);
}
