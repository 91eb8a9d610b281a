/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "http/loft-request.h"

G_BEGIN_DECLS

char *loft_link_format_next (LoftRequest *request,
                             const char *parameter,
                             const char *value);
void loft_link_add_around (LoftRequest *request,
                           const char *previous,
                           const char *next);
void loft_link_add_next (LoftRequest *request,
                         const char *parameter,
                         const char *value);
char *loft_link_format_location (const char *path, const char *version);

G_END_DECLS
