/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *render (const char *markdown);
char *render_bytes (const void *markdown, gsize length);

void add_attack_tests (void);
void add_burden_tests (void);

G_END_DECLS
