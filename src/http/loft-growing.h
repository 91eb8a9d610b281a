/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "http/loft-request.h"

G_BEGIN_DECLS

void loft_growing_send (LoftRequest *request,
                        SoupStatus status,
                        const char *media_type,
                        LoftTarball *tarball,
                        goffset offset,
                        goffset length,
                        GBytes *first);

G_END_DECLS
