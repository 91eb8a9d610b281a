/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "ctl/loft-ctl-json.h"

#include <glib/gi18n.h>

#include "ctl/loft-ctl.h"

/**
 * loft_ctl_json_parse:
 * @text: a JSON object, as the registry sends it
 * @error: return location for a #GError
 *
 * Reads an object.
 *
 * Returns: (transfer full): an object, or %NULL with @error set
 */
JsonObject *
loft_ctl_json_parse (const char *text, GError **error)
{
  g_autoptr (JsonNode) node = json_from_string (text, error);

  if (node == NULL)
    return NULL;
  if (!JSON_NODE_HOLDS_OBJECT (node))
    {
      g_set_error_literal (
        error,
        LOFT_CTL_ERROR,
        LOFT_CTL_ERROR_FAILED,
        _ ("The registry sent something else than an object"));
      return NULL;
    }

  return json_node_dup_object (node);
}

/**
 * loft_ctl_json_get_boolean:
 * @object: an object
 * @member: the name of a member
 *
 * Gives a truth value.
 *
 * Returns: whether @member is there and true
 */
gboolean
loft_ctl_json_get_boolean (JsonObject *object, const char *member)
{
  JsonNode *node = json_object_get_member (object, member);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) &&
         json_node_get_value_type (node) == G_TYPE_BOOLEAN &&
         json_node_get_boolean (node);
}

/**
 * loft_ctl_json_join:
 * @object: an object
 * @member: the name of a member
 *
 * Makes one text of an array of strings.
 *
 * Returns: (transfer full): a text, which is empty without an array
 */
char *
loft_ctl_json_join (JsonObject *object, const char *member)
{
  g_auto (GStrv) strings = loft_ctl_json_dup_strings (object, member);

  return g_strjoinv (", ", strings);
}

/**
 * loft_ctl_json_print:
 * @builder: (transfer none): a finished value
 *
 * Prints a value and the end of the line.
 */
void
loft_ctl_json_print (JsonBuilder *builder)
{
  g_autoptr (JsonNode) node = json_builder_get_root (builder);
  g_autofree char *text = json_to_string (node, FALSE);

  g_print ("%s\n", text);
}

/**
 * loft_ctl_json_print_texts:
 * @texts: JSON values, as the registry sends them
 * @first: (inout): whether none has been printed yet
 *
 * Prints elements of an array, one a line.
 */
void
loft_ctl_json_print_texts (const char *const *texts, gboolean *first)
{
  for (guint i = 0; texts[i] != NULL; i++)
    {
      g_print ("%s%s", *first ? "" : ",\n", texts[i]);
      *first = FALSE;
    }
}

/**
 * loft_ctl_json_dup_strings:
 * @object: an object
 * @member: the name of a member
 *
 * Gives an array of strings; what is no string is left out.
 *
 * Returns: (transfer full): the strings, none without an array
 */
GStrv
loft_ctl_json_dup_strings (JsonObject *object, const char *member)
{
  JsonNode *node = json_object_get_member (object, member);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return g_strv_builder_end (builder);

  JsonArray *array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *element = json_array_get_element (array, i);

      if (JSON_NODE_HOLDS_VALUE (element) &&
          json_node_get_value_type (element) == G_TYPE_STRING)
        g_strv_builder_add (builder, json_node_get_string (element));
    }

  return g_strv_builder_end (builder);
}

/**
 * loft_ctl_json_print_strings:
 * @member: the name of a member
 * @...: its value, and more such pairs, and %NULL
 *
 * Prints an object of strings.
 */
void
loft_ctl_json_print_strings (const char *member, ...)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  va_list arguments;

  json_builder_begin_object (builder);
  va_start (arguments, member);
  for (const char *name = member; name != NULL;
       name = va_arg (arguments, const char *))
    {
      json_builder_set_member_name (builder, name);
      json_builder_add_string_value (builder, va_arg (arguments, const char *));
    }
  va_end (arguments);
  json_builder_end_object (builder);
  loft_ctl_json_print (builder);
}

/**
 * loft_ctl_json_print_strv:
 * @strings: strings
 *
 * Prints an array of strings.
 */
void
loft_ctl_json_print_strv (const char *const *strings)
{
  g_autoptr (GVariant) value =
    g_variant_ref_sink (g_variant_new_strv (strings, -1));

  loft_ctl_json_print_variant (value);
}

/**
 * loft_ctl_json_print_variant:
 * @value: a value
 *
 * Prints a value as it came over the bus.
 */
void
loft_ctl_json_print_variant (GVariant *value)
{
  g_autofree char *text = json_gvariant_serialize_data (value, NULL);

  g_print ("%s\n", text);
}
