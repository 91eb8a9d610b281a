/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

const char *
loft_path_check (const char *path, gsize most, const char **out_rule);
const char *loft_path_check_characters (const char *path,
                                        const char **out_rule);
char *loft_path_normalise (const char *path, gboolean is_folder);

G_END_DECLS
