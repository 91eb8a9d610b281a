/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "history/history-record.h"
#include "kit/wire-kit.h"

G_BEGIN_DECLS

void history_answer_take (HistoryRecord *record, const WireAnswer *answer);
void history_answer_take_list (HistoryRecord *record, const WireAnswer *answer);
void history_answer_take_event (HistoryRecord *record, const char *line);

G_END_DECLS
