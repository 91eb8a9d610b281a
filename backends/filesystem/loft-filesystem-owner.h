/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "loft-filesystem-root.h"

G_BEGIN_DECLS

int loft_filesystem_open_lock (int folder, const char *name, LoftFd *out_fd);
gboolean loft_filesystem_own (LoftFilesystemRoot *self,
                              int folder,
                              int *out_code,
                              GError **error);
gboolean loft_filesystem_join (LoftFilesystemRoot *self,
                               int folder,
                               int *out_code,
                               GError **error);

G_END_DECLS
