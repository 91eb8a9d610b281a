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

/* "loft-registryctl owners": shows whose a package is, or says so. */

static gboolean option_none;

/* clang-format off */
static const GOptionEntry entries[] = {
  { "none", 0, 0, G_OPTION_ARG_NONE, &option_none,
    N_ ("Open the package to everybody"), NULL },
  G_OPTION_ENTRY_NULL
};
/* clang-format on */

static gboolean
show (const LoftCtl *self,
      LoftBusRegistry1 *registry,
      const char *name,
      GError **error)
{
  g_auto (GStrv) texts = NULL;
  if (!loft_bus_registry1_call_show_package_sync (registry,
                                                  name,
                                                  G_DBUS_CALL_FLAGS_NONE,
                                                  -1,
                                                  &texts,
                                                  NULL,
                                                  error))
    return FALSE;

  g_autoptr (JsonObject) element =
    loft_ctl_json_parse (texts[0] != NULL ? texts[0] : "{}", error);
  if (element == NULL)
    return FALSE;

  g_auto (GStrv) owners = loft_ctl_json_dup_strings (element, "owners");
  if (self->json)
    {
      loft_ctl_json_print_strv ((const char *const *) owners);
      return TRUE;
    }
  for (guint i = 0; owners[i] != NULL; i++)
    {
      g_autofree char *clean = loft_ctl_text_clean (owners[i], FALSE);

      g_print ("%s\n", clean);
    }

  return TRUE;
}

static gboolean
run (const LoftCtl *self, char **arguments, GError **error)
{
  const char *const *owners = (const char *const *) arguments + 1;

  if (option_none && owners[0] != NULL)
    {
      g_set_error_literal (error,
                           LOFT_CTL_ERROR,
                           LOFT_CTL_ERROR_USAGE,
                           _ ("owners takes either owners or --none"));
      return FALSE;
    }

  g_autoptr (LoftBusRegistry1) registry = loft_ctl_bus_connect (self, error);
  if (registry == NULL)
    return FALSE;
  if (!option_none && owners[0] == NULL)
    return show (self, registry, arguments[0], error);

  if (!loft_bus_registry1_call_set_owners_sync (
        registry,
        arguments[0],
        owners,
        G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
        LOFT_CTL_BUS_PATIENCE,
        NULL,
        error))
    return FALSE;

  return show (self, registry, arguments[0], error);
}

const LoftCtlCommand loft_ctl_owners = {
  .name = "owners",
  .arguments = N_ ("NAME [OWNER…]"),
  .summary = N_ ("Show the owners of a package, or say who they are"),
  .least = 1,
  .most = 256,
  .options = entries,
  .run = run,
};
