/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean
loft_ctl_moment_parse (const char *text, gint64 now, gint64 *out_moment);

G_END_DECLS
