/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-registry.h"

G_BEGIN_DECLS

/**
 * LoftSitePackage:
 * @name: its name
 * @updated: microseconds since 1970: when its newest version came; 0 if that is
 *   not known
 *
 * A package of which there is a page.
 */
typedef struct
{
  char *name; /* owned */
  gint64 updated;
} LoftSitePackage;

void loft_site_package_free (LoftSitePackage *self);

gboolean loft_registry_count_site_parts (LoftRegistry *self,
                                         guint64 *out_n,
                                         GError **error);
void loft_registry_list_site_async (LoftRegistry *self,
                                    guint64 part,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
GPtrArray *loft_registry_list_site_finish (LoftRegistry *self,
                                           GAsyncResult *result,
                                           GError **error);

G_END_DECLS
