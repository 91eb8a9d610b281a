/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-event.h"

G_BEGIN_DECLS

/**
 * LoftLedgerEntry:
 * @event: the first event that tells of the version
 * @count: how many do
 *
 * What the log tells of a version.
 */
typedef struct
{
  LoftEvent *event; /* owned */
  guint count;
} LoftLedgerEntry;

void loft_ledger_entry_free (LoftLedgerEntry *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftLedgerEntry, loft_ledger_entry_free)

/**
 * LoftDoubt:
 * @LOFT_DOUBT_DOCUMENT: a document
 * @LOFT_DOUBT_STATE: the state of a package
 * @LOFT_DOUBT_ARCHIVE: a tarball
 *
 * What is to be looked at again.
 */
typedef enum
{
  LOFT_DOUBT_DOCUMENT,
  LOFT_DOUBT_STATE,
  LOFT_DOUBT_ARCHIVE
} LoftDoubt;

/**
 * LoftLedger:
 *
 * The log, by versions and packages, in a file that nobody else sees, and what
 * a comparison with it has to remember. However long the log is, it takes
 * little memory. One thread at a time may use it.
 */
typedef struct _LoftLedger LoftLedger;

LoftLedger *loft_ledger_new (const char *directory, GError **error);
void loft_ledger_free (LoftLedger *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftLedger, loft_ledger_free)

gboolean
loft_ledger_add (LoftLedger *self, const LoftEvent *event, GError **error);
gboolean loft_ledger_find (LoftLedger *self,
                           const char *name,
                           const char *key,
                           LoftLedgerEntry **out_entry,
                           GError **error);
gboolean loft_ledger_mark (LoftLedger *self,
                           const char *name,
                           const char *key,
                           GError **error);
gboolean loft_ledger_find_revision (LoftLedger *self,
                                    const char *name,
                                    guint64 *out_revision,
                                    GError **error);
gboolean loft_ledger_doubt (LoftLedger *self,
                            LoftDoubt doubt,
                            const char *name,
                            const char *key,
                            GError **error);
gboolean loft_ledger_has_doubts (LoftLedger *self, GError **error);
GPtrArray *
loft_ledger_take_doubts (LoftLedger *self, LoftDoubt doubt, GError **error);
GPtrArray *loft_ledger_take_unmarked (LoftLedger *self, GError **error);

G_END_DECLS
