/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "http/loft-request.h"

G_BEGIN_DECLS

void loft_hot_mark (LoftRequest *request, const char *tag);
void loft_hot_unmark (LoftRequest *request);
void loft_hot_limit (LoftRequest *request, gint64 until);
void loft_hot_copy (LoftRequest *request);
void loft_hot_set_subject (LoftRequest *request,
                           const char *subject,
                           gboolean is_download);
void loft_hot_offer (LoftRequest *request,
                     const char *etag,
                     guint64 representations,
                     GBytes *body);

G_END_DECLS
