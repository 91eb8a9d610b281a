/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-registry-error.h"

G_BEGIN_DECLS

/**
 * LoftSpool:
 *
 * A nameless file in which an upload is collected while it is hashed; a small
 * one is in memory. One thread at a time may use it.
 */
typedef struct _LoftSpool LoftSpool;

LoftSpool *loft_spool_new (const char *directory, goffset size, GError **error);
LoftSpool *loft_spool_ref (LoftSpool *self);
void loft_spool_unref (LoftSpool *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftSpool, loft_spool_unref)

gboolean loft_spool_write (LoftSpool *self,
                           gconstpointer data,
                           gsize length,
                           GError **error);
gboolean loft_spool_finish (LoftSpool *self, GError **error);
int loft_spool_get_fd (LoftSpool *self);
goffset loft_spool_get_size (LoftSpool *self);
const char *loft_spool_get_sha256 (LoftSpool *self);

G_END_DECLS
