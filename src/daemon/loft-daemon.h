/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "daemon/loft-config.h"

G_BEGIN_DECLS

#define LOFT_TYPE_DAEMON (loft_daemon_get_type ())
G_DECLARE_FINAL_TYPE (LoftDaemon, loft_daemon, LOFT, DAEMON, GObject)

LoftDaemon *loft_daemon_new (LoftConfig *config,
                             const char *file,
                             const char *const *environment,
                             const char *const *options);
gboolean loft_daemon_run (LoftDaemon *self, GError **error);

G_END_DECLS
