/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "ctl/loft-ctl-import.h"

#include <glib/gi18n.h>
#include <string.h>

/* "loft-registryctl import": takes in a folder of the original server, or what
 * another registry serves. Who runs it again after it was interrupted goes on
 * where it was: what is there already is left alone. */

#define SECONDS_DEFAULT 30
#define RETRIES_DEFAULT 5
#define NUMBER_MAX 3600

static gboolean option_dry_run;
static gboolean option_compare;
static int option_timeout = SECONDS_DEFAULT;
static int option_retries = RETRIES_DEFAULT;

/* clang-format off */
static const GOptionEntry entries[] = {
  { "dry-run", 0, 0, G_OPTION_ARG_NONE, &option_dry_run,
    N_ ("Only tell what would be done"), NULL },
  { "compare", 0, 0, G_OPTION_ARG_NONE, &option_compare,
    N_ ("From a registry that tells no digests, fetch what is there already "
        "too, and compare it"), NULL },
  { "timeout", 0, 0, G_OPTION_ARG_INT, &option_timeout,
    N_ ("Wait so long for an answer, or more of it"), N_ ("SECONDS") },
  { "retries", 0, 0, G_OPTION_ARG_INT, &option_retries,
    N_ ("Try again so often"), N_ ("NUMBER") },
  G_OPTION_ENTRY_NULL
};
/* clang-format on */

static gboolean
check_options (GError **error)
{
  if (option_timeout >= 1 && option_timeout <= NUMBER_MAX &&
      option_retries >= 0 && option_retries <= NUMBER_MAX)
    return TRUE;

  g_set_error (error,
               LOFT_CTL_ERROR,
               LOFT_CTL_ERROR_USAGE,
               _ ("--timeout and --retries take numbers up to %d"),
               NUMBER_MAX);
  return FALSE;
}

static gboolean
run (const LoftCtl *self, char **arguments, GError **error)
{
  const LoftCtlSourceOptions options = { .seconds = (guint) option_timeout,
                                         .retries = (guint) option_retries };
  gboolean is_url = strstr (arguments[0], "://") != NULL;
  g_autoptr (LoftCtlSource) source = NULL;

  if (!check_options (error))
    return FALSE;
  if (is_url)
    source = loft_ctl_source_new (arguments[0], &options, error);
  if (is_url && source == NULL)
    return FALSE;

  g_autoptr (LoftCtlIntake) intake =
    loft_ctl_intake_new (self, option_dry_run, error);
  LoftCtlImport import = { .intake = intake,
                           .dry_run = option_dry_run,
                           .compare = option_compare };
  if (intake == NULL)
    return FALSE;

  gboolean done =
    is_url ? loft_ctl_import_url (self, &import, source, error)
           : loft_ctl_import_folder (self, &import, arguments[0], error);

  return done && loft_ctl_intake_report (intake, error);
}

const LoftCtlCommand loft_ctl_import = {
  .name = "import",
  .arguments = N_ ("DIR|URL"),
  .summary = N_ ("Take in a folder of the original server, or what another "
                 "registry serves"),
  .least = 1,
  .most = 1,
  .options = entries,
  .run = run,
};
