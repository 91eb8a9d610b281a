/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

gboolean loft_config_complete_backend (GKeyFile *key_file,
                                       const char *backend,
                                       const char *storage,
                                       const char *const *environment,
                                       GError **error);

G_END_DECLS
