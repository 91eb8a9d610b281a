/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define LOFT_VERSION_MAX 150

gboolean loft_version_check (const char *version, GError **error);
int loft_version_compare (const char *a, const char *b);
gboolean loft_version_is_prerelease (const char *version);
char *loft_version_without_build (const char *version);
GBytes *loft_version_sort_key (const char *version);

gboolean loft_constraint_check (const char *constraint, GError **error);

G_END_DECLS
