/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-http-limits.h"

#include "http/loft-limit.h"
#include "http/loft-representation.h"
#include "http/loft-response.h"
#include "registry/loft-json.h"

static JsonObject *
describe (LoftRequest *request, LoftLimitKind kind)
{
  const LoftLimit *limit =
    &loft_request_get_shared (request)->settings.limits[kind];
  JsonObject *object = json_object_new ();
  guint left;
  guint wait;

  loft_limit_look (request, kind, &left, &wait);
  json_object_set_string_member (object, "name", loft_limit_get_name (kind));
  json_object_set_int_member (object, "burst", limit->burst);
  json_object_set_int_member (object, "interval", limit->interval);
  json_object_set_int_member (object, "remaining", left);
  json_object_set_int_member (object, "more_in", wait);

  return object;
}

static void
set_bound (JsonObject *object, const char *name, guint64 bound)
{
  if (bound > 0)
    json_object_set_int_member (object, name, (gint64) bound);
  else
    json_object_set_null_member (object, name);
}

/* What holds for the one who asks, so no cache may keep it. */
static void
handle_limits (LoftRequest *request)
{
  LoftRegistry *registry = loft_request_get_registry (request);
  g_autoptr (JsonNode) json = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();
  JsonArray *array = json_array_new ();
  guint64 versions;
  guint64 bytes;

  for (guint i = 0; i < LOFT_N_LIMITS; i++)
    if (loft_request_get_shared (request)->settings.limits[i].burst > 0)
      json_array_add_object_element (array, describe (request, i));
  json_object_set_array_member (object, "limits", array);
  json_object_set_boolean_member (object,
                                  "counted",
                                  !loft_request_is_local (request));
  loft_registry_get_quota (registry, &versions, &bytes);
  set_bound (object,
             "max_tarball_size",
             (guint64) loft_registry_get_max_tarball (registry));
  set_bound (object, "max_versions_per_package", versions);
  set_bound (object, "max_bytes_per_package", bytes);
  json_node_take_object (json, object);

  g_autoptr (GBytes) body = loft_json_to_bytes (json);
  soup_message_headers_replace (loft_request_get_response_headers (request),
                                "Cache-Control",
                                "no-store");
  loft_response_send (request, SOUP_STATUS_OK, LOFT_MEDIA_TYPE_JSON, body);
}

const LoftEndpoint loft_read_limits = {
  .handle = handle_limits,
};
