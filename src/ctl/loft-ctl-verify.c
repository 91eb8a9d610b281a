/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <glib/gi18n.h>

#include "ctl/loft-ctl-bus.h"
#include "ctl/loft-ctl-job.h"
#include "ctl/loft-ctl-text.h"

/* "loft-registryctl verify": compares everything in the storage with what is
 * known of it. */

static gboolean option_repair;
static gboolean option_scheduled;

/* clang-format off */
static const GOptionEntry entries[] = {
  { "repair", 0, 0, G_OPTION_ARG_NONE, &option_repair,
    N_ ("Repair what can be repaired"), NULL },
  { "scheduled", 0, 0, G_OPTION_ARG_NONE, &option_scheduled,
    N_ ("Leave it to the registry that looks after the storage"), NULL },
  G_OPTION_ENTRY_NULL
};
/* clang-format on */

static GVariant *
make_options (char **packages)
{
  GVariantDict options;

  g_variant_dict_init (&options, NULL);
  if (option_repair)
    g_variant_dict_insert (&options, "repair", "b", TRUE);
  if (packages[0] != NULL)
    g_variant_dict_insert_value (
      &options,
      "packages",
      g_variant_new_strv ((const char *const *) packages, -1));

  return g_variant_dict_end (&options);
}

static gboolean
run (const LoftCtl *self, char **arguments, GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr (LoftBusRegistry1) registry = loft_ctl_bus_connect (self, error);

  if (registry == NULL)
    return FALSE;
  if (option_scheduled && loft_ctl_bus_is_relieved (registry))
    return TRUE;
  if (!loft_bus_registry1_call_verify_sync (
        registry,
        make_options (arguments),
        G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
        LOFT_CTL_BUS_PATIENCE,
        &path,
        NULL,
        error))
    return FALSE;

  g_autoptr (GVariant) job = loft_ctl_job_wait (self, registry, path, error);
  if (job == NULL)
    return FALSE;

  guint64 done = 0;
  const char *unit = "";
  g_variant_lookup (job, "Done", "t", &done);
  g_variant_lookup (job, "Unit", "&s", &unit);
  if (!self->json)
    {
      g_autofree char *amount = loft_ctl_text_amount (done, unit);

      g_print (_ ("Verified: %s\n"), amount);
    }

  return loft_ctl_job_report (self, job, error);
}

const LoftCtlCommand loft_ctl_verify = {
  .name = "verify",
  .arguments = N_ ("[NAME…]"),
  .summary = N_ ("Compare the storage, or packages in it, with the log"),
  .most = 256,
  .options = entries,
  .run = run,
};
