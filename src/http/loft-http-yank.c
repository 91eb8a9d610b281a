/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-http-yank.h"

#include "http/loft-representation.h"
#include "http/loft-response.h"
#include "registry/loft-json.h"

#define BODY_MAX (16 * 1024)

static const char *const json_types[] = { LOFT_MEDIA_TYPE_JSON, NULL };

static gboolean
prepare (LoftRequest *request, GError **error)
{
  g_autofree char *token = NULL;

  return loft_request_get_token (request, &token, error);
}

static gboolean
refuse (const char *message, GError **error)
{
  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_MALFORMED,
                       message);

  return FALSE;
}

static gboolean
parse_reason (GBytes *body, char **out_reason, GError **error)
{
  gsize size = 0;
  const char *text = g_bytes_get_data (body, &size);

  if (size == 0)
    return TRUE;

  g_autoptr (JsonNode) json = loft_json_parse (text, size, error);
  if (json == NULL)
    return FALSE;
  if (!JSON_NODE_HOLDS_OBJECT (json))
    return refuse ("The body must be a JSON object", error);

  JsonObject *object = json_node_get_object (json);
  JsonNode *reason = json_object_get_member (object, "reason");
  if (reason == NULL || JSON_NODE_HOLDS_NULL (reason))
    return TRUE;
  if (loft_json_get_string (object, "reason") == NULL)
    return refuse ("“reason” must be a string", error);
  *out_reason = g_strdup (loft_json_get_string (object, "reason"));

  return TRUE;
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
  SoupMessageBody *content =
    soup_server_message_get_request_body (loft_request_get_message (request));
  g_autoptr (GBytes) body = soup_message_body_flatten (content);
  g_autofree char *reason = NULL;
  g_autofree char *token = NULL;
  g_autoptr (GError) local_error = NULL;

  if (!parse_reason (body, &reason, &local_error) ||
      !loft_request_get_token (request, &token, &local_error))
    {
      loft_response_send_problem (request, local_error);
      return;
    }

  const LoftCaller caller = { .token = token };
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
  .media_types = json_types,
  .body_max = BODY_MAX,
};
