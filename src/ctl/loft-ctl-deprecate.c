/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gi18n.h>

#include "ctl/loft-ctl-bus.h"
#include "ctl/loft-ctl-json.h"

/* "loft-registryctl deprecate": says that a package should not be used. */

static gboolean option_undo;

/* clang-format off */
static const GOptionEntry entries[] = {
  { "undo", 0, 0, G_OPTION_ARG_NONE, &option_undo,
    N_ ("Say so no longer"), NULL },
  G_OPTION_ENTRY_NULL
};
/* clang-format on */

static gboolean
check (char **arguments, GError **error)
{
  gboolean has_message = arguments[1] != NULL && *arguments[1] != '\0';

  if (has_message != option_undo)
    return TRUE;

  g_set_error_literal (error,
                       LOFT_CTL_ERROR,
                       LOFT_CTL_ERROR_USAGE,
                       _ ("deprecate takes either a message or --undo"));
  return FALSE;
}

static gboolean
run (const LoftCtl *self, char **arguments, GError **error)
{
  if (!check (arguments, error))
    return FALSE;

  const char *message = option_undo ? "" : arguments[1];
  g_autoptr (LoftBusRegistry1) registry = loft_ctl_bus_connect (self, error);
  if (registry == NULL || !loft_bus_registry1_call_deprecate_sync (
                            registry,
                            arguments[0],
                            message,
                            G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
                            LOFT_CTL_BUS_PATIENCE,
                            NULL,
                            error))
    return FALSE;

  if (self->json)
    loft_ctl_json_print_strings ("name",
                                 arguments[0],
                                 "deprecated",
                                 message,
                                 NULL);
  else if (option_undo)
    g_print (_ ("%s is not deprecated.\n"), arguments[0]);
  else
    g_print (_ ("%s is deprecated.\n"), arguments[0]);

  return TRUE;
}

const LoftCtlCommand loft_ctl_deprecate = {
  .name = "deprecate",
  .arguments = N_ ("NAME [MESSAGE]"),
  .summary = N_ ("Say why a package should not be used any more"),
  .least = 1,
  .most = 2,
  .options = entries,
  .run = run,
};
