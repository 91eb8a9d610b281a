/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

#include "registry/loft-registry-figures.h"

G_BEGIN_DECLS

/**
 * LoftTarballFolder:
 *
 * Copies of tarballs on a local disk, which all processes of a registry share.
 */
typedef struct _LoftTarballFolder LoftTarballFolder;

/**
 * LoftTarballClaim:
 * @LOFT_TARBALL_CLAIM_MINE: a new file, to be filled
 * @LOFT_TARBALL_CLAIM_TAKEN: a file that somebody else fills
 * @LOFT_TARBALL_CLAIM_WHOLE: a copy that is whole
 * @LOFT_TARBALL_CLAIM_REFUSED: there can be no file
 *
 * What became of the attempt to be the one who fills a copy.
 */
typedef enum
{
  LOFT_TARBALL_CLAIM_MINE,
  LOFT_TARBALL_CLAIM_TAKEN,
  LOFT_TARBALL_CLAIM_WHOLE,
  LOFT_TARBALL_CLAIM_REFUSED
} LoftTarballClaim;

/**
 * LoftTarballMark:
 * @LOFT_TARBALL_MARK_GROWING: it is being filled, if its file is locked
 * @LOFT_TARBALL_MARK_WHOLE: all is there, and right
 * @LOFT_TARBALL_MARK_GIVEN_UP: the storage did not give it
 * @LOFT_TARBALL_MARK_CORRUPT: the storage gave something else
 *
 * What the mode of a file tells whoever has it open.
 */
typedef enum
{
  LOFT_TARBALL_MARK_GROWING = 0600,
  LOFT_TARBALL_MARK_WHOLE = 0400,
  LOFT_TARBALL_MARK_GIVEN_UP = 0200,
  LOFT_TARBALL_MARK_CORRUPT = 0000
} LoftTarballMark;

LoftTarballFolder *loft_tarball_folder_new (const char *cache_directory,
                                            LoftTarballFigures *figures);
void loft_tarball_folder_free (LoftTarballFolder *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftTarballFolder, loft_tarball_folder_free)

void loft_tarball_folder_set_size (LoftTarballFolder *self, guint64 size_max);
guint64 loft_tarball_folder_get_size (LoftTarballFolder *self);
void loft_tarball_folder_tidy (LoftTarballFolder *self);
int loft_tarball_folder_open (LoftTarballFolder *self,
                              const char *sha256,
                              goffset size);
void
loft_tarball_folder_drop (LoftTarballFolder *self, const char *sha256, int fd);
LoftTarballClaim loft_tarball_folder_claim (LoftTarballFolder *self,
                                            const char *sha256,
                                            goffset size,
                                            int *out_fd);
gboolean loft_tarball_folder_reserve (LoftTarballFolder *self,
                                      int fd,
                                      goffset size,
                                      gboolean *out_keep);
void loft_tarball_folder_settle (LoftTarballFolder *self,
                                 const char *sha256,
                                 int fd,
                                 goffset size,
                                 gboolean keep);

G_END_DECLS
