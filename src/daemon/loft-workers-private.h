/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "daemon/loft-workers.h"

G_BEGIN_DECLS

typedef struct
{
  LoftWorkers *workers; /* not owned */
  guint slot;
  GPid pid;         /* 0 if it does not run */
  int link;         /* owned, -1 if it does not run */
  GSource *watch;   /* owned, nullable: waits for its end */
  GSource *restart; /* owned, nullable: waits for its start */
  gint64 started_at;
  guint deaths;   /* in a row */
  gboolean ended; /* by us, since it hung */
} LoftWorker;

struct _LoftWorkers
{
  GObject parent_instance;

  LoftPage *page;     /* owned */
  GPtrArray *sockets; /* owned, of owned GSocket */
  GPtrArray *all;     /* owned, of owned LoftWorker */
  char *config;       /* owned, nullable until it was set */
  GTask *stop;        /* owned, NULL until it was begun */
  GSource *deadline;  /* owned, nullable */
  GSource *look;      /* owned, nullable: looks for those that hang */
  gint64 patience;    /* microseconds that one may hang; 0 for ever */
  gint64 looked_at;   /* the last time */
  gint64 awake_since; /* when we were stopped ourselves, the end of that */
};

void loft_workers_look (LoftWorkers *self);

G_END_DECLS
