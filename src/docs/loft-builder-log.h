/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How much of a log is kept: its end. */
#define LOFT_BUILDER_LOG_MAX (16 * 1024)

void loft_builder_log_append (GString *log, const char *data, gsize length);
char *loft_builder_log_to_text (const GString *log);

G_END_DECLS
