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

/* "loft-registryctl yank": leaves a version out of the lists. */

static char *option_reason; /* owned, nullable */

/* clang-format off */
static const GOptionEntry entries[] = {
  { "reason", 'r', 0, G_OPTION_ARG_STRING, &option_reason,
    N_ ("Say why"), N_ ("TEXT") },
  G_OPTION_ENTRY_NULL
};
/* clang-format on */

static gboolean
run (const LoftCtl *self, char **arguments, GError **error)
{
  g_autofree char *name = NULL;
  g_autofree char *version = NULL;

  if (!loft_ctl_text_split_version (arguments[0], &name, &version, error))
    return FALSE;

  g_autoptr (LoftBusRegistry1) registry = loft_ctl_bus_connect (self, error);
  if (registry == NULL || !loft_bus_registry1_call_yank_sync (
                            registry,
                            name,
                            version,
                            option_reason != NULL ? option_reason : "",
                            G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
                            LOFT_CTL_BUS_PATIENCE,
                            NULL,
                            error))
    return FALSE;

  if (self->json)
    loft_ctl_json_print_strings ("name", name, "yanked", version, NULL);
  else
    g_print (_ ("%s %s is yanked: it is in no list, and downloads still.\n"),
             name,
             version);

  return TRUE;
}

const LoftCtlCommand loft_ctl_yank = {
  .name = "yank",
  .arguments = N_ ("NAME@VERSION"),
  .summary = N_ ("Leave a version out of the lists"),
  .least = 1,
  .most = 1,
  .options = entries,
  .run = run,
};
