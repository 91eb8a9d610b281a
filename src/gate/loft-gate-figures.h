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
 * LoftFigure:
 *
 * A number that one thread changes and any process may read.
 */
typedef _Atomic guint64 LoftFigure;

static inline void
loft_figure_add (LoftFigure *self, guint64 n)
{
  guint64 value = atomic_load_explicit (self, memory_order_relaxed);

  atomic_store_explicit (self, value + n, memory_order_relaxed);
}

static inline void
loft_figure_subtract (LoftFigure *self, guint64 n)
{
  loft_figure_add (self, -n);
}

static inline void
loft_figure_set (LoftFigure *self, guint64 value)
{
  atomic_store_explicit (self, value, memory_order_relaxed);
}

static inline guint64
loft_figure_get (LoftFigure *self)
{
  return atomic_load_explicit (self, memory_order_relaxed);
}

/**
 * LoftGateFigures:
 * @accepted: connections that were accepted
 * @too_many: those refused since there were too many in all
 * @too_many_of_peer: those refused since their peer had too many
 * @no_descriptor: those refused for want of a descriptor
 * @evicted: those closed while idle, to make room for another one
 * @timed_out: those closed since nothing came, or nothing was taken, in time
 * @refused: requests that the gate itself has refused
 * @received: bytes that were read
 * @sent: bytes that were written
 * @hot_hits: hot answers that were sent
 * @hot_not_modified: those of them that had no body to send
 * @hot_misses: requests that could have had a hot answer, and had none
 * @hot_sent: bytes of hot answers
 * @parked: gauge: connections between two requests, in the gate alone
 * @served: gauge: connections that the HTTP server has
 * @draining: gauge: connections that are being closed
 * @hot_size: gauge: bytes of all hot answers
 * @hot_targets: gauge: targets that have a hot answer
 *
 * What a gate counts. The gauges come last.
 */
typedef struct
{
  LoftFigure accepted;
  LoftFigure too_many;
  LoftFigure too_many_of_peer;
  LoftFigure no_descriptor;
  LoftFigure evicted;
  LoftFigure timed_out;
  LoftFigure refused;
  LoftFigure received;
  LoftFigure sent;
  LoftFigure hot_hits;
  LoftFigure hot_not_modified;
  LoftFigure hot_misses;
  LoftFigure hot_sent;

  LoftFigure parked;
  LoftFigure served;
  LoftFigure draining;
  LoftFigure hot_size;
  LoftFigure hot_targets;
} LoftGateFigures;

G_END_DECLS
