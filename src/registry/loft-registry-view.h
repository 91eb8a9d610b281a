/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-registry.h"

G_BEGIN_DECLS

/* Quick: answered from the catalog, fit for the main loop. */

GBytes *loft_registry_view_versions (LoftRegistry *self,
                                     const LoftView *view,
                                     const char *name,
                                     LoftValidity *out_validity,
                                     GError **error);

/* Whatever may have to wait. All but downloads end in
 * loft_registry_view_finish(). */

void loft_registry_view_versions_async (LoftRegistry *self,
                                        const LoftView *view,
                                        const char *name,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
void loft_registry_view_version_async (LoftRegistry *self,
                                       const LoftView *view,
                                       const char *name,
                                       const char *version,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
GBytes *loft_registry_view_finish (LoftRegistry *self,
                                   GAsyncResult *result,
                                   LoftValidity *out_validity,
                                   GError **error);

void loft_registry_view_download_async (LoftRegistry *self,
                                        const LoftView *view,
                                        const char *name,
                                        const char *version,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
LoftDownload *loft_registry_view_download_finish (LoftRegistry *self,
                                                  GAsyncResult *result,
                                                  GError **error);

G_END_DECLS
