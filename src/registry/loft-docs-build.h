/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-docs-wire.h"
#include "registry/loft-docs.h"
#include "storage/loft-storage.h"

G_BEGIN_DECLS

/**
 * LoftDocsSettings:
 * @command: (nullable): what builds documentation; %NULL if none is built
 * @socket: where the program listens that runs it
 * @timeout: seconds that it may take
 * @memory: bytes of memory that it may use
 * @output_size: bytes of a version's documentation at most
 * @attempts: how often it is tried to build a version's
 * @retry_interval: seconds before it is tried again the first time
 *
 * What an administrator may choose about documentation.
 */
typedef struct
{
  GStrv command; /* owned, nullable */
  char *socket;  /* owned, nullable without a command */
  guint timeout;
  guint64 memory;
  guint64 output_size;
  guint attempts;
  guint retry_interval;
} LoftDocsSettings;

void loft_docs_settings_copy (LoftDocsSettings *self,
                              const LoftDocsSettings *other);
void loft_docs_settings_clear (LoftDocsSettings *self);

/**
 * LoftDocsOutcome:
 * @LOFT_DOCS_OUTCOME_BUILT: the documentation was built, and is stored
 * @LOFT_DOCS_OUTCOME_FAILED: it can't be built, which is put down to the
 *   package
 * @LOFT_DOCS_OUTCOME_UNAVAILABLE: nobody is there who could build it
 *
 * What came of it.
 */
typedef enum
{
  LOFT_DOCS_OUTCOME_BUILT,
  LOFT_DOCS_OUTCOME_FAILED,
  LOFT_DOCS_OUTCOME_UNAVAILABLE
} LoftDocsOutcome;

#define LOFT_DOCS_OUTCOMES (LOFT_DOCS_OUTCOME_UNAVAILABLE + 1)

/**
 * LoftDocsOrder:
 * @settings: how it is built
 * @storage: where the tarball is, and where the documentation goes
 * @name: a package
 * @version: one of its versions
 * @archive: key of the tarball
 * @prefix: what the keys of the documentation are to begin with
 * @tick: called every now and then
 * @tick_data: for @tick
 *
 * What is to be built.
 */
typedef struct
{
  const LoftDocsSettings *settings;
  LoftStorage *storage;
  const char *name;
  const char *version;
  const char *archive;
  const char *prefix;
  LoftDocsTickFunc tick;
  gpointer tick_data;
} LoftDocsOrder;

/**
 * LoftDocsResult:
 * @outcome: what came of it
 * @reason: (nullable): why it was not built
 * @log: (nullable): what was said last while it was being built
 *
 * What an order has come to.
 */
typedef struct
{
  LoftDocsOutcome outcome;
  char *reason; /* owned, nullable */
  char *log;    /* owned, nullable */
} LoftDocsResult;

void loft_docs_result_clear (LoftDocsResult *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LoftDocsResult, loft_docs_result_clear)

gboolean loft_docs_build (const LoftDocsOrder *order,
                          LoftDocsResult *out_result,
                          GCancellable *cancellable,
                          GError **error);

G_END_DECLS
