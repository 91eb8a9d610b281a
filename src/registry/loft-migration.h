/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-report.h"
#include "storage/loft-storage.h"

G_BEGIN_DECLS

/**
 * LoftMigrationCheck:
 * @LOFT_MIGRATION_CHECK_SIZES: what was there before is compared by its size,
 *   if it is a tarball; what is written is believed to be stored
 * @LOFT_MIGRATION_CHECK_WRITTEN: what is written is read back too
 * @LOFT_MIGRATION_CHECK_ALL: tarballs that were there before are read as well
 *
 * How much is made sure of. Everything but tarballs is always compared byte for
 * byte, and a tarball without its document always read.
 */
typedef enum
{
  LOFT_MIGRATION_CHECK_SIZES,
  LOFT_MIGRATION_CHECK_WRITTEN,
  LOFT_MIGRATION_CHECK_ALL
} LoftMigrationCheck;

/**
 * LoftMigrationOptions:
 * @jobs: how many objects are copied at once
 * @check: how much is made sure of
 * @dry_run: whether to compare only, and write nothing
 * @patience: for how long, in microseconds, nothing may succeed
 *
 * How to copy.
 */
typedef struct
{
  guint jobs;
  LoftMigrationCheck check;
  gboolean dry_run;
  gint64 patience;
} LoftMigrationOptions;

/**
 * LoftMigrationFigures:
 * @total: how many objects the source had at the beginning; 0 until that is
 *   known
 * @done: how many of them are dealt with
 * @copied: how many were stored in the target, or would be
 * @replaced: how many documents there were brought up to date, or would be
 * @same: how many were there already
 * @bytes: how many bytes were stored
 * @verified: how many objects were read from the target and found right
 * @foreign: how many were left out, being no part of a registry
 * @retries: how often something had to be tried again
 * @sequence: the last event of the log that the target has then
 *
 * How far it is.
 */
typedef struct
{
  guint64 total;
  guint64 done;
  guint64 copied;
  guint64 replaced;
  guint64 same;
  guint64 bytes;
  guint64 verified;
  guint64 foreign;
  guint64 retries;
  guint64 sequence;
} LoftMigrationFigures;

#define LOFT_TYPE_MIGRATION (loft_migration_get_type ())
G_DECLARE_FINAL_TYPE (LoftMigration, loft_migration, LOFT, MIGRATION, GObject)

LoftMigration *loft_migration_new (LoftStorage *source,
                                   LoftStorage *target,
                                   const LoftMigrationOptions *options);
gboolean loft_migration_run (LoftMigration *self,
                             GCancellable *cancellable,
                             GError **error);
void loft_migration_get_figures (LoftMigration *self,
                                 LoftMigrationFigures *out_figures);
LoftReport *loft_migration_get_report (LoftMigration *self);

G_END_DECLS
