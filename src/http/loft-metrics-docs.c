/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-metrics-docs.h"

#include "http/loft-metrics-text.h"
#include "registry/loft-registry-docs.h"

static const char *const outcomes[] = {
  [LOFT_DOCS_OUTCOME_BUILT] = "built",
  [LOFT_DOCS_OUTCOME_FAILED] = "failed",
  [LOFT_DOCS_OUTCOME_UNAVAILABLE] = "unavailable",
};

G_STATIC_ASSERT (G_N_ELEMENTS (outcomes) == LOFT_DOCS_OUTCOMES);

/**
 * loft_metrics_add_docs:
 * @text: what to add to
 * @registry: a registry
 * @figures: what was counted
 *
 * Adds the figures of documentation.
 */
void
loft_metrics_add_docs (GString *text,
                       LoftRegistry *registry,
                       LoftDocsFigures *figures)
{
  guint64 waiting = 0;
  guint64 failed = 0;

  loft_metrics_begin (text,
                      "loft_docs_builds_total",
                      "counter",
                      "What came of having documentation built");
  for (guint i = 0; i < G_N_ELEMENTS (outcomes); i++)
    loft_metrics_add (text,
                      "loft_docs_builds_total",
                      loft_counter_get (&figures->outcomes[i]),
                      "outcome=\"%s\"",
                      outcomes[i]);

  loft_metrics_begin (text,
                      "loft_docs_build_seconds",
                      "histogram",
                      "Time that it took where it was built or failed");
  loft_metrics_add_histogram (text,
                              "loft_docs_build_seconds",
                              &figures->time,
                              NULL,
                              NULL);

  loft_registry_count_docs (registry, &waiting, &failed);
  loft_metrics_add_one (text,
                        "loft_docs_waiting",
                        "gauge",
                        "Versions that wait for documentation",
                        waiting);
  loft_metrics_add_one (text,
                        "loft_docs_failed",
                        "gauge",
                        "Versions whose documentation can't be built",
                        failed);
}
