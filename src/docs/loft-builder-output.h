/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

guint64 loft_builder_output_get_most (guint64 bytes_max, guint64 files_max);
gboolean loft_builder_output_check (int fd,
                                    guint64 bytes_max,
                                    guint64 files_max,
                                    guint64 *out_files,
                                    guint64 *out_bytes,
                                    GError **error);

G_END_DECLS
