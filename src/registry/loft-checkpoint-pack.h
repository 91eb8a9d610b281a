/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "storage/loft-storage.h"

G_BEGIN_DECLS

#define LOFT_CHECKPOINT_PREFIX "_registry/checkpoint/"

/**
 * LoftPacked:
 * @stem: what the keys of its parts begin with
 * @parts: how many there are
 * @size: bytes of the file
 * @sha256: of the file, in hex
 *
 * A file that lies in the storage in compressed parts.
 */
typedef struct
{
  char *stem; /* owned */
  guint parts;
  guint64 size;
  char *sha256; /* owned */
} LoftPacked;

void loft_packed_clear (LoftPacked *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LoftPacked, loft_packed_clear)

gboolean loft_pack (LoftStorage *storage,
                    const char *path,
                    const char *stem,
                    LoftPacked *out_packed,
                    GCancellable *cancellable,
                    GError **error);
gboolean loft_unpack (LoftStorage *storage,
                      const LoftPacked *packed,
                      const char *path,
                      GCancellable *cancellable,
                      GError **error);

G_END_DECLS
