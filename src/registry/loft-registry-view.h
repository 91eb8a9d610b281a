/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-registry.h"

G_BEGIN_DECLS

/**
 * LoftViewAnswer:
 * @body: JSON
 * @digest: (nullable): SHA-256 of @body in hex, where it is known
 * @next: (nullable): where the next page begins
 * @validity: how long all this holds
 *
 * What a view shows.
 */
typedef struct
{
  GBytes *body; /* owned */
  char *digest; /* owned, nullable */
  char *next;   /* owned, nullable */
  LoftValidity validity;
} LoftViewAnswer;

void loft_view_answer_free (LoftViewAnswer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftViewAnswer, loft_view_answer_free)

/* Quick: answered from the catalog, fit for the main loop. */

LoftViewAnswer *loft_registry_view_versions (LoftRegistry *self,
                                             const LoftView *view,
                                             const char *name,
                                             GError **error);
LoftViewAnswer *loft_registry_view_changes (LoftRegistry *self,
                                            const LoftView *view,
                                            guint64 since,
                                            guint limit,
                                            GError **error);

/* Whatever may have to wait. Those whose name has no finish of its own end in
 * loft_registry_view_finish(). */

void loft_registry_view_packages_async (LoftRegistry *self,
                                        const LoftView *view,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
void loft_registry_view_page_async (LoftRegistry *self,
                                    const LoftView *view,
                                    const char *after,
                                    guint limit,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
void loft_registry_view_dependents_async (LoftRegistry *self,
                                          const LoftView *view,
                                          const char *name,
                                          const char *after,
                                          guint limit,
                                          GCancellable *cancellable,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data);
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
LoftViewAnswer *loft_registry_view_finish (LoftRegistry *self,
                                           GAsyncResult *result,
                                           GError **error);

void loft_registry_view_count_async (LoftRegistry *self,
                                     const LoftView *view,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
gboolean loft_registry_view_count_finish (LoftRegistry *self,
                                          GAsyncResult *result,
                                          guint64 *out_packages,
                                          LoftValidity *out_validity,
                                          GError **error);

void loft_registry_view_download_async (LoftRegistry *self,
                                        const LoftView *view,
                                        const char *name,
                                        const char *version,
                                        gboolean about,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
LoftDownload *loft_registry_view_download_finish (LoftRegistry *self,
                                                  GAsyncResult *result,
                                                  GError **error);

G_END_DECLS
