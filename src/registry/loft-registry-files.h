/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-registry.h"
#include "registry/loft-view.h"

G_BEGIN_DECLS

/**
 * LoftFile:
 * @version: the version that it is of, in full
 * @path: where it is in the package
 * @digest: (nullable): tells it, in hex, from all other files of any package;
 * it is known before the file is
 * @bytes: (nullable): its content, or the first bytes of it
 * @size: how many bytes it has
 *
 * A file of a package.
 */
typedef struct
{
  char *version; /* owned */
  char *path;    /* owned */
  char *digest;  /* owned, nullable */
  GBytes *bytes; /* owned, nullable */
  guint64 size;
} LoftFile;

void loft_file_free (LoftFile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftFile, loft_file_free)

void loft_registry_find_file_async (LoftRegistry *self,
                                    const LoftView *view,
                                    const char *name,
                                    const char *version,
                                    const char *path,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
void loft_registry_read_file_async (LoftRegistry *self,
                                    const LoftView *view,
                                    const char *name,
                                    const char *version,
                                    const char *path,
                                    gsize length,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
LoftFile *loft_registry_read_file_finish (LoftRegistry *self,
                                          GAsyncResult *result,
                                          GError **error);

G_END_DECLS
