/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define LOFT_TAR_BLOCK 512

/**
 * LoftTarHeader:
 *
 * A header as it lies in the archive. GNU archives have times and the sparse
 * map where others have the prefix.
 */
typedef struct
{
  guint8 name[100];
  guint8 mode[8];
  guint8 uid[8];
  guint8 gid[8];
  guint8 size[12];
  guint8 mtime[12];
  guint8 checksum[8];
  guint8 type;
  guint8 link[100];
  guint8 magic[8];
  guint8 owner[32];
  guint8 group[32];
  guint8 device[16];
  union
  {
    guint8 prefix[155];
    struct
    {
      guint8 times[24];
      guint8 offset[12];
      guint8 long_names[4];
      guint8 unused;
      guint8 sparse[4][24];
      guint8 is_extended;
      guint8 real_size[12];
    } gnu;
  };
  guint8 padding[12];
} LoftTarHeader;

G_STATIC_ASSERT (sizeof (LoftTarHeader) == LOFT_TAR_BLOCK);

gboolean
loft_tar_parse_number (const guint8 *field, gsize length, guint64 *out_value);
gboolean loft_tar_header_has_checksum (const LoftTarHeader *self);
gboolean loft_tar_header_is_gnu (const LoftTarHeader *self);
gboolean loft_tar_header_is_ustar (const LoftTarHeader *self);
char *loft_tar_header_get_path (const LoftTarHeader *self);

/**
 * LoftTarSparse:
 * @next: where the next extent may begin at the earliest
 * @stored: bytes of the extents so far
 * @blocks: how many continuation blocks there were
 * @is_ended: whether there was an empty extent, which ends the map
 *
 * The map of a sparse file that is being read.
 */
typedef struct
{
  guint64 next;
  guint64 stored;
  guint blocks;
  gboolean is_ended;
} LoftTarSparse;

gboolean loft_tar_sparse_take (LoftTarSparse *self, const guint8 extent[24]);

G_END_DECLS
