/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-registry.h"

G_BEGIN_DECLS

/**
 * LoftNews:
 * @elements: a JSON array of versions, those first that were published last;
 *   yanked ones are left out
 * @origin: what tells the registry from all others, wherever it moves: a digest
 *   of the first event in its log; empty before there is one
 * @changed: microseconds since 1970: when anything happened last of which
 *   @elements might tell
 *
 * What was published lately.
 */
typedef struct
{
  GBytes *elements; /* owned */
  char *origin;     /* owned */
  gint64 changed;
} LoftNews;

void loft_news_free (LoftNews *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftNews, loft_news_free)

gboolean loft_registry_find_newest (LoftRegistry *self,
                                    const char *name,
                                    char **out_version,
                                    GError **error);
void loft_registry_list_news_async (LoftRegistry *self,
                                    const char *name,
                                    guint limit,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
LoftNews *loft_registry_list_news_finish (LoftRegistry *self,
                                          GAsyncResult *result,
                                          GError **error);

G_END_DECLS
