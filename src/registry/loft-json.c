/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-json-private.h"

/**
 * loft_json_parse:
 * @text: (array length=length): a whole text
 * @length: how many bytes
 * @error: return location for a #GError
 *
 * Parses a whole text that comes from our own storage or that was measured
 * before, by the rules of loft_json_scanner_new() but for the number of members
 * and values, which are not limited.
 *
 * Returns: (transfer full): the value, or %NULL with @error set to
 *   %LOFT_REGISTRY_ERROR_MALFORMED
 */
JsonNode *
loft_json_parse (const char *text, gsize length, GError **error)
{
  g_return_val_if_fail (text != NULL || length == 0, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  /* What is kept is never longer than the text. */
  g_autoptr (LoftJsonScanner) self = loft_json_scanner_new (length);

  self->members_max = G_MAXUINT;
  self->values_max = G_MAXUINT;
  self->alike_max = G_MAXUINT;
  if (!loft_json_scanner_feed (self, text, length, error))
    return NULL;

  return loft_json_scanner_finish (self, error);
}

/* The member, if it is there and a value of that type. */
static JsonNode *
get_value (JsonObject *object, const char *member, GType type)
{
  JsonNode *node = json_object_get_member (object, member);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) ||
      json_node_get_value_type (node) != type)
    return NULL;

  return node;
}

/**
 * loft_json_get_string:
 * @object: (nullable): an object
 * @member: a member's name
 *
 * Gets a string.
 *
 * Returns: (transfer none) (nullable): the string, or %NULL if there is no such
 *   member or it is of another type
 */
const char *
loft_json_get_string (JsonObject *object, const char *member)
{
  g_return_val_if_fail (member != NULL, NULL);

  JsonNode *node =
    object != NULL ? get_value (object, member, G_TYPE_STRING) : NULL;

  return node != NULL ? json_node_get_string (node) : NULL;
}

/**
 * loft_json_get_object:
 * @object: (nullable): an object
 * @member: a member's name
 *
 * Gets an object.
 *
 * Returns: (transfer none) (nullable): the object, or %NULL if there is no such
 *   member or it is of another type
 */
JsonObject *
loft_json_get_object (JsonObject *object, const char *member)
{
  g_return_val_if_fail (member != NULL, NULL);

  JsonNode *node =
    object != NULL ? json_object_get_member (object, member) : NULL;

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node)
           ? json_node_get_object (node)
           : NULL;
}

/**
 * loft_json_get_array:
 * @object: (nullable): an object
 * @member: a member's name
 *
 * Gets an array.
 *
 * Returns: (transfer none) (nullable): the array, or %NULL if there is no such
 *   member or it is of another type
 */
JsonArray *
loft_json_get_array (JsonObject *object, const char *member)
{
  g_return_val_if_fail (member != NULL, NULL);

  JsonNode *node =
    object != NULL ? json_object_get_member (object, member) : NULL;

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node)
           ? json_node_get_array (node)
           : NULL;
}

/**
 * loft_json_get_int:
 * @object: (nullable): an object
 * @member: a member's name
 * @fallback: what to give where there is none
 *
 * Gets an integer.
 *
 * Returns: the integer, or @fallback if there is no such member or it is of
 *   another type
 */
gint64
loft_json_get_int (JsonObject *object, const char *member, gint64 fallback)
{
  g_return_val_if_fail (member != NULL, fallback);

  JsonNode *node =
    object != NULL ? get_value (object, member, G_TYPE_INT64) : NULL;

  return node != NULL ? json_node_get_int (node) : fallback;
}

/**
 * loft_json_add_string:
 * @builder: where an object has begun
 * @member: a member's name
 * @value: (nullable): its value
 *
 * Adds a member, unless it has no value.
 */
void
loft_json_add_string (JsonBuilder *builder,
                      const char *member,
                      const char *value)
{
  g_return_if_fail (builder != NULL && member != NULL);

  if (value == NULL)
    return;

  json_builder_set_member_name (builder, member);
  json_builder_add_string_value (builder, value);
}
