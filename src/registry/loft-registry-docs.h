/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-docs.h"
#include "registry/loft-registry.h"
#include "registry/loft-view.h"

G_BEGIN_DECLS

/**
 * LoftDocsAnswer:
 * @version: the version whose documentation it is
 * @bytes: (nullable): the file that was asked for
 * @is_folder: whether it was a folder, which has pages
 *
 * What was found of documentation.
 */
typedef struct
{
  char *version; /* owned */
  GBytes *bytes; /* owned, nullable */
  gboolean is_folder;
} LoftDocsAnswer;

void loft_docs_answer_free (LoftDocsAnswer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftDocsAnswer, loft_docs_answer_free)

void loft_registry_find_docs_async (LoftRegistry *self,
                                    const LoftView *view,
                                    const char *name,
                                    const char *version,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
void loft_registry_read_docs_async (LoftRegistry *self,
                                    const LoftView *view,
                                    const char *name,
                                    const char *version,
                                    const char *path,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
gboolean loft_registry_look_up_docs (LoftRegistry *self,
                                     const char *name,
                                     const LoftCatalogVersion *version,
                                     LoftDocs *out_docs,
                                     GError **error);

void loft_registry_count_docs (LoftRegistry *self,
                               guint64 *out_waiting,
                               guint64 *out_failed);
void loft_registry_list_docs_async (LoftRegistry *self,
                                    guint limit,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
void loft_registry_show_docs_async (LoftRegistry *self,
                                    const char *name,
                                    const char *version,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
GBytes *loft_registry_tell_docs_finish (LoftRegistry *self,
                                        GAsyncResult *result,
                                        GError **error);

void loft_registry_want_docs_async (LoftRegistry *self,
                                    const char *name,
                                    const char *version,
                                    guint limit,
                                    const LoftCaller *caller,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
gboolean loft_registry_want_docs_finish (LoftRegistry *self,
                                         GAsyncResult *result,
                                         guint *out_count,
                                         GError **error);
LoftDocsAnswer *loft_registry_docs_finish (LoftRegistry *self,
                                           GAsyncResult *result,
                                           GError **error);

G_END_DECLS
