/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-metrics-tarballs.h"

#include "http/loft-metrics-text.h"

/**
 * loft_metrics_add_tarballs:
 * @text: what to add to
 * @registry: a registry
 * @figures: what was counted
 *
 * Adds the figures of tarballs in a storage that is not on this machine.
 */
void
loft_metrics_add_tarballs (GString *text,
                           LoftRegistry *registry,
                           LoftTarballFigures *figures)
{
  const struct
  {
    const char *name;
    const char *help;
    LoftCounter *counter;
  } rows[] = {
    { "loft_tarball_hits_total",
      "Downloads of which there was a copy on this machine",
      &figures->hits },
    { "loft_tarball_joined_total",
      "Downloads of what was being fetched already",
      &figures->joined },
    { "loft_tarball_misses_total",
      "Downloads of which there was no copy",
      &figures->misses },
    { "loft_tarball_fetches_total",
      "Tarballs that were fetched from the storage",
      &figures->fetches },
    { "loft_tarball_fetched_bytes_total", "Bytes of them", &figures->fetched },
    { "loft_tarball_corrupt_total",
      "Tarballs that were not what had been published, as the storage gave "
      "them",
      &figures->corrupt },
    { "loft_tarball_damaged_total",
      "Copies that had changed on their disk, and were fetched anew",
      &figures->damaged },
    { "loft_tarball_evicted_total",
      "Copies that were deleted for want of room",
      &figures->evicted },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    loft_metrics_add_one (text,
                          rows[i].name,
                          "counter",
                          rows[i].help,
                          loft_counter_get (rows[i].counter));
  loft_metrics_add_one (text,
                        "loft_tarball_bytes",
                        "gauge",
                        "Bytes of the copies on this machine",
                        loft_registry_get_copies_size (registry));
}
