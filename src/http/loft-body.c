/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-body.h"

#include "http/loft-representation.h"
#include "registry/loft-registry-error.h"

/* Small bodies: JSON objects whose members have to be of the right type. What
 * they mean is for the registry to say. */

const char *const loft_body_types[] = { LOFT_MEDIA_TYPE_JSON, NULL };

/**
 * loft_body_parse:
 * @request: a request that has arrived whole
 * @error: return location for a #GError
 *
 * Reads the body of a request.
 *
 * Returns: (transfer full): a JSON object, or %NULL with @error set to
 *   %LOFT_REGISTRY_ERROR_MALFORMED
 */
JsonNode *
loft_body_parse (LoftRequest *request, GError **error)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (request), NULL);

  SoupMessageBody *content =
    soup_server_message_get_request_body (loft_request_get_message (request));
  g_autoptr (GBytes) body = soup_message_body_flatten (content);
  gsize size = 0;
  const char *text = g_bytes_get_data (body, &size);
  g_autoptr (JsonNode) json =
    loft_json_parse (text != NULL ? text : "", size, error);
  if (json == NULL)
    return NULL;

  if (JSON_NODE_HOLDS_OBJECT (json))
    return g_steal_pointer (&json);

  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_MALFORMED,
                       "The body must be a JSON object");

  return NULL;
}

/**
 * loft_body_refuse:
 * @member: a member of the body
 * @type: what it has to be
 * @error: return location for a #GError
 *
 * Says that a member is not what it has to be.
 *
 * Returns: %FALSE
 */
gboolean
loft_body_refuse (const char *member, const char *type, GError **error)
{
  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_MALFORMED,
               "“%s” must be %s",
               member,
               type);

  return FALSE;
}

static gboolean
is_missing (JsonObject *object, const char *member)
{
  JsonNode *node = json_object_get_member (object, member);

  return node == NULL || JSON_NODE_HOLDS_NULL (node);
}

/**
 * loft_body_take_string:
 * @object: a body
 * @member: one of its members
 * @required: whether it may not be missing
 * @out_string: (out) (transfer full) (nullable): its value
 * @error: return location for a #GError
 *
 * Takes a string out of a body.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_REGISTRY_ERROR_MALFORMED
 */
gboolean
loft_body_take_string (JsonObject *object,
                       const char *member,
                       gboolean required,
                       char **out_string,
                       GError **error)
{
  g_return_val_if_fail (object != NULL && out_string != NULL, FALSE);

  *out_string = NULL;
  if (!required && is_missing (object, member))
    return TRUE;

  *out_string = g_strdup (loft_json_get_string (object, member));

  return *out_string != NULL || loft_body_refuse (member, "a string", error);
}

/**
 * loft_body_take_strings:
 * @object: a body
 * @member: one of its members
 * @required: whether it may not be missing
 * @out_strings: (out) (transfer full) (nullable): its value
 * @error: return location for a #GError
 *
 * Takes an array of strings out of a body.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_REGISTRY_ERROR_MALFORMED
 */
gboolean
loft_body_take_strings (JsonObject *object,
                        const char *member,
                        gboolean required,
                        GStrv *out_strings,
                        GError **error)
{
  g_return_val_if_fail (object != NULL && out_strings != NULL, FALSE);

  *out_strings = NULL;
  if (!required && is_missing (object, member))
    return TRUE;

  JsonArray *array = loft_json_get_array (object, member);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (array == NULL)
    return loft_body_refuse (member, "an array of strings", error);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *element = json_array_get_element (array, i);

      if (!JSON_NODE_HOLDS_VALUE (element) ||
          json_node_get_value_type (element) != G_TYPE_STRING)
        return loft_body_refuse (member, "an array of strings", error);
      g_strv_builder_add (builder, json_node_get_string (element));
    }
  *out_strings = g_strv_builder_end (builder);

  return TRUE;
}
