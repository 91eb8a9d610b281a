/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-registry-figures.h"

static const char *const operations[] = {
  [LOFT_OPERATION_CREATE] = "create", [LOFT_OPERATION_REPLACE] = "replace",
  [LOFT_OPERATION_READ] = "read",     [LOFT_OPERATION_LIST] = "list",
  [LOFT_OPERATION_REMOVE] = "remove", [LOFT_OPERATION_REDIRECT] = "redirect",
};

G_STATIC_ASSERT (G_N_ELEMENTS (operations) == LOFT_N_OPERATIONS);

static const char *const operation_outcomes[] = {
  "done",
  [1 + LOFT_STORAGE_ERROR_NOT_FOUND] = "not-found",
  [1 + LOFT_STORAGE_ERROR_EXISTS] = "exists",
  [1 + LOFT_STORAGE_ERROR_CHANGED] = "changed",
  [1 + LOFT_STORAGE_ERROR_NO_SPACE] = "no-space",
  [1 + LOFT_STORAGE_ERROR_UNAVAILABLE] = "unavailable",
  [1 + LOFT_STORAGE_ERROR_UNKNOWN] = "unknown",
  [1 + LOFT_STORAGE_ERROR_DENIED] = "denied",
  [1 + LOFT_STORAGE_ERROR_CORRUPT] = "corrupt",
  [1 + LOFT_STORAGE_ERROR_INVALID_KEY] = "invalid-key",
  [1 + LOFT_STORAGE_ERROR_FAILED] = "failed",
  [2 + LOFT_STORAGE_ERROR_FAILED] = "cancelled",
};

G_STATIC_ASSERT (G_N_ELEMENTS (operation_outcomes) == LOFT_OPERATION_OUTCOMES);

static const char *const publish_outcomes[] = {
  "created",
  "unchanged",
  [2 + LOFT_REGISTRY_ERROR_MALFORMED] = "malformed",
  [2 + LOFT_REGISTRY_ERROR_RULES] = "rules",
  [2 + LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE] = "no-such-package",
  [2 + LOFT_REGISTRY_ERROR_NO_SUCH_VERSION] = "no-such-version",
  [2 + LOFT_REGISTRY_ERROR_NOT_FOUND] = "not-found",
  [2 + LOFT_REGISTRY_ERROR_EXISTS] = "exists",
  [2 + LOFT_REGISTRY_ERROR_TOKEN_NEEDED] = "token-needed",
  [2 + LOFT_REGISTRY_ERROR_FORBIDDEN] = "forbidden",
  [2 + LOFT_REGISTRY_ERROR_TOO_LARGE] = "too-large",
  [2 + LOFT_REGISTRY_ERROR_NO_SPACE] = "no-space",
  [2 + LOFT_REGISTRY_ERROR_READ_ONLY] = "read-only",
  [2 + LOFT_REGISTRY_ERROR_NOT_READY] = "not-ready",
  [2 + LOFT_REGISTRY_ERROR_BUSY] = "busy",
  [2 + LOFT_REGISTRY_ERROR_UNAVAILABLE] = "unavailable",
  [2 + LOFT_REGISTRY_ERROR_CORRUPT] = "corrupt",
  [2 + LOFT_REGISTRY_ERROR_FAILED] = "failed",
};

G_STATIC_ASSERT (G_N_ELEMENTS (publish_outcomes) == LOFT_PUBLISH_OUTCOMES);

/**
 * loft_registry_figures_count_operation:
 * @self: figures
 * @operation: what was done with the storage
 * @error: (nullable): why it failed
 * @duration: microseconds that it took
 *
 * Counts an operation; safe in any thread.
 */
void
loft_registry_figures_count_operation (LoftRegistryFigures *self,
                                       LoftOperation operation,
                                       const GError *error,
                                       gint64 duration)
{
  guint outcome = error == NULL ? 0
                  : error->domain == LOFT_STORAGE_ERROR
                    ? 1 + (guint) error->code
                    : LOFT_OPERATION_OUTCOMES - 1;

  loft_counter_add (&self->operations[operation][outcome], 1);
  loft_histogram_add (&self->operation_times[operation], duration);
}

/**
 * loft_registry_figures_count_publish:
 * @self: figures
 * @created: whether there is a new version
 * @error: (nullable): the #LoftRegistryError that it failed with
 * @duration: microseconds that it took
 *
 * Counts a publish; safe in any thread.
 */
void
loft_registry_figures_count_publish (LoftRegistryFigures *self,
                                     gboolean created,
                                     const GError *error,
                                     gint64 duration)
{
  guint outcome = created ? 0 : 1;

  if (error != NULL)
    outcome = error->domain == LOFT_REGISTRY_ERROR
                ? 2 + (guint) error->code
                : 2 + LOFT_REGISTRY_ERROR_FAILED;
  loft_counter_add (&self->publishes[outcome], 1);
  loft_histogram_add (&self->publish_time, duration);
}

/**
 * loft_operation_get_name:
 * @operation: an operation
 *
 * Returns: (transfer none): its name for figures
 */
const char *
loft_operation_get_name (LoftOperation operation)
{
  g_return_val_if_fail (operation < LOFT_N_OPERATIONS, NULL);

  return operations[operation];
}

/**
 * loft_operation_get_outcome_name:
 * @outcome: what came of an operation
 *
 * Returns: (transfer none): its name for figures
 */
const char *
loft_operation_get_outcome_name (guint outcome)
{
  g_return_val_if_fail (outcome < LOFT_OPERATION_OUTCOMES, NULL);

  return operation_outcomes[outcome];
}

/**
 * loft_publish_get_outcome_name:
 * @outcome: what came of a publish
 *
 * Returns: (transfer none): its name for figures
 */
const char *
loft_publish_get_outcome_name (guint outcome)
{
  g_return_val_if_fail (outcome < LOFT_PUBLISH_OUTCOMES, NULL);

  return publish_outcomes[outcome];
}
