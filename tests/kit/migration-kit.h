/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "kit/upkeep-kit.h"
#include "registry/loft-migration.h"

G_BEGIN_DECLS

/* A registry that serves, and a folder to which it is copied meanwhile. */
typedef struct
{
  RegistryFixture source;
  char *root;            /* owned */
  LoftStorage *observer; /* owned: what is read */
  LoftStorage *real;     /* owned: the folder */
  LoftStorage *target;   /* owned: the same, which can be made to fail */
  LoftMigrationOptions options;
  LoftMigrationFigures figures; /* of the last run */
  char *found;                  /* owned, nullable: by the last run */
} MigrationFixture;

void migration_fixture_set_up (MigrationFixture *fixture,
                               gconstpointer test_data);
void migration_fixture_tear_down (MigrationFixture *fixture,
                                  gconstpointer test_data);

void migration_kit_publish (MigrationFixture *fixture,
                            const char *name,
                            const char *version);
void migration_kit_open (MigrationFixture *fixture);
void migration_kit_close (MigrationFixture *fixture);
gboolean migration_kit_run (MigrationFixture *fixture,
                            GCancellable *cancellable,
                            GError **error);
void migration_kit_succeed (MigrationFixture *fixture);
void migration_kit_fail (MigrationFixture *fixture, const char *message);

void migration_kit_assert_same (MigrationFixture *fixture);
void migration_kit_assert_sound (MigrationFixture *fixture);
void migration_kit_assert_serves (MigrationFixture *fixture);

G_END_DECLS
