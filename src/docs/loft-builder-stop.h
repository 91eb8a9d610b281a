/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

void loft_builder_stop_watch (void);
int loft_builder_stop_get_fd (void);

G_END_DECLS
