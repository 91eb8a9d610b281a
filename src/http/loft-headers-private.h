/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Qualities are counted in thousandths, as the grammar has three digits. */
#define LOFT_QUALITY_ONE 1000
#define LOFT_QUALITY_UNSET -1

char *loft_headers_next_item (const char **list);
int loft_headers_parse_quality (const char *parameters);

G_END_DECLS
