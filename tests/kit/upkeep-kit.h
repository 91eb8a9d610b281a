/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "kit/registry-kit.h"
#include "registry/loft-upkeep.h"

G_BEGIN_DECLS

/* Long work, waited for; and damage for it to find. */

/**
 * UpkeepProgress:
 * @cancellable: (nullable): cancelled at the call that @cancel_at counts
 * @cancel_at: from 1
 * @calls: how often progress was told of
 * @done: the last figures
 * @total: the last figures
 * @unit: the last unit
 *
 * What a test is told of progress, and how it ends the work.
 */
typedef struct
{
  GCancellable *cancellable; /* not owned, nullable */
  guint cancel_at;
  guint calls;
  guint64 done;
  guint64 total;
  const char *unit;
} UpkeepProgress;

void upkeep_kit_progress_cb (guint64 done,
                             guint64 total,
                             const char *unit,
                             gpointer user_data);
void upkeep_kit_take_cb (GObject *source_object,
                         GAsyncResult *result,
                         gpointer user_data);
void upkeep_kit_wait (GAsyncResult **result);

char *upkeep_kit_describe (LoftReport *report);
char *upkeep_kit_rescan (RegistryFixture *fixture,
                         UpkeepProgress *progress,
                         GError **error);
char *upkeep_kit_verify (RegistryFixture *fixture,
                         const LoftVerifyOptions *options,
                         UpkeepProgress *progress,
                         GError **error);
char *upkeep_kit_collect (RegistryFixture *fixture,
                          gboolean dry_run,
                          UpkeepProgress *progress,
                          GError **error);
char *upkeep_kit_export (RegistryFixture *fixture,
                         int fd,
                         UpkeepProgress *progress,
                         GError **error);
gboolean upkeep_kit_import (RegistryFixture *fixture,
                            const char *name,
                            const char *version,
                            GInputStream *tarball,
                            GBytes *document,
                            gboolean *out_created,
                            GError **error);

void upkeep_kit_put (RegistryFixture *fixture,
                     const char *key,
                     const char *data,
                     gssize length);
void upkeep_kit_put_adopted (RegistryFixture *fixture,
                             const char *name,
                             const char *version);
char *upkeep_kit_get (RegistryFixture *fixture, const char *key, gsize *length);
void upkeep_kit_remove (RegistryFixture *fixture, const char *key);

G_END_DECLS
