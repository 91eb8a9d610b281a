/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

gboolean loft_gio_error_is (const GError *error, int code);
void loft_gio_error_translate (GError **error, const char *path);

G_END_DECLS
