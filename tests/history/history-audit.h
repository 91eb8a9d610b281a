/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "history/history-node.h"
#include "history/history-recorder.h"

G_BEGIN_DECLS

void
history_audit (HistoryRecorder *recorder, HistoryNode **nodes, guint n_nodes);

G_END_DECLS
