/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-http-yank.h"

#include "http/loft-body.h"
#include "http/loft-limit.h"
#include "http/loft-representation.h"
#include "http/loft-response.h"

static gboolean
prepare (LoftRequest *request, GError **error)
{
  g_autofree char *token = NULL;

  return loft_request_get_token (request, &token, error) &&
         loft_limit_take (request, LOFT_LIMIT_UPDATES, error);
}

static gboolean
parse_reason (LoftRequest *request, char **out_reason, GError **error)
{
  if (loft_request_get_length (request) <= 0)
    return TRUE;

  g_autoptr (JsonNode) json = loft_body_parse (request, error);

  return json != NULL && loft_body_take_string (json_node_get_object (json),
                                                "reason",
                                                FALSE,
                                                out_reason,
                                                error);
}

static void
yank_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GBytes) element =
    loft_registry_yank_finish (LOFT_REGISTRY (source_object),
                               result,
                               &local_error);

  if (element == NULL)
    loft_response_send_problem (request, local_error);
  else
    loft_response_send (request, SOUP_STATUS_OK, LOFT_MEDIA_TYPE_JSON, element);
}

static void
handle_yank (LoftRequest *request)
{
  g_autofree char *reason = NULL;
  g_autofree char *token = NULL;
  g_autoptr (GError) local_error = NULL;

  if (!parse_reason (request, &reason, &local_error) ||
      !loft_request_get_token (request, &token, &local_error))
    {
      loft_response_send_problem (request, local_error);
      return;
    }

  const LoftCaller caller = { .token = token,
                              .request = loft_request_get_id (request) };
  loft_request_pause (request);
  loft_registry_yank_async (
    loft_request_get_registry (request),
    loft_request_get_parameter (request, "name"),
    loft_request_get_parameter (request, "version"),
    g_str_equal (loft_request_get_method (request), "POST"),
    reason,
    &caller,
    NULL,
    yank_cb,
    g_object_ref (request));
}

const LoftEndpoint loft_write_yank = {
  .handle = handle_yank,
  .prepare = prepare,
  .media_types = loft_body_types,
  .body_max = LOFT_BODY_MAX,
  .guarded = TRUE,
};
