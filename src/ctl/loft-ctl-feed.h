/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "ctl/loft-ctl-bus.h"

G_BEGIN_DECLS

/**
 * LoftCtlFeed:
 *
 * The log of changes of a registry, as it is read page by page.
 */
typedef struct _LoftCtlFeed LoftCtlFeed;

LoftCtlFeed *
loft_ctl_feed_new (const LoftCtl *ctl, gboolean audit, GError **error);
void loft_ctl_feed_free (LoftCtlFeed *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftCtlFeed, loft_ctl_feed_free)

guint64 loft_ctl_feed_get_end (LoftCtlFeed *self);
GStrv loft_ctl_feed_read (LoftCtlFeed *self,
                          guint64 since,
                          guint limit,
                          guint64 *out_last,
                          GError **error);
GStrv loft_ctl_feed_wait (LoftCtlFeed *self,
                          guint64 since,
                          guint64 *out_last,
                          GError **error);

G_END_DECLS
