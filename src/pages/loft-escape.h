/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

void loft_escape_append_text (GString *html, const char *text);
void loft_escape_append_url (GString *html, const char *url);
void loft_escape_append_url_part (GString *html, const char *text);
void loft_escape_append_data (GString *html, const char *json);
gboolean loft_escape_is_good_url (const char *url);

G_END_DECLS
