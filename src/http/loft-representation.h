/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "http/loft-request.h"

G_BEGIN_DECLS

/* What never changes. */
#define LOFT_CACHE_FOREVER "public, max-age=31536000, immutable"

#define LOFT_MEDIA_TYPE_HTML "text/html; charset=utf-8"
#define LOFT_MEDIA_TYPE_JSON "application/json"
#define LOFT_MEDIA_TYPE_ATOM "application/atom+xml; charset=utf-8"
#define LOFT_MEDIA_TYPE_XML "application/xml; charset=utf-8"
#define LOFT_MEDIA_TYPE_SVG "image/svg+xml"
#define LOFT_MEDIA_TYPE_TEXT "text/plain; charset=utf-8"
#define LOFT_MEDIA_TYPE_GZIP "application/gzip"
#define LOFT_MEDIA_TYPE_NDJSON "application/x-ndjson"

void loft_representation_send (LoftRequest *request,
                               const char *media_type,
                               GBytes *body,
                               const char *digest);
void loft_representation_send_own (LoftRequest *request,
                                   const char *media_type,
                                   GBytes *body);
void loft_representation_send_brief (LoftRequest *request,
                                     const char *media_type,
                                     GBytes *body);
void loft_representation_send_as_it_is (LoftRequest *request,
                                        const char *media_type,
                                        GBytes *body,
                                        const char *digest,
                                        gboolean for_ever);
char *loft_representation_find_known (LoftRequest *request,
                                      const char *media_type,
                                      const char *digest);
void loft_representation_send_known (LoftRequest *request,
                                     const char *media_type,
                                     const char *etag,
                                     gboolean for_ever);
void loft_representation_send_file (LoftRequest *request,
                                    const char *media_type,
                                    GBytes *body,
                                    const char *cache_control);
void loft_representation_send_view (LoftRequest *request,
                                    const char *media_type,
                                    GBytes *body,
                                    const char *digest,
                                    const LoftValidity *validity);
void loft_representation_set_modified (LoftRequest *request, gint64 time);
gboolean loft_representation_is_wanted (LoftRequest *request, const char *etag);
void loft_representation_send_unwanted (LoftRequest *request, const char *etag);
gboolean loft_representation_is_known (LoftRequest *request, const char *etag);

char *loft_representation_format_disposition (const char *filename);
char *loft_representation_format_digest (const char *sha256);

G_END_DECLS
