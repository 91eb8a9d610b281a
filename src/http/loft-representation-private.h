/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "http/loft-representation.h"

G_BEGIN_DECLS

#define LOFT_CACHE_REVALIDATE "public, no-cache"

char *loft_representation_make_digest (GBytes *body);
char *loft_representation_make_etag (const char *digest, LoftCoding coding);
gboolean loft_representation_is_for_all (const char *media_type);
const char *loft_representation_get_vary (const char *media_type);
guint64 loft_representation_get_bits (LoftRequest *request,
                                      const char *media_type,
                                      LoftCoding coding,
                                      gboolean any_coding);

G_END_DECLS
