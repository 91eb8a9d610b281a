/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-http-owners.h"

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

/* What was set, since that is what was asked for. */
static GBytes *
render (LoftRequest *request)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  GStrv owners = loft_request_get_data (request);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "name");
  json_builder_add_string_value (builder,
                                 loft_request_get_parameter (request, "name"));
  json_builder_set_member_name (builder, "owners");
  json_builder_begin_array (builder);
  for (gsize i = 0; owners[i] != NULL; i++)
    json_builder_add_string_value (builder, owners[i]);
  json_builder_end_array (builder);
  json_builder_end_object (builder);

  g_autoptr (JsonNode) json = json_builder_get_root (builder);

  return loft_json_to_bytes (json);
}

static void
set_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;

  if (!loft_registry_set_owners_finish (LOFT_REGISTRY (source_object),
                                        result,
                                        &local_error))
    {
      loft_response_send_problem (request, local_error);
      return;
    }

  g_autoptr (GBytes) body = render (request);
  loft_response_send (request, SOUP_STATUS_OK, LOFT_MEDIA_TYPE_JSON, body);
}

static void
handle (LoftRequest *request)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *token = NULL;
  g_auto (GStrv) owners = NULL;
  g_autoptr (JsonNode) json = loft_body_parse (request, &local_error);

  if (json == NULL ||
      !loft_body_take_strings (json_node_get_object (json),
                               "owners",
                               TRUE,
                               &owners,
                               &local_error) ||
      !loft_request_get_token (request, &token, &local_error))
    {
      loft_response_send_problem (request, local_error);
      return;
    }

  const LoftCaller caller = { .token = token,
                              .request = loft_request_get_id (request) };
  loft_request_pause (request);
  loft_registry_set_owners_async (loft_request_get_registry (request),
                                  loft_request_get_parameter (request, "name"),
                                  (const char *const *) owners,
                                  &caller,
                                  NULL,
                                  set_cb,
                                  g_object_ref (request));
  loft_request_set_data (request,
                         g_steal_pointer (&owners),
                         (GDestroyNotify) g_strfreev);
}

const LoftEndpoint loft_write_owners = {
  .handle = handle,
  .prepare = prepare,
  .media_types = loft_body_types,
  .body_max = LOFT_BODY_MAX,
  .body_required = TRUE,
  .guarded = TRUE,
};
