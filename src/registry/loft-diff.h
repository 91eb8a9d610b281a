/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-registry.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * LoftDiffSides:
 * @old_tarball: a tarball
 * @new_tarball: another one
 * @end: when to give up reading them, by the monotonic clock
 * @cancellable: (nullable): a cancellable
 * @is_partial: set if texts were left out that take too long to compare
 *
 * What is compared.
 */
typedef struct
{
  const LoftDownload *old_tarball;
  const LoftDownload *new_tarball;
  gint64 end;
  GCancellable *cancellable;
  gboolean is_partial;
} LoftDiffSides;

gboolean loft_diff_add_files (LoftDiffSides *sides,
                              const char *after,
                              JsonBuilder *builder,
                              char **out_next,
                              GError **error);
gboolean loft_diff_add_file (LoftDiffSides *sides,
                             const char *path,
                             JsonBuilder *builder,
                             GError **error);
void loft_diff_add_nothing (JsonBuilder *builder);

G_END_DECLS
