/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-downloads.h"
#include "registry/loft-histogram.h"

G_BEGIN_DECLS

/* Of so many versions a process counts the downloads at a time. */
#define LOFT_DOWNLOAD_TALLY_MAX 16384

/**
 * LoftDownloadTally:
 *
 * What a process has counted of downloads, and not handed over yet.
 */
typedef struct _LoftDownloadTally LoftDownloadTally;

LoftDownloadTally *loft_download_tally_new (LoftRegistry *registry,
                                            LoftCounter *counted,
                                            LoftCounter *missed);
void loft_download_tally_free (LoftDownloadTally *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftDownloadTally, loft_download_tally_free)

void loft_download_tally_add (LoftDownloadTally *self,
                              const char *subject,
                              gint64 now);
void loft_download_tally_flush (LoftDownloadTally *self);

G_END_DECLS
