/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-ledger.h"
#include "registry/loft-upkeep-private.h"

G_BEGIN_DECLS

/**
 * LoftVerify:
 * @upkeep: the work
 * @registry: the registry
 * @ledger: what the log tells, as far as it was read
 * @packages: (nullable): what to look at
 * @repair: whether to repair
 * @read_only: whether the log can't be expected to tell of everything
 * @next: number of the first event that was not read yet
 * @in_gap: whether the one before could not be read
 * @keys: (nullable): the folder that is being looked at
 * @named: (element-type utf8): the tarballs that its documents name
 * @done: documents that were looked at
 * @total: how many there may be
 * @events: (element-type LoftEvent): what the log lacks
 *
 * A comparison of storage, log and catalog while it runs.
 */
typedef struct
{
  LoftUpkeep *upkeep;          /* not owned */
  LoftRegistry *registry;      /* not owned */
  LoftLedger *ledger;          /* owned */
  const char *const *packages; /* not owned, nullable */
  gboolean repair;
  gboolean read_only;
  guint64 next;
  gboolean in_gap;
  GPtrArray *keys;   /* not owned, nullable */
  GHashTable *named; /* owned */
  guint64 done;
  guint64 total;
  GPtrArray *events; /* owned */
} LoftVerify;

gboolean loft_verify_is_kept (const char *key);
gboolean loft_verify_wants (LoftVerify *self, const char *name);
gboolean loft_verify_read_log (LoftVerify *self, GError **error);

gboolean loft_verify_document (LoftVerify *self,
                               const char *name,
                               const char *key,
                               GError **error);
gboolean loft_verify_document_again (LoftVerify *self,
                                     const char *name,
                                     const char *key,
                                     GError **error);
gboolean loft_verify_state (LoftVerify *self,
                            const char *name,
                            gboolean again,
                            GError **error);
gboolean loft_verify_other (LoftVerify *self,
                            const char *name,
                            const char *key,
                            GError **error);
gboolean loft_verify_archive_again (LoftVerify *self,
                                    const char *name,
                                    const char *archive,
                                    GError **error);
gboolean loft_verify_lack (LoftVerify *self,
                           const char *key,
                           LoftEvent *event,
                           GError **error);
gboolean loft_verify_tell (LoftVerify *self, guint most, GError **error);
gboolean loft_verify_report (LoftVerify *self,
                             const char *kind,
                             const char *key,
                             GError *reason,
                             GError **error);

G_END_DECLS
