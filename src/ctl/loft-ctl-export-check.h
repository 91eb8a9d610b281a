/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "ctl/loft-ctl.h"

G_BEGIN_DECLS

gboolean
loft_ctl_export_check (const LoftCtl *self, const char *path, GError **error);

G_END_DECLS
