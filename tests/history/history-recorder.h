/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "history/history-record.h"

G_BEGIN_DECLS

/**
 * HistoryRecorder:
 * @records: all that was recorded
 *
 * Keeps a history, for any number of threads.
 */
typedef struct
{
  GMutex mutex;
  GPtrArray *records; /* owned */
} HistoryRecorder;

HistoryRecorder *history_recorder_new (void);
void history_recorder_free (HistoryRecorder *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HistoryRecorder, history_recorder_free)

void history_recorder_take (HistoryRecorder *self, HistoryRecord *record);
void
history_recorder_note (HistoryRecorder *self, guint node, const char *trouble);
gboolean
history_recorder_save (HistoryRecorder *self, const char *path, GError **error);

G_END_DECLS
