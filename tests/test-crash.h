/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "kit/daemon-kit.h"

G_BEGIN_DECLS

/**
 * CrashVersion:
 * @tried: digests of the tarballs that were sent
 * @sha256: (nullable): digest of the one that was acknowledged
 * @yank_tried: whether somebody wanted it yanked
 * @yanked: whether that was acknowledged
 *
 * What the clients know of a version.
 */
typedef struct
{
  GPtrArray *tried; /* owned, of owned strings */
  char *sha256;     /* owned, nullable */
  gboolean yank_tried;
  gboolean yanked;
} CrashVersion;

/**
 * CrashLedger:
 * @versions: `NAME/VERSION` to #CrashVersion
 * @history: the log of changes as it was read last
 * @failure: (nullable): the first thing that a client met and must not meet
 * @acknowledged: how often a publish was acknowledged
 *
 * What the clients know, over all crashes.
 */
typedef struct
{
  GMutex mutex;
  GHashTable *versions; /* owned */
  GString *history;     /* owned */
  char *failure;        /* owned, nullable */
  guint acknowledged;
} CrashLedger;

CrashLedger *crash_ledger_new (void);
void crash_ledger_free (CrashLedger *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CrashLedger, crash_ledger_free)

void crash_ledger_try (CrashLedger *self, const char *id, const char *sha256);
void crash_ledger_acknowledge (CrashLedger *self,
                               const char *id,
                               const char *sha256);
guint crash_ledger_count (CrashLedger *self);
void crash_ledger_try_yank (CrashLedger *self, const char *id);
void crash_ledger_acknowledge_yank (CrashLedger *self, const char *id);
void crash_ledger_fail (CrashLedger *self, const char *format, ...)
  G_GNUC_PRINTF (2, 3);

/**
 * CrashPublishers:
 *
 * Clients that publish, all at once and as fast as they can.
 */
typedef struct _CrashPublishers CrashPublishers;

CrashPublishers *crash_publishers_new (CrashLedger *ledger, guint n_clients);
void crash_publishers_free (CrashPublishers *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CrashPublishers, crash_publishers_free)

void crash_publishers_start (CrashPublishers *self, guint16 port);
void crash_publishers_expect_end (CrashPublishers *self);
void crash_publishers_join (CrashPublishers *self);

void crash_audit (CrashLedger *ledger, DaemonKit *daemon);
GHashTable *crash_snapshot (CrashLedger *ledger, DaemonKit *daemon);
void crash_compare (GHashTable *before, GHashTable *after);

G_END_DECLS
