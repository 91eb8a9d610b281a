/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>
#include <stdatomic.h>

G_BEGIN_DECLS

/**
 * LoftCounter:
 *
 * A number that any thread may raise and any process may read.
 */
typedef _Atomic guint64 LoftCounter;

static inline void
loft_counter_add (LoftCounter *self, guint64 n)
{
  atomic_fetch_add_explicit (self, n, memory_order_relaxed);
}

static inline guint64
loft_counter_get (LoftCounter *self)
{
  return atomic_load_explicit (self, memory_order_relaxed);
}

/* Of which the last one has no bound. */
#define LOFT_HISTOGRAM_BUCKETS 15

/**
 * LoftHistogram:
 * @counts: how many took at most as long as the bound of a bucket, and longer
 *   than that of the one before
 * @sum: microseconds that all took
 *
 * How long something took, each time.
 */
typedef struct
{
  LoftCounter counts[LOFT_HISTOGRAM_BUCKETS];
  LoftCounter sum;
} LoftHistogram;

void loft_histogram_add (LoftHistogram *self, gint64 duration);
gint64 loft_histogram_get_bound (guint bucket);

G_END_DECLS
