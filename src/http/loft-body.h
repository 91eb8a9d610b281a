/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "http/loft-request.h"
#include "registry/loft-json.h"

G_BEGIN_DECLS

#define LOFT_BODY_MAX (16 * 1024)

extern const char *const loft_body_types[];

JsonNode *loft_body_parse (LoftRequest *request, GError **error);
gboolean loft_body_take_string (JsonObject *object,
                                const char *member,
                                gboolean required,
                                char **out_string,
                                GError **error);
gboolean loft_body_take_strings (JsonObject *object,
                                 const char *member,
                                 gboolean required,
                                 GStrv *out_strings,
                                 GError **error);
gboolean
loft_body_refuse (const char *member, const char *type, GError **error);

G_END_DECLS
