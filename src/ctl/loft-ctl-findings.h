/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "ctl/loft-ctl.h"

G_BEGIN_DECLS

guint64 loft_ctl_findings_print (const LoftCtl *self, GVariant *findings);

G_END_DECLS
