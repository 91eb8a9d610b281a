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
 * HistoryClients:
 *
 * Clients that publish, yank and read, at any of several registries, and write
 * down what they were told.
 */
typedef struct _HistoryClients HistoryClients;

HistoryClients *history_clients_new (HistoryRecorder *recorder,
                                     HistoryNode **nodes,
                                     guint n_nodes,
                                     guint clients_per_node,
                                     guint n_publishes,
                                     guint32 seed);
void history_clients_free (HistoryClients *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HistoryClients, history_clients_free)

void history_clients_start (HistoryClients *self);
guint history_clients_get_progress (HistoryClients *self);
guint history_clients_get_given_up (HistoryClients *self);
gboolean history_clients_are_done (HistoryClients *self);
void history_clients_stop (HistoryClients *self);
void history_clients_join (HistoryClients *self);
void history_clients_report (HistoryClients *self);

G_END_DECLS
