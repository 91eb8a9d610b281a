/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * BenchFunc:
 * @worker: number of the worker, from 0
 * @turn: how many turns it has had
 * @user_data: what was given with the function
 * @error: return location for a #GError
 *
 * Does once what is measured.
 *
 * Returns: %FALSE with @error set to end the measurement, or with none once
 *   there is nothing left to do
 */
typedef gboolean (*BenchFunc) (guint worker,
                               guint turn,
                               gpointer user_data,
                               GError **error);

gboolean bench_run (guint workers,
                    double seconds,
                    BenchFunc func,
                    gpointer user_data,
                    GError **error);
void bench_print_times (GArray *times);
gboolean bench_refuse_answer (const char *target, guint status, GError **error);
int bench_fail (const GError *error);

G_END_DECLS
