/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * LoftParallelFunc:
 * @i: which part of the work
 * @user_data: what was given with the function
 *
 * Does one part, in whatever thread.
 *
 * Returns: %FALSE if the parts that nobody has begun need not be done
 */
typedef gboolean (*LoftParallelFunc) (guint i, gpointer user_data);

void loft_parallel (guint n,
                    guint threads,
                    LoftParallelFunc func,
                    gpointer user_data);

G_END_DECLS
