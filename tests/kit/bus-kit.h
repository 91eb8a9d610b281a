/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define BUS_KIT_NAME "sh.fargone.loft.Registry1"
#define BUS_KIT_PATH "/sh/fargone/loft/Registry1"
#define BUS_KIT_ERROR BUS_KIT_NAME ".Error."

/* A user who may nothing, where tests run as root. */
#define BUS_KIT_NOBODY 65534

/**
 * BusKit:
 * @folder: holds the rest
 * @address: where it is
 * @pid: the running process, or 0
 *
 * A bus of its own with the policy that is installed: what is started while it
 * runs takes it for the system bus.
 */
typedef struct
{
  char *folder;  /* owned */
  char *address; /* owned */
  GPid pid;
} BusKit;

gboolean bus_kit_is_possible (void);
gboolean bus_kit_init (int *argc, char ***argv);
BusKit *bus_kit_new (GError **error);
gboolean bus_kit_start (BusKit *self, GError **error);
void bus_kit_stop (BusKit *self);
void bus_kit_free (BusKit *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BusKit, bus_kit_free)

GDBusConnection *bus_kit_connect (BusKit *self, uid_t uid, GError **error);
gboolean
bus_kit_wait_name (GDBusConnection *connection, const char *name, gboolean is);

GVariant *bus_kit_call (GDBusConnection *connection,
                        const char *path,
                        const char *method,
                        const char *parameters,
                        GError **error);
char *bus_kit_try (GDBusConnection *connection,
                   const char *path,
                   const char *method,
                   const char *parameters);
GVariant *bus_kit_get (GDBusConnection *connection,
                       const char *path,
                       const char *property);

G_END_DECLS
