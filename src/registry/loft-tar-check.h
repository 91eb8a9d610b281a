/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-archive.h"

G_BEGIN_DECLS

/**
 * LoftTarMember:
 * @type: its type letter: `0` or `S` for a file, `5` for a folder, `2` for a
 *   symbolic link
 * @path: its path as it is written, any bytes
 * @target: (nullable): where a symbolic link points to, any bytes
 * @size: its size in bytes, unpacked
 *
 * A member of a tar archive, as its headers say.
 */
typedef struct
{
  char type;
  char *path;   /* owned */
  char *target; /* owned, nullable */
  guint64 size;
} LoftTarMember;

void loft_tar_member_free (LoftTarMember *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftTarMember, loft_tar_member_free)

/**
 * LoftTarCheckFunc:
 * @member: (transfer full): a member
 * @user_data: what was given with the function
 *
 * Takes a member whose header was read.
 *
 * Returns: %FALSE to stop
 */
typedef gboolean (*LoftTarCheckFunc) (LoftTarMember *member,
                                      gpointer user_data);

/**
 * LoftTarCheck:
 *
 * Reads the headers of a tar archive that passes by.
 */
typedef struct _LoftTarCheck LoftTarCheck;

LoftTarCheck *loft_tar_check_new (const LoftArchiveLimits *limits,
                                  guint64 packed,
                                  LoftFindings *findings,
                                  LoftTarCheckFunc func,
                                  gpointer user_data);
void loft_tar_check_free (LoftTarCheck *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftTarCheck, loft_tar_check_free)

gboolean
loft_tar_check_feed (LoftTarCheck *self, const guint8 *data, gsize length);
gboolean loft_tar_check_finish (LoftTarCheck *self);

G_END_DECLS
