/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "history/history-node.h"
#include "history/history-recorder.h"

G_BEGIN_DECLS

/**
 * HistoryFollower:
 *
 * Follows the log at one node, whatever becomes of that.
 */
typedef struct _HistoryFollower HistoryFollower;

HistoryFollower *history_follower_new (HistoryRecorder *recorder,
                                       HistoryNode *node,
                                       guint number);
void history_follower_stop (HistoryFollower *self);

G_END_DECLS
