/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "storage/loft-storage.h"

G_BEGIN_DECLS

/* A store of its own for each test. What it holds lies below the prefix, so
 * that one that outlives a test, like a bucket, may serve them all. */
typedef struct
{
  LoftStorage *storage; /* owned */
  GKeyFile *config;     /* owned */
  char *root;           /* owned, nullable: a temporary folder */
  char *prefix;         /* owned; ends in a slash */
} StorageFixture;

void storage_kit_init (const char *backend, const char *config_file);

void storage_fixture_set_up (StorageFixture *fixture, gconstpointer test_data);
void storage_fixture_tear_down (StorageFixture *fixture,
                                gconstpointer test_data);
LoftStorage *storage_fixture_observe (StorageFixture *fixture);
char *storage_fixture_key (StorageFixture *fixture, const char *name);

char *storage_kit_make_root (void);
void storage_kit_remove_root (const char *root);
GKeyFile *storage_kit_config (const char *root);
LoftStorage *storage_kit_observe (GKeyFile *config, GError **error);

void storage_kit_finalize (gpointer object);

gboolean storage_kit_put (LoftStorage *storage,
                          const char *key,
                          const char *text,
                          GError **error);
char *storage_kit_get (LoftStorage *storage, const char *key, GError **error);
char *storage_kit_list (LoftStorage *storage,
                        const char *prefix,
                        const char *after,
                        guint limit);

/* Yields size bytes of one value, from no memory, and then what it is told. */
#define STORAGE_KIT_TYPE_SOURCE (storage_kit_source_get_type ())
G_DECLARE_FINAL_TYPE (StorageKitSource,
                      storage_kit_source,
                      STORAGE_KIT,
                      SOURCE,
                      GInputStream)

GInputStream *
storage_kit_source_new (goffset size, guchar value, const GError *failure);

G_END_DECLS
