/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "loft-filesystem-root.h"

G_BEGIN_DECLS

gboolean loft_filesystem_create (LoftFilesystemRoot *root,
                                 const char *key,
                                 GInputStream *content,
                                 goffset size,
                                 GCancellable *cancellable,
                                 GError **error);
char *loft_filesystem_replace (LoftFilesystemRoot *root,
                               const char *key,
                               GBytes *content,
                               const char *etag,
                               GCancellable *cancellable,
                               GError **error);
gboolean loft_filesystem_remove (LoftFilesystemRoot *root,
                                 const char *key,
                                 GCancellable *cancellable,
                                 GError **error);

G_END_DECLS
