/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define LOFT_README_MAX 65536

guint loft_readme_rank (const char *path);
char *loft_readme_text (const char *data, gsize length);

G_END_DECLS
