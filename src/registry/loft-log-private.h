/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-log-entry.h"
#include "registry/loft-log.h"

G_BEGIN_DECLS

struct _LoftLog
{
  GObject parent_instance;

  LoftStorage *storage; /* owned */
  LoftCatalog *catalog; /* owned */
  LoftLogAppliedFunc func;
  gpointer user_data; /* not owned */
  char *node;         /* owned */

  GMutex mutex;
  GCond cond; /* for those who follow */
  gboolean led;
  GPtrArray *waiting; /* owned, of Appender, which their threads own */
  guint last_served;  /* how many have shared the last entry */
  gint64 last_took;   /* microseconds that they have waited for */

  /* Of whoever leads: time and number of an event, once the last one. */
  gint64 last_time;
  guint64 last_seq;
};

void loft_log_lead (LoftLog *self);
void loft_log_step_down (LoftLog *self);
gboolean loft_log_is_shared (LoftLog *self);
gboolean loft_log_apply (LoftLog *self,
                         GPtrArray *events,
                         GCancellable *cancellable,
                         GError **error);
gboolean loft_log_catch_up (LoftLog *self,
                            gboolean *out_any,
                            LoftLogEnd *out_end,
                            GCancellable *cancellable,
                            GError **error);
gboolean loft_log_write (LoftLog *self,
                         GPtrArray *pending,
                         GCancellable *cancellable,
                         GError **error);

G_END_DECLS
