/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

gboolean loft_filesystem_fill (int fd,
                               const char *key,
                               GInputStream *content,
                               goffset size,
                               GCancellable *cancellable,
                               GError **error);

G_END_DECLS
