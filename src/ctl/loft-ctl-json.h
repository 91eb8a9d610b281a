/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "registry/loft-json.h"

G_BEGIN_DECLS

JsonObject *loft_ctl_json_parse (const char *text, GError **error);
gboolean loft_ctl_json_get_boolean (JsonObject *object, const char *member);
char *loft_ctl_json_join (JsonObject *object, const char *member);
GStrv loft_ctl_json_dup_strings (JsonObject *object, const char *member);
void loft_ctl_json_print_strings (const char *member,
                                  ...) G_GNUC_NULL_TERMINATED;
void loft_ctl_json_print_strv (const char *const *strings);
void loft_ctl_json_print_variant (GVariant *value);
void loft_ctl_json_print (JsonBuilder *builder);
void loft_ctl_json_print_texts (const char *const *texts, gboolean *first);

G_END_DECLS
