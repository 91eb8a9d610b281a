/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-spool.h"
#include "storage/loft-storage.h"

G_BEGIN_DECLS

/**
 * LoftTarWriter:
 *
 * A tar archive on its way to a file descriptor, which lists at its end what
 * was in it. One thread may use it.
 */
typedef struct _LoftTarWriter LoftTarWriter;

LoftTarWriter *loft_tar_writer_new (int fd,
                                    const char *directory,
                                    GCancellable *cancellable,
                                    GError **error);
void loft_tar_writer_free (LoftTarWriter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftTarWriter, loft_tar_writer_free)

gboolean loft_tar_writer_add_object (LoftTarWriter *self,
                                     const char *path,
                                     LoftObject *object,
                                     char **out_sha256,
                                     GError **error);
gboolean loft_tar_writer_add_bytes (LoftTarWriter *self,
                                    const char *path,
                                    GBytes *bytes,
                                    gint64 modified,
                                    GError **error);
gboolean
loft_tar_writer_finish (LoftTarWriter *self, const char *path, GError **error);

void loft_tar_append_line (GString *text,
                           const char *sha256,
                           const char *path,
                           gint64 modified);

G_END_DECLS
