/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "kit/fault-storage.h"
#include "registry/loft-event.h"
#include "registry/loft-registry.h"

G_BEGIN_DECLS

/* A token that can own a name, and another one. */
#define REGISTRY_KIT_TOKEN "0123456789abcdef0123456789abcdef0123"
#define REGISTRY_KIT_OTHER_TOKEN "fedcba9876543210fedcba9876543210fedc"

/* A registry on a folder of its own, whose storage can be made to fail. */
typedef struct
{
  char *root;                     /* owned */
  char *cache;                    /* owned */
  LoftStorage *real;              /* owned */
  LoftStorage *storage;           /* owned */
  LoftRegistry *registry;         /* owned */
  LoftRegistrySettings *settings; /* owned */
  LoftPage *page;                 /* owned, nullable: shared with others */
} RegistryFixture;

void registry_fixture_set_up (RegistryFixture *fixture,
                              gconstpointer test_data);
void registry_fixture_tear_down (RegistryFixture *fixture,
                                 gconstpointer test_data);
void registry_fixture_open (RegistryFixture *fixture);
void registry_fixture_start (RegistryFixture *fixture);
void registry_fixture_close (RegistryFixture *fixture);
void registry_fixture_restart (RegistryFixture *fixture,
                               gboolean forget_catalog);

GBytes *
registry_kit_pack (const char *name, const char *version, const char *content);
LoftPublishRequest *registry_kit_request (LoftRegistry *registry,
                                          const char *name,
                                          const char *version,
                                          GBytes *tarball,
                                          const char *token);

char *registry_kit_publish (RegistryFixture *fixture,
                            const char *name,
                            const char *version,
                            const char *content,
                            const char *token,
                            gboolean *out_created,
                            GError **error);
char *
registry_kit_list (RegistryFixture *fixture, const char *name, GError **error);
char *registry_kit_list_all (RegistryFixture *fixture, GError **error);
char *registry_kit_show (RegistryFixture *fixture,
                         const char *name,
                         const char *version,
                         GError **error);
char *registry_kit_yank (RegistryFixture *fixture,
                         const char *name,
                         const char *version,
                         gboolean yank,
                         const char *token,
                         GError **error);
gboolean registry_kit_deprecate (RegistryFixture *fixture,
                                 const char *name,
                                 const char *message,
                                 const char *token,
                                 GError **error);
char *registry_kit_yank_as (RegistryFixture *fixture,
                            const char *name,
                            const char *version,
                            gboolean yank,
                            const LoftCaller *caller,
                            GError **error);
gboolean registry_kit_deprecate_as (RegistryFixture *fixture,
                                    const char *name,
                                    const char *message,
                                    const LoftCaller *caller,
                                    GError **error);
gboolean registry_kit_set_owners (RegistryFixture *fixture,
                                  const char *name,
                                  const char *owners,
                                  const LoftCaller *caller,
                                  GError **error);
LoftToken *registry_kit_create_token (RegistryFixture *fixture,
                                      const LoftTokenWish *wish,
                                      const LoftCaller *caller,
                                      char **out_secret,
                                      GError **error);
gboolean registry_kit_revoke_token (RegistryFixture *fixture,
                                    const char *id,
                                    const LoftCaller *caller,
                                    GError **error);
GPtrArray *registry_kit_list_tokens (RegistryFixture *fixture,
                                     const LoftCaller *caller,
                                     GError **error);
LoftDownload *registry_kit_download (RegistryFixture *fixture,
                                     const char *name,
                                     const char *version,
                                     GError **error);
char *registry_kit_changes (RegistryFixture *fixture);
char *registry_kit_versions (RegistryFixture *fixture, const char *name);

G_END_DECLS
