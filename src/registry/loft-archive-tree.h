/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-registry-error.h"

G_BEGIN_DECLS

typedef enum
{
  LOFT_ARCHIVE_FOLDER,
  LOFT_ARCHIVE_FILE,
  LOFT_ARCHIVE_LINK,
} LoftArchiveKind;

/**
 * LoftArchiveTree:
 *
 * The folders and files that an archive would unpack to.
 */
typedef struct _LoftArchiveTree LoftArchiveTree;

LoftArchiveTree *
loft_archive_tree_new (guint nodes_max, gsize path_max, LoftFindings *findings);
void loft_archive_tree_free (LoftArchiveTree *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftArchiveTree, loft_archive_tree_free)

gboolean loft_archive_tree_add (LoftArchiveTree *self,
                                const char *path,
                                LoftArchiveKind kind,
                                const char *target);
gboolean loft_archive_tree_is_full (LoftArchiveTree *self);
void loft_archive_tree_check_links (LoftArchiveTree *self);

G_END_DECLS
