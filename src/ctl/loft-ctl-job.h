/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "ctl/loft-ctl.h"

G_BEGIN_DECLS

GVariant *loft_ctl_job_wait (const LoftCtl *self,
                             LoftBusRegistry1 *registry,
                             const char *path,
                             GError **error);
gboolean
loft_ctl_job_report (const LoftCtl *self, GVariant *job, GError **error);

G_END_DECLS
