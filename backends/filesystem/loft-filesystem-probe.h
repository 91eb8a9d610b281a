/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "loft-filesystem-root.h"

G_BEGIN_DECLS

gboolean loft_filesystem_means_read_only (int code);
char *loft_filesystem_temporary_name (void);
int loft_filesystem_link (LoftFilesystemRoot *self,
                          int fd,
                          int folder,
                          const char *name);
void loft_filesystem_remove_leftovers (LoftFilesystemRoot *self);
gboolean
loft_filesystem_probe (LoftFilesystemRoot *self, int *out_code, GError **error);

G_END_DECLS
