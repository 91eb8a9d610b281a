/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

gboolean loft_storage_config_refuse (GError **error, const char *format, ...)
  G_GNUC_PRINTF (2, 3);
gboolean loft_storage_config_check_keys (GKeyFile *key_file,
                                         const char *group,
                                         const char *const *names,
                                         GError **error);
char *loft_storage_config_dup_text (GKeyFile *key_file,
                                    const char *group,
                                    const char *name);
gboolean loft_storage_config_get_timeout (GKeyFile *key_file,
                                          const char *group,
                                          gint64 *out_timeout,
                                          GError **error);

G_END_DECLS
