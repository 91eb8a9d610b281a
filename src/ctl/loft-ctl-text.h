/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Columns for a name, and for a sentence, that strangers may have chosen. */
#define LOFT_CTL_TEXT_NAME_WIDTH 80
#define LOFT_CTL_TEXT_REASON_WIDTH 400

char *loft_ctl_text_clean (const char *text, gboolean keep_lines);
int loft_ctl_text_width (const char *text);
char *loft_ctl_text_shorten (const char *text, int width);
char *loft_ctl_text_line (const char *text, int width);
char *loft_ctl_text_amount (guint64 amount, const char *unit);
char *loft_ctl_text_duration (guint64 seconds);
gboolean loft_ctl_text_split_version (const char *text,
                                      char **out_name,
                                      char **out_version,
                                      GError **error);
char *loft_ctl_text_time (const char *iso);

G_END_DECLS
