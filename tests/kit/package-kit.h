/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * PackageKitFolder:
 * @storage: the folder to fill
 * @packages: how many packages, `filled-0` and so on
 * @versions: how many versions of each, `0.1.0` and so on
 * @size: about how many bytes a tarball has
 * @odd_size: the same for the second, fourth and so on; 0 for no difference
 *
 * What a folder of the original server is to hold.
 */
typedef struct
{
  const char *storage;
  guint packages;
  guint versions;
  gsize size;
  gsize odd_size;
} PackageKitFolder;

typedef void (*PackageKitFunc) (const char *name,
                                const char *version,
                                const char *sha256,
                                gpointer user_data);

GBytes *package_kit_make (const char *name,
                          const char *version,
                          gsize size,
                          guint32 seed);
char *package_kit_digest (GBytes *bytes);
char *package_kit_name (guint number);
char *package_kit_version (guint number);
gboolean package_kit_fill (const PackageKitFolder *folder,
                           PackageKitFunc func,
                           gpointer user_data,
                           GError **error);

G_END_DECLS
