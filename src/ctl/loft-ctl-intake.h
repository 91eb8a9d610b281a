/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "ctl/loft-ctl.h"

G_BEGIN_DECLS

/**
 * LoftCtlPresence:
 * @LOFT_CTL_PRESENCE_MISSING: there is no such version
 * @LOFT_CTL_PRESENCE_SAME: the same bytes are there
 * @LOFT_CTL_PRESENCE_OTHER: other bytes are there
 * @LOFT_CTL_PRESENCE_UNKNOWN: it is there, and nobody said which bytes it has
 *
 * What the registry has of a version.
 */
typedef enum
{
  LOFT_CTL_PRESENCE_MISSING,
  LOFT_CTL_PRESENCE_SAME,
  LOFT_CTL_PRESENCE_OTHER,
  LOFT_CTL_PRESENCE_UNKNOWN
} LoftCtlPresence;

typedef struct _LoftCtlIntake LoftCtlIntake;

LoftCtlIntake *
loft_ctl_intake_new (const LoftCtl *ctl, gboolean dry_run, GError **error);
void loft_ctl_intake_free (LoftCtlIntake *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftCtlIntake, loft_ctl_intake_free)

gboolean
loft_ctl_intake_begin (LoftCtlIntake *self, const char *name, GError **error);
LoftCtlPresence loft_ctl_intake_find (LoftCtlIntake *self,
                                      const char *version,
                                      const char *sha256);
void loft_ctl_intake_note (LoftCtlIntake *self,
                           const char *version,
                           const char *sha256,
                           LoftCtlPresence presence);
gboolean loft_ctl_intake_give (LoftCtlIntake *self,
                               const char *version,
                               int fd,
                               const char *document,
                               GError **error);
gboolean loft_ctl_intake_yank (LoftCtlIntake *self,
                               const char *version,
                               const char *reason,
                               GError **error);
gboolean loft_ctl_intake_deprecate (LoftCtlIntake *self,
                                    const char *message,
                                    GError **error);

gboolean loft_ctl_intake_refuse (LoftCtlIntake *self,
                                 const char *name,
                                 const char *version,
                                 GError **error);
gboolean loft_ctl_intake_report (LoftCtlIntake *self, GError **error);

G_END_DECLS
