/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-docs.h"
#include "registry/loft-downloads.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * LoftDescription:
 * @versions: an array of all versions, in the order of clients; the yanked ones
 *   too, unless a view leaves them out
 * @previous: for each of them the one that it came after, or %NULL; their texts
 * @version: the version that is described, with its manifest and its files
 * @dependents: an array of some that depend on the package
 * @more_dependents: whether there are more
 * @readme: (nullable): text of the README
 * @readme_path: (nullable): its path among the files
 * @is_partial: whether the storage was away, so that nothing is known but what
 *   lists say of a version
 * @docs: how it is with the version's documentation; in a view only whether
 *   there is some
 * @downloads: (nullable): how often it was downloaded, where that is counted
 * and no view is asked
 * @yank_reason: (nullable): why the version is yanked, as it is now
 * @validity: how long all this holds
 *
 * A package, by what is worth reading of it: the answers of the registry, and
 * the README.
 */
typedef struct
{
  JsonNode *versions;   /* owned */
  GPtrArray *previous;  /* owned, of what @versions owns */
  JsonNode *version;    /* owned */
  JsonNode *dependents; /* owned */
  gboolean more_dependents;
  char *readme;      /* owned, nullable */
  char *readme_path; /* owned, nullable */
  gboolean is_partial;
  LoftDocs docs;            /* owned */
  LoftDownloads *downloads; /* owned, nullable */
  char *yank_reason;        /* owned, nullable */
  LoftValidity validity;
} LoftDescription;

void loft_description_free (LoftDescription *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftDescription, loft_description_free)

void loft_registry_describe_async (LoftRegistry *self,
                                   const LoftView *view,
                                   const char *name,
                                   const char *version,
                                   guint dependents_max,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
LoftDescription *loft_registry_describe_finish (LoftRegistry *self,
                                                GAsyncResult *result,
                                                GError **error);

G_END_DECLS
