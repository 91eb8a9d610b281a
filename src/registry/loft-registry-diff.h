/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-registry.h"
#include "registry/loft-view.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * LoftDiffWish:
 * @view: (nullable): a view; %NULL for the registry as it is
 * @name: a package
 * @old_version: a version, yanked or not
 * @new_version: another one
 * @path: (nullable): of a file; %NULL for all files
 * @after: (nullable): the path after which to begin with all files
 *
 * What is to be compared.
 */
typedef struct
{
  const LoftView *view;
  const char *name;
  const char *old_version;
  const char *new_version;
  const char *path;
  const char *after;
} LoftDiffWish;

/**
 * LoftDiff:
 * @digest: (nullable): tells what differs, in hex, from all else; it is known
 *   before that is
 * @root: (nullable): what differs: an object
 * @next: (nullable): the path after which more files follow
 * @is_partial: whether texts were left out that took too long to compare, and
 *   might take less another time
 *
 * What differs between two versions of a package.
 */
typedef struct
{
  char *digest;   /* owned, nullable */
  JsonNode *root; /* owned, nullable */
  char *next;     /* owned, nullable */
  gboolean is_partial;
} LoftDiff;

void loft_diff_free (LoftDiff *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftDiff, loft_diff_free)

void loft_registry_find_diff_async (LoftRegistry *self,
                                    const LoftDiffWish *wish,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
void loft_registry_diff_async (LoftRegistry *self,
                               const LoftDiffWish *wish,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
LoftDiff *loft_registry_diff_finish (LoftRegistry *self,
                                     GAsyncResult *result,
                                     GError **error);

G_END_DECLS
