/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-http-tokens.h"

#include "http/loft-body.h"
#include "http/loft-limit.h"
#include "http/loft-representation.h"
#include "http/loft-response.h"

/* The endpoints of the original server by which users look after their tokens.
 * What they answer is for the one who asks alone: no cache may keep it. */

static gboolean
prepare (LoftRequest *request, GError **error)
{
  g_autofree char *token = NULL;

  return loft_request_get_token (request, &token, error);
}

/* To revoke a token is never too late, and ends what was counted before. */
static gboolean
prepare_create (LoftRequest *request, GError **error)
{
  return prepare (request, error) &&
         loft_limit_take (request, LOFT_LIMIT_UPDATES, error);
}

static char *
dup_token (LoftRequest *request)
{
  char *token = NULL;

  loft_request_get_token (request, &token, NULL);

  return token;
}

static void
send_json (LoftRequest *request, JsonNode *json)
{
  g_autoptr (GBytes) body = loft_json_to_bytes (json);

  if (!loft_request_is_alive (request))
    return;

  soup_message_headers_replace (loft_request_get_response_headers (request),
                                "Cache-Control",
                                "no-store");
  loft_response_send (request, SOUP_STATUS_OK, LOFT_MEDIA_TYPE_JSON, body);
}

/* What clients look for is there, though there be nothing to say. */
static JsonNode *
describe (const LoftToken *token)
{
  static const char *const members[] = { "name", "expires_at", "last_used_at" };
  JsonNode *json = loft_token_to_json (token, FALSE);
  JsonObject *object = json_node_get_object (json);

  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    if (!json_object_has_member (object, members[i]))
      json_object_set_null_member (object, members[i]);

  return json;
}

static void
me_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftToken) token =
    loft_registry_identify_finish (LOFT_REGISTRY (source_object),
                                   result,
                                   &local_error);
  if (token == NULL)
    {
      loft_response_send_problem (request, local_error);
      return;
    }

  g_autoptr (JsonNode) described = describe (token);
  g_autoptr (JsonNode) json = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();
  json_node_take_object (json, object);
  json_object_set_string_member (object, "username", token->user);
  if (token->github_id != 0)
    json_object_set_int_member (object, "github_id", token->github_id);
  else
    json_object_set_null_member (object, "github_id");
  json_object_set_null_member (object, "avatar_url");
  json_object_set_string_member (
    object,
    "created_at",
    loft_json_get_string (json_node_get_object (described), "created_at"));
  json_object_set_member (object, "token", g_steal_pointer (&described));
  send_json (request, json);
}

static void
handle_me (LoftRequest *request)
{
  g_autofree char *token = dup_token (request);

  loft_request_pause (request);
  loft_registry_identify_async (loft_request_get_registry (request),
                                token,
                                loft_request_get_cancellable (request),
                                me_cb,
                                g_object_ref (request));
}

static void
list_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GPtrArray) tokens =
    loft_registry_list_tokens_finish (LOFT_REGISTRY (source_object),
                                      result,
                                      &local_error);
  if (tokens == NULL)
    {
      loft_response_send_problem (request, local_error);
      return;
    }

  g_autoptr (JsonNode) json = json_node_new (JSON_NODE_ARRAY);
  JsonArray *array = json_array_new ();
  json_node_take_array (json, array);
  for (guint i = 0; i < tokens->len; i++)
    {
      const LoftToken *token = g_ptr_array_index (tokens, i);

      if (token->revoked_at == 0)
        json_array_add_element (array, describe (token));
    }
  send_json (request, json);
}

static void
handle_list (LoftRequest *request)
{
  g_autofree char *token = dup_token (request);
  const LoftCaller caller = { .token = token,
                              .request = loft_request_get_id (request) };

  loft_request_pause (request);
  loft_registry_list_tokens_async (loft_request_get_registry (request),
                                   &caller,
                                   loft_request_get_cancellable (request),
                                   list_cb,
                                   g_object_ref (request));
}

static void
create_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  g_autofree char *secret = NULL;
  g_autoptr (LoftToken) token =
    loft_registry_create_token_finish (LOFT_REGISTRY (source_object),
                                       result,
                                       &secret,
                                       &local_error);
  if (token == NULL)
    {
      loft_response_send_problem (request, local_error);
      return;
    }

  g_autoptr (JsonNode) json = describe (token);
  json_object_set_string_member (json_node_get_object (json), "token", secret);
  send_json (request, json);
}

static gboolean
take_seconds (JsonObject *object, guint64 *out_seconds, GError **error)
{
  JsonNode *node = json_object_get_member (object, "expires_in");

  *out_seconds = 0;
  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return TRUE;
  if (!JSON_NODE_HOLDS_VALUE (node) ||
      json_node_get_value_type (node) != G_TYPE_INT64 ||
      json_node_get_int (node) <= 0)
    return loft_body_refuse ("expires_in", "a number of seconds", error);
  *out_seconds = (guint64) json_node_get_int (node);

  return TRUE;
}

static void
handle_create (LoftRequest *request)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *user = NULL;
  g_autofree char *name = NULL;
  g_autofree char *pattern = NULL;
  g_auto (GStrv) scopes = NULL;
  guint64 seconds = 0;
  g_autoptr (JsonNode) json = loft_body_parse (request, &local_error);
  JsonObject *object = json != NULL ? json_node_get_object (json) : NULL;

  if (object == NULL ||
      !loft_body_take_string (object, "name", TRUE, &name, &local_error) ||
      !loft_body_take_string (object, "user", FALSE, &user, &local_error) ||
      !loft_body_take_string (object,
                              "pattern",
                              FALSE,
                              &pattern,
                              &local_error) ||
      !loft_body_take_strings (object,
                               "scopes",
                               FALSE,
                               &scopes,
                               &local_error) ||
      !take_seconds (object, &seconds, &local_error))
    {
      loft_response_send_problem (request, local_error);
      return;
    }

  g_autofree char *token = dup_token (request);
  const LoftCaller caller = { .token = token,
                              .request = loft_request_get_id (request) };
  const LoftTokenWish wish = { .user = user,
                               .name = name,
                               .scopes = (const char *const *) scopes,
                               .pattern = pattern,
                               .seconds = seconds };
  loft_request_pause (request);
  loft_registry_create_token_async (loft_request_get_registry (request),
                                    &wish,
                                    &caller,
                                    NULL,
                                    create_cb,
                                    g_object_ref (request));
}

static void
revoke_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;

  if (!loft_registry_revoke_token_finish (LOFT_REGISTRY (source_object),
                                          result,
                                          &local_error))
    {
      loft_response_send_problem (request, local_error);
      return;
    }

  g_autoptr (GBytes) body = g_bytes_new_static ("{\"revoked\":true}\n", 17);
  loft_response_send (request, SOUP_STATUS_OK, LOFT_MEDIA_TYPE_JSON, body);
}

static void
handle_revoke (LoftRequest *request)
{
  g_autofree char *token = dup_token (request);
  const LoftCaller caller = { .token = token,
                              .request = loft_request_get_id (request) };

  loft_request_pause (request);
  loft_registry_revoke_token_async (loft_request_get_registry (request),
                                    loft_request_get_parameter (request, "id"),
                                    &caller,
                                    NULL,
                                    revoke_cb,
                                    g_object_ref (request));
}

const LoftEndpoint loft_read_me = {
  .handle = handle_me,
  .prepare = prepare,
  .guarded = TRUE,
};
const LoftEndpoint loft_read_tokens = {
  .handle = handle_list,
  .prepare = prepare,
  .guarded = TRUE,
};
const LoftEndpoint loft_write_tokens = {
  .handle = handle_create,
  .prepare = prepare_create,
  .media_types = loft_body_types,
  .body_max = LOFT_BODY_MAX,
  .body_required = TRUE,
  .guarded = TRUE,
};
const LoftEndpoint loft_write_token = {
  .handle = handle_revoke,
  .prepare = prepare,
  .guarded = TRUE,
};
