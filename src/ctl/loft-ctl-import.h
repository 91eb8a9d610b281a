/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "ctl/loft-ctl-intake.h"
#include "ctl/loft-ctl-source.h"

G_BEGIN_DECLS

/**
 * LoftCtlImport:
 * @intake: where everything goes
 * @dry_run: whether only to tell what would be done
 * @compare: whether to fetch what is there already too
 *
 * What is to be done when something is taken in.
 */
typedef struct
{
  LoftCtlIntake *intake; /* not owned */
  gboolean dry_run;
  gboolean compare;
} LoftCtlImport;

gboolean loft_ctl_import_folder (const LoftCtl *ctl,
                                 const LoftCtlImport *self,
                                 const char *path,
                                 GError **error);
gboolean loft_ctl_import_url (const LoftCtl *ctl,
                              const LoftCtlImport *self,
                              LoftCtlSource *source,
                              GError **error);

G_END_DECLS
