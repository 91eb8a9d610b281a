/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-registry-error.h"

G_BEGIN_DECLS

/**
 * LoftGunzip:
 *
 * Inflates a gzip file of exactly one member.
 */
typedef struct _LoftGunzip LoftGunzip;

LoftGunzip *loft_gunzip_new (int fd, LoftFindings *findings);
void loft_gunzip_free (LoftGunzip *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftGunzip, loft_gunzip_free)

gssize loft_gunzip_read (LoftGunzip *self,
                         guint8 *buffer,
                         gsize length,
                         GError **error);
gboolean loft_gunzip_is_broken (LoftGunzip *self);

G_END_DECLS
