/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "loft-gio-engine.h"

G_BEGIN_DECLS

gboolean loft_gio_upload (LoftGioEngine *engine,
                          const char *path,
                          GInputStream *content,
                          goffset size,
                          GCancellable *cancellable,
                          GError **error);
gboolean loft_gio_upload_text (LoftGioEngine *engine,
                               const char *path,
                               const char *text,
                               GError **error);

G_END_DECLS
