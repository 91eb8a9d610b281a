/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-histogram.h"

G_BEGIN_DECLS

/* Writing figures as Prometheus reads them, in its text format 0.0.4. */

#define LOFT_METRICS_MEDIA_TYPE "text/plain; version=0.0.4; charset=utf-8"

void loft_metrics_begin (GString *text,
                         const char *name,
                         const char *type,
                         const char *help);
void loft_metrics_add (GString *text,
                       const char *name,
                       guint64 value,
                       const char *labels,
                       ...) G_GNUC_PRINTF (4, 5);
void loft_metrics_add_seconds (GString *text,
                               const char *name,
                               guint64 microseconds,
                               const char *labels,
                               ...) G_GNUC_PRINTF (4, 5);
void loft_metrics_add_histogram (GString *text,
                                 const char *name,
                                 LoftHistogram *histogram,
                                 const char *label,
                                 const char *value);
void loft_metrics_add_one (GString *text,
                           const char *name,
                           const char *type,
                           const char *help,
                           guint64 value);

G_END_DECLS
