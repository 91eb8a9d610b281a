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
  guint deaths; /* in a row */
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
};

G_END_DECLS
