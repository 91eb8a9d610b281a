/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <string.h>

#include "registry/loft-tarball-folder.h"

G_BEGIN_DECLS

#define LOFT_TARBALL_PART ".part"
#define LOFT_TARBALL_DIGITS 64

struct _LoftTarballFolder
{
  LoftTarballFigures *figures; /* not owned */
  char *path;                  /* owned */
  int fd;                      /* owned, -1 if there is no folder */
  int total_fd;                /* owned, -1 as well */
  _Atomic guint64 size_max;
  _Atomic gint64 quiet_until; /* since when damage can be told of again */
  GMutex lock;                /* held by the one who counts in this process */
};

static inline gboolean
loft_tarball_is_part (const char *name)
{
  return strlen (name) == LOFT_TARBALL_DIGITS + strlen (LOFT_TARBALL_PART) &&
         g_str_has_suffix (name, LOFT_TARBALL_PART);
}

/* loft-tarball-room.c */
void loft_tarball_folder_release (LoftTarballFolder *self, guint64 size);

G_END_DECLS
