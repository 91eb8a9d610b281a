/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

char *loft_backend_config_guess (const char *storage);
gboolean loft_backend_config_complete (GKeyFile *key_file,
                                       const char *backend,
                                       const char *storage,
                                       const char *const *environment,
                                       GError **error);

G_END_DECLS
