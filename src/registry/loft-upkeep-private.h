/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-registry-private.h"
#include "registry/loft-upkeep.h"

G_BEGIN_DECLS

/**
 * LoftUpkeep:
 * @registry: the registry
 * @cancellable: ends the work, whoever wants that
 * @report: what was found
 * @options: (nullable): what the work is about, of the kind of its function
 *
 * Long work while it runs.
 */
struct _LoftUpkeep
{
  LoftRegistry *registry;    /* not owned */
  GCancellable *cancellable; /* owned */
  LoftReport *report;        /* owned */
  gpointer options;          /* owned, nullable */
  GDestroyNotify free_options;
  gboolean (*func) (LoftUpkeep *self, GError **error);
  LoftProgressFunc progress;
  gpointer progress_data; /* not owned */
  gint64 shown_at;
};

typedef gboolean (*LoftUpkeepFunc) (LoftUpkeep *self, GError **error);

LoftUpkeep *loft_upkeep_new (LoftRegistry *registry,
                             LoftUpkeepFunc func,
                             LoftProgressFunc progress,
                             gpointer progress_data);
void loft_upkeep_start (LoftUpkeep *self,
                        gpointer source_tag,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data);
LoftReport *loft_upkeep_finish (LoftRegistry *registry,
                                gpointer source_tag,
                                GAsyncResult *result,
                                GError **error);
void loft_upkeep_show (LoftUpkeep *self,
                       guint64 done,
                       guint64 total,
                       const char *unit);
void loft_upkeep_show_last (LoftUpkeep *self,
                            guint64 done,
                            guint64 total,
                            const char *unit);
gboolean loft_upkeep_is_local (const GError *error);
gboolean loft_upkeep_wait (LoftUpkeep *self, GError **error);

gboolean
loft_collect_docs (LoftUpkeep *upkeep, gboolean dry_run, GError **error);
gboolean
loft_collect_tokens (LoftUpkeep *upkeep, gboolean dry_run, GError **error);

G_END_DECLS
