/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

GPtrArray *loft_previous_find (JsonArray *versions);
guint loft_previous_count (JsonArray *versions, const char *version);

G_END_DECLS
