/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gi18n.h>
#include <json-glib/json-glib.h>

#include "ctl/loft-ctl-bus.h"

/* "loft-registryctl reload": has the configuration read again. */

static gboolean
run (const LoftCtl *self, char **arguments, GError **error)
{
  g_autoptr (LoftBusRegistry1) registry = loft_ctl_bus_connect (self, error);

  if (registry == NULL || !loft_bus_registry1_call_reload_sync (
                            registry,
                            G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
                            LOFT_CTL_BUS_PATIENCE,
                            NULL,
                            error))
    return FALSE;

  g_print ("%s\n",
           self->json ? "{\"reloaded\":true}"
                      : _ ("The configuration was read again."));

  return TRUE;
}

const LoftCtlCommand loft_ctl_reload = {
  .name = "reload",
  .summary = N_ ("Have the configuration read again"),
  .run = run,
};
