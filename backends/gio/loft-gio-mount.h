/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _LoftGioMount LoftGioMount;

LoftGioMount *loft_gio_mount_new (GFile *root,
                                  const char *user,
                                  const char *password,
                                  gint64 timeout);
void loft_gio_mount_free (LoftGioMount *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftGioMount, loft_gio_mount_free)

guint64 loft_gio_mount_get_age (LoftGioMount *self);
gboolean loft_gio_mount_is_suspect (LoftGioMount *self);
void loft_gio_mount_suspect (LoftGioMount *self);
gboolean loft_gio_mount_check (LoftGioMount *self, GError **error);
gboolean
loft_gio_mount_renew (LoftGioMount *self, guint64 asked, GError **error);

G_END_DECLS
