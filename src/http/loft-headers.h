/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "http/loft-encoder.h"

G_BEGIN_DECLS

/**
 * LoftRangeResult:
 * @LOFT_RANGE_NONE: no range, or one that is to be ignored
 * @LOFT_RANGE_SATISFIABLE: these bytes are wanted
 * @LOFT_RANGE_UNSATISFIABLE: none of the wanted bytes exists
 *
 * What a `Range` header comes to.
 */
typedef enum
{
  LOFT_RANGE_NONE,
  LOFT_RANGE_SATISFIABLE,
  LOFT_RANGE_UNSATISFIABLE
} LoftRangeResult;

LoftCoding loft_headers_negotiate (const char *accept_encoding);
gboolean loft_headers_prefer_html (const char *accept);
guint loft_headers_negotiate_language (const char *accept_language,
                                       const char *const *tags);
gboolean loft_headers_match_etag (const char *list, const char *etag);
gboolean loft_headers_match_etag_strongly (const char *list, const char *etag);
LoftRangeResult loft_headers_parse_range (const char *range,
                                          goffset size,
                                          goffset *out_first,
                                          goffset *out_last);
gboolean loft_headers_parse_token (const char *authorization,
                                   char **out_token,
                                   GError **error);
gboolean loft_headers_is_media_type (const char *content_type,
                                     const char *const *media_types);
gboolean loft_headers_is_foreign (const char *origin, const char *host);
GHashTable *loft_headers_parse_query (const char *query, GError **error);

G_END_DECLS
