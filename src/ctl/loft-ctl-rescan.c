/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gi18n.h>

#include "ctl/loft-ctl-bus.h"
#include "ctl/loft-ctl-job.h"

/* "loft-registryctl rescan": looks for what others have put in the storage. */

static gboolean
run (const LoftCtl *self, char **arguments, GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr (LoftBusRegistry1) registry = loft_ctl_bus_connect (self, error);

  if (registry == NULL || !loft_bus_registry1_call_rescan_sync (
                            registry,
                            G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
                            LOFT_CTL_BUS_PATIENCE,
                            &path,
                            NULL,
                            error))
    return FALSE;

  g_autoptr (GVariant) job = loft_ctl_job_wait (self, registry, path, error);

  return job != NULL && loft_ctl_job_report (self, job, error);
}

const LoftCtlCommand loft_ctl_rescan = {
  .name = "rescan",
  .summary = N_ ("Look for what others have put in the storage"),
  .run = run,
};
