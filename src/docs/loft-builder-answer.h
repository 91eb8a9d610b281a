/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "docs/loft-builder-wire.h"

G_BEGIN_DECLS

/**
 * LoftBuilderStatus:
 * @LOFT_BUILDER_STATUS_UNAVAILABLE: nothing could be built here now, whatever
 *   the package is like
 * @LOFT_BUILDER_STATUS_FAILED: this package's documentation can't be built
 * @LOFT_BUILDER_STATUS_BUILT: it was
 *
 * What came of a request.
 */
typedef enum
{
  LOFT_BUILDER_STATUS_UNAVAILABLE,
  LOFT_BUILDER_STATUS_FAILED,
  LOFT_BUILDER_STATUS_BUILT
} LoftBuilderStatus;

/**
 * LoftBuilderAnswer:
 * @status: what came of it
 * @reason: (nullable): why nothing better
 * @log: (nullable): what was printed, as loft_builder_log_to_text() makes it
 * @files: how many files were made
 * @bytes: how many bytes they have
 * @archive: (nullable): a tar archive of them
 *
 * What is answered.
 */
typedef struct
{
  LoftBuilderStatus status;
  char *reason; /* owned, nullable */
  char *log;    /* owned, nullable */
  guint64 files;
  guint64 bytes;
  LoftSpool *archive; /* owned, nullable */
} LoftBuilderAnswer;

LoftBuilderAnswer *loft_builder_answer_new (LoftBuilderStatus status,
                                            const char *reason);
void loft_builder_answer_free (LoftBuilderAnswer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftBuilderAnswer, loft_builder_answer_free)

gboolean loft_builder_answer_send (const LoftBuilderAnswer *self,
                                   LoftBuilderWire *wire);
const char *loft_builder_status_to_string (LoftBuilderStatus status);

G_END_DECLS
