/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <sys/stat.h>

#include "loft-filesystem-root.h"

G_BEGIN_DECLS

gboolean
loft_filesystem_set_error (GError **error, int code, const char *format, ...)
  G_GNUC_PRINTF (3, 4);
gboolean loft_filesystem_check_key (const char *key, GError **error);

LoftFd loft_filesystem_open_folder (int parent, const char *name, int flags);
LoftFd loft_filesystem_open_parent (LoftFilesystemRoot *root,
                                    const char *key,
                                    int flags,
                                    const char **out_name,
                                    GError **error);
LoftFd loft_filesystem_make_parent (LoftFilesystemRoot *root,
                                    const char *key,
                                    const char **out_name,
                                    GError **error);
LoftFd loft_filesystem_open_file (int folder,
                                  const char *name,
                                  const char *key,
                                  struct stat *out_status,
                                  GError **error);

G_END_DECLS
