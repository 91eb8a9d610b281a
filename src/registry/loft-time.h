/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *loft_time_format (gint64 time);
gboolean loft_time_parse (const char *text, gint64 *out_time);

G_END_DECLS
