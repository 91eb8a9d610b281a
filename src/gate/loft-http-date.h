/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define LOFT_HTTP_DATE_LENGTH 29

void loft_http_date_format (gint64 seconds,
                            char out_date[LOFT_HTTP_DATE_LENGTH + 1]);

G_END_DECLS
