/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-manifest.h"

G_BEGIN_DECLS

/**
 * LoftArchiveLimits:
 * @unpacked: bytes of all members together
 * @ratio: unpacked to packed, held above @ratio_from unpacked bytes
 * @ratio_from: see @ratio
 * @entries: how many members
 * @path: bytes of a member's path
 *
 * What an archive may hold at most.
 */
typedef struct
{
  guint64 unpacked;
  guint ratio;
  guint64 ratio_from;
  guint entries;
  guint path;
} LoftArchiveLimits;

#define LOFT_ARCHIVE_LIMITS_DEFAULT                                            \
  {                                                                            \
    256 * 1024 * 1024, 50, 64 * 1024 * 1024, 20000, 255                        \
  }

/**
 * LoftArchiveFile:
 * @path: the member's path, normalised
 * @size: its size in bytes, unpacked
 *
 * A regular file in an archive.
 */
typedef struct
{
  char *path; /* owned */
  guint64 size;
} LoftArchiveFile;

/**
 * LoftArchive:
 * @files: (element-type LoftArchiveFile): regular files, in byte order of path
 * @manifest: (nullable): what `manifest.json` says, if it could be read
 * @readme_path: (nullable): path of the README
 * @readme: (nullable): its text, UTF-8, cut at 64 KiB
 * @unpacked: bytes of all files together
 *
 * What an inspection found.
 */
typedef struct
{
  GPtrArray *files;       /* owned */
  LoftManifest *manifest; /* owned, nullable */
  char *readme_path;      /* owned, nullable */
  char *readme;           /* owned, nullable */
  guint64 unpacked;
} LoftArchive;

LoftArchive *loft_archive_inspect (int fd,
                                   const LoftArchiveLimits *limits,
                                   LoftFindings *findings,
                                   GCancellable *cancellable,
                                   GError **error);
void loft_archive_free (LoftArchive *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftArchive, loft_archive_free)

G_END_DECLS
