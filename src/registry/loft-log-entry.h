/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-event.h"
#include "storage/loft-storage.h"

G_BEGIN_DECLS

#define LOFT_LOG_PREFIX "_registry/log/"
#define LOFT_LOG_SEAL 1000

/**
 * LoftLogEnd:
 * @LOFT_LOG_MORE: there may be more
 * @LOFT_LOG_END: there was no more when it was looked
 * @LOFT_LOG_GAP: there is more, but not what follows
 *
 * What there is behind some events.
 */
typedef enum
{
  LOFT_LOG_MORE,
  LOFT_LOG_END,
  LOFT_LOG_GAP
} LoftLogEnd;

char *loft_log_entry_key (guint64 seq);
char *loft_log_sealed_key (guint64 seq);
guint64 loft_log_parse_entry_key (const char *key);

GPtrArray *loft_log_read_entry (LoftStorage *storage,
                                guint64 seq,
                                GCancellable *cancellable,
                                GError **error);
GPtrArray *loft_log_read_sealed (LoftStorage *storage,
                                 guint64 seq,
                                 GCancellable *cancellable,
                                 GError **error);
GPtrArray *loft_log_read (LoftStorage *storage,
                          guint64 seq,
                          GCancellable *cancellable,
                          GError **error);
GPtrArray *loft_log_read_ahead (LoftStorage *storage,
                                guint64 seq,
                                LoftLogEnd *out_end,
                                GCancellable *cancellable,
                                GError **error);
gboolean loft_log_load_documents (LoftStorage *storage,
                                  GPtrArray *events,
                                  GCancellable *cancellable,
                                  GError **error);
LoftDocument *loft_log_load_document (LoftStorage *storage,
                                      const char *name,
                                      const char *key,
                                      GCancellable *cancellable,
                                      GError **error);

G_END_DECLS
