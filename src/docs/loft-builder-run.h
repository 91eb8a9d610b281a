/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

#include "registry/loft-spool.h"

G_BEGIN_DECLS

/**
 * LoftBuilderEnd:
 * @LOFT_BUILDER_END_NONE: it said nothing of how it ended
 * @LOFT_BUILDER_END_BUILT: there is documentation
 * @LOFT_BUILDER_END_FAILED: there is none
 * @LOFT_BUILDER_END_TIME: it took too long
 * @LOFT_BUILDER_END_SIZE: it sent more than it may
 * @LOFT_BUILDER_END_BROKEN: what it sent can't be kept
 * @LOFT_BUILDER_END_STOPPED: nobody wants it any more
 *
 * How a build ended.
 */
typedef enum
{
  LOFT_BUILDER_END_NONE,
  LOFT_BUILDER_END_BUILT,
  LOFT_BUILDER_END_FAILED,
  LOFT_BUILDER_END_TIME,
  LOFT_BUILDER_END_SIZE,
  LOFT_BUILDER_END_BROKEN,
  LOFT_BUILDER_END_STOPPED
} LoftBuilderEnd;

/**
 * LoftBuilderRun:
 * @end: how it ended
 * @is_begun: whether there was a sandbox
 * @reason: what the sandbox says about its end
 * @log: what was printed there, the end of it
 * @archive: (nullable): what was made, which nobody has looked at
 *
 * What came of a command in a sandbox.
 */
typedef struct
{
  LoftBuilderEnd end;
  gboolean is_begun;
  GString *reason;    /* owned */
  GString *log;       /* owned */
  LoftSpool *archive; /* owned, nullable */
} LoftBuilderRun;

LoftBuilderRun *loft_builder_run (const char *const *command,
                                  int program,
                                  int client,
                                  guint64 seconds,
                                  guint64 bytes_max,
                                  const char *folder,
                                  GError **error);
void loft_builder_run_free (LoftBuilderRun *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftBuilderRun, loft_builder_run_free)

G_END_DECLS
