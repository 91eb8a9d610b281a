/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gi18n.h>

#include "ctl/loft-ctl-bus.h"
#include "ctl/loft-ctl-job.h"

/* "loft-registryctl collect": removes what nothing can ever refer to. */

static gboolean option_dry_run;
static gboolean option_scheduled;

/* clang-format off */
static const GOptionEntry entries[] = {
  { "dry-run", 0, 0, G_OPTION_ARG_NONE, &option_dry_run,
    N_ ("Only tell what there is"), NULL },
  { "scheduled", 0, 0, G_OPTION_ARG_NONE, &option_scheduled,
    N_ ("Leave it to the registry that looks after the storage"), NULL },
  G_OPTION_ENTRY_NULL
};
/* clang-format on */

static gboolean
run (const LoftCtl *self, char **arguments, GError **error)
{
  GVariantDict options;
  g_autofree char *path = NULL;
  g_autoptr (LoftBusRegistry1) registry = loft_ctl_bus_connect (self, error);
  if (registry == NULL)
    return FALSE;
  if (option_scheduled && loft_ctl_bus_is_relieved (registry))
    return TRUE;

  g_variant_dict_init (&options, NULL);
  g_variant_dict_insert (&options, "dry-run", "b", option_dry_run);
  if (!loft_bus_registry1_call_collect_sync (
        registry,
        g_variant_dict_end (&options),
        G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
        LOFT_CTL_BUS_PATIENCE,
        &path,
        NULL,
        error))
    return FALSE;

  g_autoptr (GVariant) job = loft_ctl_job_wait (self, registry, path, error);

  return job != NULL && loft_ctl_job_report (self, job, error);
}

const LoftCtlCommand loft_ctl_collect = {
  .name = "collect",
  .summary = N_ ("Remove from the storage what nothing can refer to"),
  .options = entries,
  .run = run,
};
