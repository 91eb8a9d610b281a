/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-refusal.h"

#include "http/loft-conclusion.h"
#include "http/loft-headers.h"
#include "http/loft-limit.h"
#include "http/loft-problem.h"
#include "http/loft-response.h"

/* A refused body of that length is sooner read than a connection made anew. */
#define DISCARD_MAX (64 * 1024)

static gboolean
is_expecting (LoftRequest *request)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (
    loft_request_get_message (request));

  return (soup_message_headers_get_expectations (headers) &
          SOUP_EXPECTATION_CONTINUE) != 0;
}

/* Whether something is won by an answer before the body. */
static gboolean
is_worth_asking (LoftRequest *request)
{
  goffset length = loft_request_get_length (request);

  return length > DISCARD_MAX || is_expecting (request);
}

static gboolean
refuse (LoftHttpError code, const char *message, GError **error)
{
  g_set_error_literal (error, LOFT_HTTP_ERROR, (int) code, message);

  return FALSE;
}

/* A browser says where the page comes from whose script sends a request. No
 * foreign page shall publish or yank with what a browser happens to know. */
static gboolean
check_origin (LoftRequest *request, GError **error)
{
  const char *origin = loft_request_get_header (request, "Origin");
  const char *host = loft_request_get_header (request, "Host");
  const char *site = loft_request_get_header (request, "Sec-Fetch-Site");

  if (loft_request_is_read (request))
    return TRUE;
  if ((site != NULL && g_str_equal (site, "cross-site")) ||
      (origin != NULL && loft_headers_is_foreign (origin, host)))
    return refuse (LOFT_HTTP_ERROR_CROSS_SITE,
                   "Pages of other sites may not change anything here",
                   error);

  return TRUE;
}

static gboolean
check_media_type (LoftRequest *request,
                  const LoftEndpoint *endpoint,
                  GError **error)
{
  const char *type = loft_request_get_header (request, "Content-Type");

  if (loft_headers_is_media_type (type, endpoint->media_types) &&
      loft_request_get_header (request, "Content-Encoding") == NULL)
    return TRUE;

  g_autofree char *types = g_strjoinv (" or ", (char **) endpoint->media_types);
  g_set_error (error,
               LOFT_HTTP_ERROR,
               LOFT_HTTP_ERROR_MEDIA_TYPE,
               "The body must be %s, without a Content-Encoding",
               types);

  return FALSE;
}

static gboolean
check_body (LoftRequest *request, GError **error)
{
  const LoftEndpoint *endpoint = loft_request_get_endpoint (request);
  goffset length = loft_request_get_length (request);
  goffset max =
    endpoint->media_types != NULL ? endpoint->body_max : DISCARD_MAX;

  if (endpoint->body_required &&
      loft_request_get_header (request, "Content-Length") == NULL)
    return refuse (LOFT_HTTP_ERROR_LENGTH_REQUIRED,
                   "A body with a Content-Length is needed",
                   error);
  if (max > 0 && length > max)
    {
      g_set_error (error,
                   LOFT_HTTP_ERROR,
                   LOFT_HTTP_ERROR_BODY_TOO_LARGE,
                   "The body is longer than %" G_GOFFSET_FORMAT " bytes",
                   max);
      return FALSE;
    }
  if (endpoint->media_types != NULL && (length > 0 || endpoint->body_required))
    return check_media_type (request, endpoint, error);

  return TRUE;
}

/**
 * loft_refusal_check:
 * @request: a routed request of which only the head was read
 * @error: return location for a #GError
 *
 * Decides by the head alone whether the body is worth reading.
 *
 * Returns: %TRUE, or %FALSE with @error set: %LOFT_HTTP_ERROR_LENGTH_REQUIRED,
 *   %LOFT_HTTP_ERROR_CROSS_SITE,
 *   %LOFT_HTTP_ERROR_BODY_TOO_LARGE, %LOFT_HTTP_ERROR_MEDIA_TYPE, or what the
 *   endpoint has against it
 */
gboolean
loft_refusal_check (LoftRequest *request, GError **error)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (request), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  const LoftEndpoint *endpoint = loft_request_get_endpoint (request);

  if (!check_origin (request, error) || !check_body (request, error))
    return FALSE;
  if (endpoint->guarded && !loft_limit_check_failures (request, error))
    return FALSE;
  if (endpoint->prepare != NULL && !endpoint->prepare (request, error))
    return FALSE;
  if (endpoint->media_types == NULL)
    soup_message_body_set_accumulate (
      soup_server_message_get_request_body (loft_request_get_message (request)),
      FALSE);

  return TRUE;
}

/**
 * loft_refusal_send:
 * @request: a request of which only the head was read
 * @error: (transfer full): why it is refused
 *
 * Refuses a request. A short body is read and forgotten first, and the
 * connection lives on; where that will not do, the answer goes out now and the
 * connection is drained and closed.
 */
void
loft_refusal_send (LoftRequest *request, GError *error)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));
  g_return_if_fail (error != NULL);

  SoupServerMessage *message = loft_request_get_message (request);

  soup_message_body_set_accumulate (
    soup_server_message_get_request_body (message),
    FALSE);

  if (!is_worth_asking (request))
    {
      loft_request_set_error (request, error);
      loft_request_resume (request);
      return;
    }

  g_autoptr (GError) owned = error;
  loft_response_send_problem (request, owned);
  loft_conclusion_send (request);
}

/**
 * loft_refusal_consult:
 * @request: a request that passed loft_refusal_check()
 *
 * Asks the endpoint once more before a long body is read, where the question
 * takes time.
 */
void
loft_refusal_consult (LoftRequest *request)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));

  const LoftEndpoint *endpoint = loft_request_get_endpoint (request);

  if (endpoint->consult == NULL || !is_worth_asking (request))
    return;
  loft_request_pause (request);
  endpoint->consult (request);
}

/**
 * loft_refusal_decide:
 * @request: a request that was asked about
 * @error: (transfer full) (nullable): why it is refused, or %NULL
 *
 * Lets the body come, or refuses it.
 */
void
loft_refusal_decide (LoftRequest *request, GError *error)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));

  g_autoptr (GError) owned = error;
  if (!loft_request_is_alive (request))
    return;
  if (owned != NULL)
    loft_refusal_send (request, g_steal_pointer (&owned));
  else
    loft_request_resume (request);
}
