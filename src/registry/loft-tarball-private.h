/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-tarball.h"

G_BEGIN_DECLS

typedef enum
{
  LOFT_TARBALL_GROWING,
  LOFT_TARBALL_WHOLE,
  LOFT_TARBALL_FAILED
} LoftTarballState;

struct _LoftTarball
{
  GObject parent_instance;

  goffset size;
  LoftTarballRenew renew; /* nullable */
  gpointer renew_data;    /* owned */
  GDestroyNotify renew_destroy;

  GMutex lock; /* guards what follows */
  LoftTarballState state;
  int fd;                /* owned, -1 before there is a file */
  LoftTarballSums *sums; /* owned, nullable: what is read must match */
  goffset available;
  gboolean given; /* somebody has got some of it */
  gint64 moved;   /* when something arrived last */
  GError *error;  /* owned, nullable */
  GQueue waiting; /* owned, of owned GTask */
};

/* What somebody waits for. */
typedef struct
{
  LoftTarball *tarball; /* owned: what it is read from, whose was asked */
  guint renewals;
  goffset offset;
  gsize length;
  gboolean verified;
  gint64 since;
  GSource *timer; /* owned, nullable */
} LoftTarballWish;

/* loft-tarball.c */
goffset loft_tarball_get_limit (LoftTarball *self);
gboolean loft_tarball_can_have (LoftTarball *self, const LoftTarballWish *wish);

/* loft-tarball-read.c */
void loft_tarball_serve (GSList *ready);

G_END_DECLS
