/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "storage/loft-storage.h"

G_BEGIN_DECLS

/**
 * LoftWalkFolderFunc:
 * @name: a package, or what may be one
 * @keys: (element-type utf8): the storage keys of all objects that are right in
 *   its folder, in byte order
 * @user_data: what was given with the function
 * @error: return location for a #GError
 *
 * Looks at a folder.
 *
 * Returns: %TRUE to go on, or %FALSE with @error set
 */
typedef gboolean (*LoftWalkFolderFunc) (const char *name,
                                        GPtrArray *keys,
                                        gpointer user_data,
                                        GError **error);

/**
 * LoftWalkStrayFunc:
 * @key: a storage key
 * @user_data: what was given with the function
 *
 * Looks at an object that is in no package's folder, or below a folder in it.
 */
typedef void (*LoftWalkStrayFunc) (const char *key, gpointer user_data);

gboolean loft_walk (LoftStorage *storage,
                    LoftWalkFolderFunc folder_func,
                    LoftWalkStrayFunc stray_func,
                    gpointer user_data,
                    GCancellable *cancellable,
                    GError **error);
gboolean loft_walk_folder (LoftStorage *storage,
                           const char *name,
                           LoftWalkFolderFunc folder_func,
                           gpointer user_data,
                           GCancellable *cancellable,
                           GError **error);
gboolean loft_walk_has (GPtrArray *keys, const char *key);

G_END_DECLS
