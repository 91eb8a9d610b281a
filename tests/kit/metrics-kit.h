/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Figures in the text format of Prometheus, read as strictly as they may be
 * read: what promtool would complain about is an error. */

/**
 * Metrics:
 * @samples: (element-type utf8 double): values, by name and labels as written
 * @types: (element-type utf8 utf8): types, by the name of the metric
 */
typedef struct
{
  GHashTable *samples; /* owned */
  GHashTable *types;   /* owned */
} Metrics;

Metrics *metrics_parse (const char *text, GError **error);
void metrics_free (Metrics *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Metrics, metrics_free)

double metrics_get (Metrics *self, const char *sample);

G_END_DECLS
