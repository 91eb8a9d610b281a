/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-registry.h"

G_BEGIN_DECLS

GBytes *loft_member_read (const LoftDownload *download,
                          const char *path,
                          gsize length,
                          guint64 *out_size,
                          GCancellable *cancellable,
                          GError **error);

G_END_DECLS
