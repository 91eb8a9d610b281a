/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-histogram.h"

/* In microseconds. */
static const gint64 bounds[] = {
  100,   250,    500,    1000,   2500,    5000,    10000,
  25000, 100000, 250000, 500000, 1000000, 5000000, 30000000,
};

G_STATIC_ASSERT (G_N_ELEMENTS (bounds) == LOFT_HISTOGRAM_BUCKETS - 1);

/**
 * loft_histogram_add:
 * @self: a histogram
 * @duration: microseconds
 *
 * Counts something that took @duration; safe in any thread.
 */
void
loft_histogram_add (LoftHistogram *self, gint64 duration)
{
  guint bucket = 0;

  while (bucket < G_N_ELEMENTS (bounds) && duration > bounds[bucket])
    bucket++;
  loft_counter_add (&self->counts[bucket], 1);
  loft_counter_add (&self->sum, (guint64) MAX (duration, 0));
}

/**
 * loft_histogram_get_bound:
 * @bucket: which bucket, but not the last one
 *
 * Returns: the longest duration that belongs to it, in microseconds
 */
gint64
loft_histogram_get_bound (guint bucket)
{
  g_return_val_if_fail (bucket < G_N_ELEMENTS (bounds), 0);

  return bounds[bucket];
}
