/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "http/loft-request.h"

G_BEGIN_DECLS

const char *loft_limit_get_name (LoftLimitKind kind);
gboolean loft_limit_check_publish (LoftRequest *request, GError **error);
gboolean
loft_limit_take (LoftRequest *request, LoftLimitKind kind, GError **error);
gboolean loft_limit_check_failures (LoftRequest *request, GError **error);
void loft_limit_look (LoftRequest *request,
                      LoftLimitKind kind,
                      guint *out_left,
                      guint *out_wait);
void loft_limit_count_failure (LoftRequest *request);
void loft_limit_count_upload (LoftRequest *request);
void loft_limit_add_headers (LoftRequest *request, SoupMessageHeaders *headers);

G_END_DECLS
