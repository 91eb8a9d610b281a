/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "gate/loft-gate-stream.h"
#include "http/loft-http-shared.h"
#include "http/loft-router.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

#define LOFT_TYPE_REQUEST (loft_request_get_type ())
G_DECLARE_FINAL_TYPE (LoftRequest, loft_request, LOFT, REQUEST, GObject)

typedef void (*LoftRequestFunc) (LoftRequest *request);
typedef gboolean (*LoftRequestCheckFunc) (LoftRequest *request, GError **error);

/**
 * LoftEndpoint:
 * @handle: answers a request that has arrived whole
 * @prepare: (nullable): looks at the head alone, before any of the body is
 *   read, and refuses the request by an error
 * @consult: (nullable): does so too, where that takes time and the body is
 * worth it; ends in loft_refusal_decide()
 * @media_types: (nullable): types of body that are taken; %NULL takes none
 * @body_max: bytes of the body at most; 0 if @prepare sees to it
 * @body_required: whether it makes no sense without a body
 * @guarded: whether it depends on a token
 *
 * How the requests of a route are answered.
 */
struct _LoftEndpoint
{
  LoftRequestFunc handle;
  LoftRequestCheckFunc prepare;
  LoftRequestFunc consult;
  const char *const *media_types;
  goffset body_max;
  gboolean body_required;
  gboolean guarded;
};

LoftRequest *loft_request_new (LoftHttpShared *shared,
                               SoupServerMessage *message);
LoftRequest *loft_request_get (SoupServerMessage *message);
gboolean loft_request_is_alive (LoftRequest *self);
void loft_request_end (LoftRequest *self, gboolean aborted);

void loft_request_set_route (LoftRequest *self,
                             const LoftEndpoint *endpoint,
                             GStrv segments,
                             const char *const *pattern);
void loft_request_set_row (LoftRequest *self, guint row);
const LoftEndpoint *loft_request_get_endpoint (LoftRequest *self);
void loft_request_set_view (LoftRequest *self,
                            const LoftView *view,
                            const char *prefix);
const LoftView *loft_request_get_view (LoftRequest *self);
const char *loft_request_get_view_prefix (LoftRequest *self);
const char *loft_request_get_parameter (LoftRequest *self, const char *name);
const char *const *loft_request_get_rest (LoftRequest *self);

gboolean loft_request_parse_query (LoftRequest *self, GError **error);
const char *loft_request_get_query (LoftRequest *self, const char *name);
gboolean loft_request_get_query_number (LoftRequest *self,
                                        const char *name,
                                        guint64 fallback,
                                        guint64 max,
                                        guint64 *out_number,
                                        GError **error);

gboolean
loft_request_get_token (LoftRequest *self, char **out_token, GError **error);
LoftCoding loft_request_get_coding (LoftRequest *self);
guint loft_request_get_language (LoftRequest *self);

LoftHttpShared *loft_request_get_shared (LoftRequest *self);
LoftRegistry *loft_request_get_registry (LoftRequest *self);
GCancellable *loft_request_get_cancellable (LoftRequest *self);
SoupServerMessage *loft_request_get_message (LoftRequest *self);
const char *loft_request_get_id (LoftRequest *self);
const char *loft_request_get_method (LoftRequest *self);
gboolean loft_request_is_local (LoftRequest *self);
gboolean loft_request_is_read (LoftRequest *self);
goffset loft_request_get_length (LoftRequest *self);
const char *loft_request_get_header (LoftRequest *self, const char *name);
SoupMessageHeaders *loft_request_get_response_headers (LoftRequest *self);
GInetAddress *loft_request_get_peer (LoftRequest *self);
LoftGateStream *loft_request_get_stream (LoftRequest *self);
const LoftHotMark *loft_request_get_mark (LoftRequest *self);

void loft_request_set_error (LoftRequest *self, GError *error);
const GError *loft_request_get_error (LoftRequest *self);
void
loft_request_set_data (LoftRequest *self, gpointer data, GDestroyNotify free);
gpointer loft_request_get_data (LoftRequest *self);
void loft_request_set_hurry (LoftRequest *self, LoftRequestFunc func);
void loft_request_hurry (LoftRequest *self);

void loft_request_pause (LoftRequest *self);
void loft_request_resume (LoftRequest *self);
void loft_request_answered (LoftRequest *self, SoupStatus status);
void loft_request_add_sent (LoftRequest *self, gsize bytes);
goffset loft_request_get_sent (LoftRequest *self);
SoupStatus loft_request_get_status (LoftRequest *self);

G_END_DECLS
