/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-docs-build.h"
#include "registry/loft-histogram.h"
#include "registry/loft-registry-error.h"
#include "storage/loft-storage.h"

G_BEGIN_DECLS

/**
 * LoftOperation:
 * @LOFT_OPERATION_CREATE: creating an object
 * @LOFT_OPERATION_REPLACE: replacing one
 * @LOFT_OPERATION_READ: reading one, up to where its bytes can be had
 * @LOFT_OPERATION_LIST: listing
 * @LOFT_OPERATION_REMOVE: removing one
 * @LOFT_OPERATION_REDIRECT: making an URL for a client
 *
 * What is done with a storage.
 */
typedef enum
{
  LOFT_OPERATION_CREATE,
  LOFT_OPERATION_REPLACE,
  LOFT_OPERATION_READ,
  LOFT_OPERATION_LIST,
  LOFT_OPERATION_REMOVE,
  LOFT_OPERATION_REDIRECT,
  LOFT_N_OPERATIONS
} LoftOperation;

/* What came of it: it was done, or a #LoftStorageError, or another error. */
#define LOFT_OPERATION_OUTCOMES (LOFT_STORAGE_ERROR_FAILED + 3)

/* What came of a publish: it made a version, or found it there, or a
 * #LoftRegistryError. */
#define LOFT_PUBLISH_OUTCOMES (LOFT_REGISTRY_ERROR_FAILED + 3)

/**
 * LoftTarballFigures:
 * @hits: tarballs of which there was a copy
 * @joined: those that were on their way already
 * @misses: those that had to be fetched
 * @fetches: how often the storage was asked for one
 * @fetched: bytes that it gave
 * @corrupt: those that were not what had been published
 * @damaged: copies that had changed on their disk
 * @evicted: copies that were deleted for want of room
 *
 * What is counted of tarballs in a storage that is not on this machine.
 */
typedef struct
{
  LoftCounter hits;
  LoftCounter joined;
  LoftCounter misses;
  LoftCounter fetches;
  LoftCounter fetched;
  LoftCounter corrupt;
  LoftCounter damaged;
  LoftCounter evicted;
} LoftTarballFigures;

/**
 * LoftDocsFigures:
 * @outcomes: what came of having documentation built
 * @time: how long that took, where it was built or failed
 *
 * What is counted of documentation.
 */
typedef struct
{
  LoftCounter outcomes[LOFT_DOCS_OUTCOMES];
  LoftHistogram time;
} LoftDocsFigures;

/**
 * LoftRegistryFigures:
 * @pid: the process, 0 if there was none yet
 * @operations: what was done with the storage, by #LoftOperation and outcome
 * @operation_times: how long that took
 * @publishes: publishes by outcome
 * @publish_time: how long they took
 * @tarballs: of tarballs that are fetched
 * @docs: of documentation
 *
 * What a registry counts. It stands at the beginning of a slot of the page; a
 * process goes on with what the one before has counted.
 */
typedef struct
{
  LoftCounter pid;
  LoftCounter operations[LOFT_N_OPERATIONS][LOFT_OPERATION_OUTCOMES];
  LoftHistogram operation_times[LOFT_N_OPERATIONS];
  LoftCounter publishes[LOFT_PUBLISH_OUTCOMES];
  LoftHistogram publish_time;
  LoftTarballFigures tarballs;
  LoftDocsFigures docs;
} LoftRegistryFigures;

void loft_registry_figures_count_operation (LoftRegistryFigures *self,
                                            LoftOperation operation,
                                            const GError *error,
                                            gint64 duration);
void loft_registry_figures_count_publish (LoftRegistryFigures *self,
                                          gboolean created,
                                          const GError *error,
                                          gint64 duration);

const char *loft_operation_get_name (LoftOperation operation);
const char *loft_operation_get_outcome_name (guint outcome);
const char *loft_publish_get_outcome_name (guint outcome);

G_END_DECLS
