/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "history/history-record.h"

G_BEGIN_DECLS

#define N_NODES 4
#define ANY N_NODES

/**
 * HistoryCase:
 * @name: what it is, as a part of a test's name
 * @rules: which rules it breaks, in order
 * @change: makes it out of the sample
 *
 * A history that differs from the sample.
 */
typedef struct
{
  const char *name;
  const char *rules;
  void (*change) (GPtrArray *records);
} HistoryCase;

const HistoryCase *history_broken_cases (gsize *out_length);

HistoryRecord *sample_add (GPtrArray *records,
                           HistoryOp op,
                           guint node,
                           const char *name,
                           const char *version,
                           guint status,
                           gint64 begin,
                           gint64 end);
HistoryRecord *sample_publish (GPtrArray *records,
                               guint node,
                               const char *version,
                               const char *bytes,
                               guint status,
                               gint64 begin,
                               gint64 end);
HistoryRecord *sample_read (GPtrArray *records,
                            HistoryOp op,
                            guint node,
                            const char *version,
                            const char *bytes,
                            gint64 begin,
                            gint64 end);
void sample_toggle (GPtrArray *records,
                    HistoryOp op,
                    guint node,
                    const char *version,
                    guint status,
                    gint64 begin,
                    gint64 end);
void sample_set (char **member, const char *value);
void sample_event (GPtrArray *records,
                   guint node,
                   guint64 seq,
                   const char *type,
                   const char *version,
                   const char *bytes,
                   guint64 revision);
void sample_finish_version (GPtrArray *records,
                            guint node,
                            const char *version,
                            const char *bytes,
                            gboolean yanked);
GPtrArray *sample_new (void);
HistoryRecord *
sample_find (GPtrArray *records, HistoryOp op, guint node, const char *version);
HistoryRecord *sample_find_final (GPtrArray *records,
                                  HistoryOp op,
                                  guint node,
                                  const char *version);
HistoryRecord *sample_find_event (GPtrArray *records, guint node, guint64 seq);

G_END_DECLS
