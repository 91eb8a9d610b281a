/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Bytes of the path of a page, below the folder of all. */
#define LOFT_BUILDER_PATH_MAX 255

/**
 * LoftBuilderPages:
 * @files: (element-type LoftBuilderPage): in byte order of path
 * @bytes: of all files together
 * @others: how many things there were that are no files
 *
 * The files of documentation that was made.
 */
typedef struct
{
  GPtrArray *files; /* owned */
  guint64 bytes;
  guint others;
} LoftBuilderPages;

void loft_builder_pages_free (LoftBuilderPages *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftBuilderPages, loft_builder_pages_free)

LoftBuilderPages *loft_builder_pages_collect (int folder,
                                              guint64 bytes_max,
                                              guint64 files_max,
                                              GError **error);
gboolean loft_builder_pages_write (LoftBuilderPages *self, int folder, int fd);

G_END_DECLS
