/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "loft-gio-engine.h"

G_BEGIN_DECLS

/* How many bytes are read by one call, and held at a time. */
#define LOFT_GIO_PIECE_SIZE (4 * 1024 * 1024)

/**
 * LoftGioInfo:
 * @is_file: whether it is a file, not a folder
 * @size: how many bytes it has
 * @modified: when it was written, in µs since the epoch, or 0
 *
 * What is known of a name.
 */
typedef struct
{
  gboolean is_file;
  goffset size;
  gint64 modified;
} LoftGioInfo;

gboolean loft_gio_file_query (LoftGioEngine *engine,
                              const char *path,
                              LoftGioInfo *out_info,
                              GError **error);
GBytes *loft_gio_file_fetch (LoftGioEngine *engine,
                             const char *path,
                             goffset offset,
                             gsize length,
                             GError **error);
GPtrArray *loft_gio_file_enumerate (LoftGioEngine *engine,
                                    const char *path,
                                    GError **error);
gboolean loft_gio_file_rename (LoftGioEngine *engine,
                               const char *path,
                               const char *name,
                               GError **error);
gboolean
loft_gio_file_delete (LoftGioEngine *engine, const char *path, GError **error);
gboolean loft_gio_file_make_folder (LoftGioEngine *engine,
                                    const char *path,
                                    GError **error);

G_END_DECLS
