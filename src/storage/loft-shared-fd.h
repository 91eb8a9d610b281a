/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _LoftSharedFd LoftSharedFd;

LoftSharedFd *loft_shared_fd_new (int fd);
LoftSharedFd *loft_shared_fd_ref (LoftSharedFd *self);
void loft_shared_fd_unref (LoftSharedFd *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftSharedFd, loft_shared_fd_unref)

gboolean loft_shared_fd_read (LoftSharedFd *self,
                              goffset offset,
                              void *buffer,
                              gsize count,
                              gsize *out_read,
                              GError **error);
GBytes *loft_shared_fd_map (LoftSharedFd *self, goffset offset, gsize length);

#define LOFT_TYPE_RANGE_STREAM (loft_range_stream_get_type ())
G_DECLARE_FINAL_TYPE (LoftRangeStream,
                      loft_range_stream,
                      LOFT,
                      RANGE_STREAM,
                      GInputStream)

GInputStream *
loft_range_stream_new (LoftSharedFd *file, goffset offset, goffset length);

G_END_DECLS
