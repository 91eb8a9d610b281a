/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-catalog.h"
#include "registry/loft-docs-build.h"

G_BEGIN_DECLS

/**
 * LoftDocsJob:
 * @name: a package
 * @version: one of its versions
 * @docs: how it is with its documentation
 *
 * A version that is to have documentation.
 */
typedef struct
{
  char *name;                  /* owned */
  LoftCatalogVersion *version; /* owned */
  LoftDocs docs;               /* owned */
} LoftDocsJob;

void loft_docs_job_free (LoftDocsJob *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftDocsJob, loft_docs_job_free)

/**
 * LoftDocsQueue:
 *
 * What is to be built, and in which order.
 */
typedef struct _LoftDocsQueue LoftDocsQueue;

LoftDocsQueue *loft_docs_queue_new (LoftStorage *storage, LoftCatalog *catalog);
void loft_docs_queue_free (LoftDocsQueue *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftDocsQueue, loft_docs_queue_free)

gboolean loft_docs_queue_load (LoftDocsQueue *self,
                               GCancellable *cancellable,
                               GError **error);
gboolean loft_docs_queue_save (LoftDocsQueue *self,
                               GCancellable *cancellable,
                               GError **error);
guint64 loft_docs_queue_get_since (LoftDocsQueue *self);
guint64 loft_docs_queue_get_done (LoftDocsQueue *self);

gboolean loft_docs_queue_find (LoftDocsQueue *self,
                               const LoftDocsSettings *settings,
                               LoftDocsJob **out_job,
                               GError **error);
void loft_docs_queue_put_off (LoftDocsQueue *self,
                              const LoftDocsJob *job,
                              guint seconds);

GPtrArray *loft_docs_list_new (LoftCatalog *catalog,
                               guint64 since,
                               guint64 done,
                               guint limit,
                               GError **error);

G_END_DECLS
