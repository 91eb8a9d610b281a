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

/**
 * ServerKitRow:
 * @name: (nullable): what the row is called
 * @method: (nullable): a method; GET if there is none
 * @target: what is asked for
 * @headers: (nullable): lines of a head
 * @status: the status of the answer
 * @header: (nullable): `Name: value`, or `Name:` if there must be none; values
 *   are patterns
 * @body: (nullable): occurs in the body
 * @absent: (nullable): does not
 *
 * A request, and what is answered.
 */
typedef struct
{
  const char *name;
  const char *method;
  const char *target;
  const char *headers;
  guint status;
  const char *header;
  const char *body;
  const char *absent;
} ServerKitRow;

void server_kit_check_header (const HttpAnswer *answer, const char *expected);
void server_kit_ask_row (ServerFixture *fixture, gconstpointer data);
void server_kit_run_rows (ServerFixture *fixture,
                          const ServerKitRow *rows,
                          gsize n_rows);

#define SERVER_KIT_AUTH "Authorization: Bearer " REGISTRY_KIT_TOKEN "\r\n"
#define SERVER_KIT_OTHER_AUTH                                                  \
  "Authorization: Bearer " REGISTRY_KIT_OTHER_TOKEN "\r\n"
#define SERVER_KIT_GZIP "Content-Type: application/gzip\r\n"
#define SERVER_KIT_JSON "Content-Type: application/json\r\n"

G_END_DECLS
