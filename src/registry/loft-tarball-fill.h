/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-tarball-folder.h"
#include "registry/loft-tarball.h"
#include "storage/loft-storage.h"

G_BEGIN_DECLS

/**
 * LoftTarballFill:
 * @storage: where the tarball is
 * @folder: where the copy goes
 * @figures: what is counted
 * @stopping: cancelled when the registry ends
 * @tarball: what is filled
 * @key: the tarball's key in the storage
 * @sha256: its digest in hex
 * @copy: a copy that has to be compared with it first, or -1
 *
 * What has to be fetched.
 */
typedef struct
{
  LoftStorage *storage;        /* owned */
  LoftTarballFolder *folder;   /* not owned */
  LoftTarballFigures *figures; /* not owned */
  GCancellable *stopping;      /* owned */
  LoftTarball *tarball;        /* owned */
  char *key;                   /* owned */
  char *sha256;                /* owned */
  int copy;                    /* owned */
} LoftTarballFill;

void loft_tarball_fill_free (LoftTarballFill *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftTarballFill, loft_tarball_fill_free)

gboolean loft_tarball_fill_from_copy (LoftTarballFill *self);
gboolean loft_tarball_fill_run (LoftTarballFill *self, GError **error);

G_END_DECLS
