/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *loft_text_decode (const char *data, gsize length, gboolean is_cut);

G_END_DECLS
