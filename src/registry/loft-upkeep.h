/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-registry.h"
#include "registry/loft-report.h"

G_BEGIN_DECLS

/* Long work for an administrator. It runs in threads of its own beside what the
 * registry does for others, in the process that looks after the catalog: not in
 * one that has joined. */

/**
 * LoftProgressFunc:
 * @done: how much is done
 * @total: of how much; 0 as long as that is not known
 * @unit: what is counted: `versions`, `objects` or `bytes`
 * @user_data: what was given with the function
 *
 * Told of progress now and then, in the thread that works: it must be quick.
 * It is not called any more once the work's callback has been.
 */
typedef void (*LoftProgressFunc) (guint64 done,
                                  guint64 total,
                                  const char *unit,
                                  gpointer user_data);

/**
 * LoftVerifyOptions:
 * @repair: whether to put right what can be put right with certainty: events
 *   that the log lacks are added, and rows of the catalog made anew
 * @packages: (nullable): the packages to look at; %NULL for all that is stored
 *
 * What loft_registry_verify_async() is to do.
 */
typedef struct
{
  gboolean repair;
  GStrv packages; /* not owned, nullable */
} LoftVerifyOptions;

void loft_registry_verify_async (LoftRegistry *self,
                                 const LoftVerifyOptions *options,
                                 LoftProgressFunc progress,
                                 gpointer progress_data,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
LoftReport *loft_registry_verify_finish (LoftRegistry *self,
                                         GAsyncResult *result,
                                         GError **error);

void loft_registry_collect_async (LoftRegistry *self,
                                  gboolean dry_run,
                                  LoftProgressFunc progress,
                                  gpointer progress_data,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
LoftReport *loft_registry_collect_finish (LoftRegistry *self,
                                          GAsyncResult *result,
                                          GError **error);

void loft_registry_export_async (LoftRegistry *self,
                                 int fd,
                                 LoftProgressFunc progress,
                                 gpointer progress_data,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
LoftReport *loft_registry_export_finish (LoftRegistry *self,
                                         GAsyncResult *result,
                                         GError **error);

void loft_registry_rescan_async (LoftRegistry *self,
                                 LoftProgressFunc progress,
                                 gpointer progress_data,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
LoftReport *loft_registry_rescan_finish (LoftRegistry *self,
                                         GAsyncResult *result,
                                         GError **error);

void loft_registry_import_version_async (LoftRegistry *self,
                                         const char *name,
                                         const char *version,
                                         GInputStream *tarball,
                                         GBytes *document,
                                         const LoftCaller *caller,
                                         GCancellable *cancellable,
                                         GAsyncReadyCallback callback,
                                         gpointer user_data);
gboolean loft_registry_import_version_finish (LoftRegistry *self,
                                              GAsyncResult *result,
                                              gboolean *out_created,
                                              GError **error);

G_END_DECLS
