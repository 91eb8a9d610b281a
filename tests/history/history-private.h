/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "history/history-record.h"

G_BEGIN_DECLS

/**
 * HistoryVersion:
 * @id: `NAME/VERSION`
 * @publishes: what was tried to publish it
 * @toggles: what was tried to yank it, or to take that back
 * @reads: what was read of it, downloads among it
 * @events: the events of each node that tell that it was published
 * @yanks: the events of the first node that tell that it was yanked
 * @acknowledged: (nullable): the first publish that was acknowledged
 * @content: (nullable): digest of its tarball, as far as anybody was told
 * @exists: whether anybody was told that it exists
 *
 * All that is known of a version.
 */
typedef struct
{
  char *id;             /* owned */
  GPtrArray *publishes; /* owned */
  GPtrArray *toggles;   /* owned */
  GPtrArray *reads;     /* owned */
  GPtrArray *events;    /* owned */
  GPtrArray *yanks;     /* owned */
  const HistoryRecord *acknowledged;
  const char *content;
  gboolean exists;
} HistoryVersion;

/**
 * History:
 * @nodes: those of which there are records
 * @first: the first of them
 * @versions: `NAME/VERSION` to #HistoryVersion
 * @logs: node to its events, in the order in which it showed them
 * @followed: events as they were shown to those who followed the log
 * @lists: target to what each node answered in the end
 * @faults: what was found
 *
 * A history, put in order. The records are not owned.
 */
typedef struct
{
  GArray *nodes; /* owned, of guint, in order */
  guint first;
  GHashTable *versions; /* owned */
  GHashTable *logs;     /* owned */
  GPtrArray *followed;  /* owned */
  GHashTable *lists;    /* owned */
  GPtrArray *faults;    /* owned, of owned strings */
} History;

void history_fault (History *self, const char *rule, const char *format, ...)
  G_GNUC_PRINTF (3, 4);

gboolean history_is_done (const HistoryRecord *record);
gboolean history_is_unknown (const HistoryRecord *record);

void history_check_publishes (History *self, HistoryVersion *version);
void history_check_reads (History *self, HistoryVersion *version);
void history_check_yanks (History *self, HistoryVersion *version);
void history_check_logs (History *self);

G_END_DECLS
