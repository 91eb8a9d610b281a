/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "http/loft-http-server.h"
#include "kit/http-kit.h"
#include "kit/registry-kit.h"

G_BEGIN_DECLS

/* A real server before a real registry, on a port of loopback that was free. */

typedef struct
{
  RegistryFixture registry;
  LoftHttpServer *server;   /* owned */
  LoftGateFigures *figures; /* not owned */
  guint16 port;
} ServerFixture;

/* A test's part as a client: runs in a thread of its own. */
typedef void (*ServerKitFunc) (ServerFixture *fixture, gconstpointer data);

void server_fixture_set_up_unready (ServerFixture *fixture);
void server_fixture_set_up (ServerFixture *fixture, gconstpointer test_data);
void server_fixture_tear_down (ServerFixture *fixture, gconstpointer test_data);
void server_fixture_run (ServerFixture *fixture,
                         ServerKitFunc func,
                         gconstpointer data);
gboolean server_fixture_drain (ServerFixture *fixture);

#define SERVER_KIT_AUTH "Authorization: Bearer " REGISTRY_KIT_TOKEN "\r\n"
#define SERVER_KIT_OTHER_AUTH                                                  \
  "Authorization: Bearer " REGISTRY_KIT_OTHER_TOKEN "\r\n"
#define SERVER_KIT_GZIP "Content-Type: application/gzip\r\n"
#define SERVER_KIT_JSON "Content-Type: application/json\r\n"

G_END_DECLS
