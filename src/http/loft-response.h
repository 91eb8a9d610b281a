/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "http/loft-request.h"

G_BEGIN_DECLS

void loft_response_begin (LoftRequest *request,
                          SoupStatus status,
                          const char *media_type,
                          GBytes *first,
                          goffset length);
void loft_response_send (LoftRequest *request,
                         SoupStatus status,
                         const char *media_type,
                         GBytes *body);
void loft_response_send_problem (LoftRequest *request, const GError *error);

G_END_DECLS
