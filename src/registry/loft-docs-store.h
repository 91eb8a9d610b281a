/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-docs-wire.h"
#include "storage/loft-storage.h"

G_BEGIN_DECLS

/* Files of a version's documentation at most. */
#define LOFT_DOCS_FILES_MAX 10000

gboolean loft_docs_store (LoftDocsWire *wire,
                          guint64 length,
                          guint64 bytes_max,
                          LoftStorage *storage,
                          const char *prefix,
                          GCancellable *cancellable,
                          GError **error);
void loft_docs_remove (LoftStorage *storage,
                       const char *prefix,
                       GCancellable *cancellable);

G_END_DECLS
