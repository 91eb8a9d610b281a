/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "pages/loft-pages.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/**
 * LoftHttpError:
 * @LOFT_HTTP_ERROR_BAD_REQUEST: the request breaks HTTP's own rules
 * @LOFT_HTTP_ERROR_NO_SUCH_PAGE: nothing is served at that path
 * @LOFT_HTTP_ERROR_METHOD: the path exists, but not for that method
 * @LOFT_HTTP_ERROR_CROSS_SITE: a foreign web page wants to change something
 * @LOFT_HTTP_ERROR_PRECONDITION: what the client required is not so
 * @LOFT_HTTP_ERROR_LENGTH_REQUIRED: a body without a Content-Length
 * @LOFT_HTTP_ERROR_BODY_TOO_LARGE: a body longer than is taken there
 * @LOFT_HTTP_ERROR_TARGET_TOO_LONG: a target longer than any that is served
 * @LOFT_HTTP_ERROR_MEDIA_TYPE: a body of a type that is not taken there
 * @LOFT_HTTP_ERROR_RANGE: no byte of the wanted range exists
 * @LOFT_HTTP_ERROR_TOO_MANY: requests of that kind come too often
 *
 * What is wrong with a request as HTTP, whatever it is about.
 */
typedef enum
{
  LOFT_HTTP_ERROR_BAD_REQUEST,
  LOFT_HTTP_ERROR_NO_SUCH_PAGE,
  LOFT_HTTP_ERROR_METHOD,
  LOFT_HTTP_ERROR_CROSS_SITE,
  LOFT_HTTP_ERROR_PRECONDITION,
  LOFT_HTTP_ERROR_LENGTH_REQUIRED,
  LOFT_HTTP_ERROR_BODY_TOO_LARGE,
  LOFT_HTTP_ERROR_TARGET_TOO_LONG,
  LOFT_HTTP_ERROR_MEDIA_TYPE,
  LOFT_HTTP_ERROR_RANGE,
  LOFT_HTTP_ERROR_TOO_MANY
} LoftHttpError;

#define LOFT_HTTP_ERROR (loft_http_error_quark ())
GQuark loft_http_error_quark (void);

#define LOFT_PROBLEM_MEDIA_TYPE "application/problem+json"

const char *loft_problem_get_phrase (guint status);
SoupStatus loft_problem_get_status (const GError *error);
LoftPagesProblem loft_problem_get_kind (const GError *error);
GBytes *loft_problem_render (const GError *error, const char *request_id);
void loft_problem_add_headers (const GError *error,
                               SoupMessageHeaders *headers);
void loft_problem_report (const GError *error, const char *request_id);

G_END_DECLS
