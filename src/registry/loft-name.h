/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-registry-error.h"

G_BEGIN_DECLS

#define LOFT_NAME_MAX 64

gboolean loft_name_is_valid (const char *name);
gboolean loft_name_is_reserved (const char *name,
                                const char *const *also_reserved);
gboolean loft_name_check_new (const char *name,
                              const char *const *also_reserved,
                              LoftFindings *findings);
gboolean loft_name_is_adoptable (const char *name);
char *loft_name_fold (const char *name);

G_END_DECLS
