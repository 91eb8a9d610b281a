/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gi18n.h>

#include "ctl/loft-ctl-bus.h"
#include "ctl/loft-ctl-json.h"
#include "ctl/loft-ctl-text.h"

/* "loft-registryctl unyank": takes a version into the lists again. */

static gboolean
run (const LoftCtl *self, char **arguments, GError **error)
{
  g_autofree char *name = NULL;
  g_autofree char *version = NULL;

  if (!loft_ctl_text_split_version (arguments[0], &name, &version, error))
    return FALSE;

  g_autoptr (LoftBusRegistry1) registry = loft_ctl_bus_connect (self, error);
  if (registry == NULL || !loft_bus_registry1_call_unyank_sync (
                            registry,
                            name,
                            version,
                            G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
                            LOFT_CTL_BUS_PATIENCE,
                            NULL,
                            error))
    return FALSE;

  if (self->json)
    loft_ctl_json_print_strings ("name", name, "unyanked", version, NULL);
  else
    g_print (_ ("%s %s is in the lists.\n"), name, version);

  return TRUE;
}

const LoftCtlCommand loft_ctl_unyank = {
  .name = "unyank",
  .arguments = N_ ("NAME@VERSION"),
  .summary = N_ ("Take a yanked version into the lists again"),
  .least = 1,
  .most = 1,
  .run = run,
};
