/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "ctl/loft-ctl.h"

G_BEGIN_DECLS

typedef struct _LoftCtlProgress LoftCtlProgress;

LoftCtlProgress *loft_ctl_progress_new (const LoftCtl *ctl);
void loft_ctl_progress_free (LoftCtlProgress *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftCtlProgress, loft_ctl_progress_free)

void loft_ctl_progress_show (LoftCtlProgress *self,
                             guint64 done,
                             guint64 total,
                             const char *unit);

G_END_DECLS
