/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "kit/server-kit.h"

G_BEGIN_DECLS

/* What tests of connections have in common: a server with a few packages, and
 * clients that misbehave. */

/* A package with one version, and one whose list of versions is long. */
#define GATE_KIT_SMALL "hello-lib"
#define GATE_KIT_LONG "many-lib"
#define GATE_KIT_LONG_VERSIONS 60

#define GATE_KIT_GET(target) "GET " target " HTTP/1.1\r\nHost: x\r\n\r\n"

void gate_kit_set_up (ServerFixture *fixture, gconstpointer test_data);
void gate_kit_allow (ServerFixture *fixture, const LoftGateSettings *settings);
GBytes *gate_kit_put_large (ServerFixture *fixture, gsize size);

guint gate_kit_count_descriptors (void);
void gate_kit_await_descriptors (guint n);

HttpClient *gate_kit_send (ServerFixture *fixture, const char *text);
void gate_kit_end_sending (HttpClient *client);
void gate_kit_arm_reset (GSocket *socket);
void gate_kit_reset (HttpClient *client);
void gate_kit_assert_answer (HttpClient *client, guint status);
void gate_kit_assert_alive (ServerFixture *fixture);

G_END_DECLS
