/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Warnings fail a test unless it has said that it expects them: what
 * g_test_expect_message() does, for structured logs. */
void log_kit_init (void);
void log_kit_expect (GLogLevelFlags level, const char *pattern);
void log_kit_check (void);

G_END_DECLS
