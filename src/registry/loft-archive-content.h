/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-archive.h"

G_BEGIN_DECLS

#define LOFT_ARCHIVE_MANIFEST "manifest.json"

struct archive;

LoftArchive *loft_archive_content_new (void);
gboolean loft_archive_content_take (LoftArchive *self,
                                    struct archive *reader,
                                    const char *path,
                                    guint64 size,
                                    LoftFindings *findings);

G_END_DECLS
