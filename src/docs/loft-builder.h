/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean
loft_builder_serve (int client, int program, const char *const *readable);
gboolean loft_builder_refuse (int client, const char *reason);

G_END_DECLS
