/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "kit/bus-kit.h"
#include "kit/daemon-kit.h"

G_BEGIN_DECLS

#define BUS_FIXTURE_SECONDS 30

/* The real program with two workers on a bus of its own. */
typedef struct
{
  BusKit *bus;                 /* owned */
  DaemonKit *daemon;           /* owned */
  GDBusConnection *connection; /* owned */
} BusFixture;

void bus_fixture_set_up_stopped (BusFixture *fixture, gconstpointer test_data);
void bus_fixture_set_up (BusFixture *fixture, gconstpointer test_data);
void bus_fixture_start (BusFixture *fixture);
void bus_fixture_tear_down (BusFixture *fixture, gconstpointer test_data);
void bus_fixture_add (const char *path,
                      void (*test) (BusFixture *, gconstpointer));

void bus_fixture_publish (BusFixture *fixture,
                          const char *name,
                          const char *version);
void
bus_fixture_yank (BusFixture *fixture, const char *name, const char *version);
char *bus_fixture_try (BusFixture *fixture,
                       const char *method,
                       const char *parameters);
void bus_fixture_assert (BusFixture *fixture,
                         const char *method,
                         const char *parameters,
                         const char *expected);
char *bus_fixture_export (GDBusConnection *connection, int fd);
guint bus_fixture_count_descriptors (BusFixture *fixture);
void bus_fixture_wait_log (BusFixture *fixture, const char *expected);
gboolean bus_fixture_wait_descriptors (BusFixture *fixture, guint most);

G_END_DECLS
