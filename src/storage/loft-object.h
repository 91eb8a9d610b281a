/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define LOFT_TYPE_OBJECT (loft_object_get_type ())
G_DECLARE_FINAL_TYPE (LoftObject, loft_object, LOFT, OBJECT, GObject)

LoftObject *loft_object_new_bytes (GBytes *bytes,
                                   goffset offset,
                                   goffset size,
                                   const char *etag,
                                   gint64 modified);
LoftObject *loft_object_new_stream (GInputStream *stream,
                                    goffset offset,
                                    goffset length,
                                    goffset size,
                                    const char *etag,
                                    gint64 modified);
LoftObject *loft_object_new_fd (int fd,
                                goffset offset,
                                goffset length,
                                goffset size,
                                const char *etag,
                                gint64 modified);

goffset loft_object_get_size (LoftObject *self);
goffset loft_object_get_offset (LoftObject *self);
goffset loft_object_get_length (LoftObject *self);
const char *loft_object_get_etag (LoftObject *self);
gint64 loft_object_get_modified (LoftObject *self);
GBytes *loft_object_get_bytes (LoftObject *self);
GInputStream *loft_object_get_stream (LoftObject *self);
GBytes *loft_object_load (LoftObject *self,
                          gsize limit,
                          GCancellable *cancellable,
                          GError **error);

G_END_DECLS
