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
LoftDocsAnswer *loft_registry_docs_finish (LoftRegistry *self,
                                           GAsyncResult *result,
                                           GError **error);

G_END_DECLS
