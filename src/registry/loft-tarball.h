/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

#include "registry/loft-tarball-sums.h"

G_BEGIN_DECLS

#define LOFT_TYPE_TARBALL (loft_tarball_get_type ())
G_DECLARE_FINAL_TYPE (LoftTarball, loft_tarball, LOFT, TARBALL, GObject)

goffset loft_tarball_get_size (LoftTarball *self);
GBytes *loft_tarball_peek (LoftTarball *self, goffset offset, gsize length);
void loft_tarball_read_async (LoftTarball *self,
                              goffset offset,
                              gsize length,
                              gboolean verified,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
GBytes *loft_tarball_read_finish (LoftTarball *self,
                                  GAsyncResult *result,
                                  GError **error);

/* For who fills it. */

/**
 * LoftTarballRenew:
 * @fd: the tarball's file
 * @data: what was given with it
 *
 * Gives another tarball with the same bytes, in the place of one whose file has
 * changed, if it can. It may block, but not for the storage.
 */
typedef LoftTarball *(*LoftTarballRenew) (int fd, gpointer data);

LoftTarball *loft_tarball_new (goffset size);
void loft_tarball_set_renewal (LoftTarball *self,
                               LoftTarballRenew renew,
                               gpointer data,
                               GDestroyNotify destroy);
gboolean loft_tarball_begin (LoftTarball *self, int fd);
void loft_tarball_advance (LoftTarball *self, goffset available);
void loft_tarball_complete (LoftTarball *self, LoftTarballSums *sums);
LoftTarballSums *loft_tarball_dup_sums (LoftTarball *self);
void loft_tarball_fail (LoftTarball *self, const GError *error);

G_END_DECLS
