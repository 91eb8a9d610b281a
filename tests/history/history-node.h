/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "kit/daemon-kit.h"

G_BEGIN_DECLS

/**
 * HistoryNode:
 * @daemon: the registry
 * @port: where it listens, or 0 while it does not
 *
 * One of several registries on one store.
 */
typedef struct
{
  DaemonKit *daemon; /* owned */
  gint port;         /* atomic */
} HistoryNode;

HistoryNode *history_node_new (GKeyFile *store, guint number, GError **error);
void history_node_free (HistoryNode *self);

gboolean history_node_start (HistoryNode *self, GError **error);
gboolean history_node_launch (HistoryNode *self, GError **error);
gboolean history_node_poll (HistoryNode *self, GError **error);
void history_node_kill (HistoryNode *self);
gint64 history_node_get_sequence (HistoryNode *self);

G_END_DECLS
