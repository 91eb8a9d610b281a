/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "kit/daemon-kit.h"

G_BEGIN_DECLS

/**
 * Usage:
 * @descriptors: how many are open, those of the catalog not counted
 * @memory: bytes of its own that are resident
 *
 * What a daemon takes of the system, all its processes together.
 */
typedef struct
{
  guint descriptors;
  guint64 memory;
} Usage;

gboolean usage_get (DaemonKit *daemon, Usage *out, GError **error);
gboolean usage_settle (DaemonKit *daemon, Usage *out, GError **error);
gboolean usage_wait (DaemonKit *daemon,
                     guint descriptors,
                     guint seconds,
                     Usage *out,
                     GError **error);
gboolean usage_is_meaningful (void);
gboolean
usage_limit_descriptors (DaemonKit *daemon, guint limit, GError **error);

G_END_DECLS
