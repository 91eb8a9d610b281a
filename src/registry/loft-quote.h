/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *loft_quote (const char *text);
char *loft_quote_length (const char *text, gsize length);
char *loft_escape_length (const char *text, gsize length, gsize most);

G_END_DECLS
