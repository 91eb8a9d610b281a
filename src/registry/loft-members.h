/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-registry.h"

G_BEGIN_DECLS

/**
 * LoftMember:
 * @path: where it is, as whoever packed it says
 * @size: how many bytes it has
 * @target: (nullable): where it leads, if it is a symbolic link
 *
 * A file or a symbolic link in a tarball.
 */
typedef struct
{
  const char *path;
  guint64 size;
  const char *target;
} LoftMember;

/**
 * LoftMembers:
 *
 * A tarball that is being read.
 */
typedef struct _LoftMembers LoftMembers;

LoftMembers *loft_members_open (const LoftDownload *download,
                                gint64 end,
                                GCancellable *cancellable,
                                GError **error);
void loft_members_free (LoftMembers *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftMembers, loft_members_free)

gboolean
loft_members_next (LoftMembers *self, LoftMember *out_member, GError **error);
gssize loft_members_read (LoftMembers *self,
                          void *buffer,
                          gsize length,
                          GError **error);

G_END_DECLS
