/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-json.h"

#include <string.h>

/* A writer of our own, since the generator of json-glib 1.6 makes “1e+20.0” of
 * the number 1e20, which is no JSON. */

/**
 * loft_json_append_string:
 * @text: where to write
 * @string: valid UTF-8
 *
 * Appends a string as JSON, with its quotes.
 */
void
loft_json_append_string (GString *text, const char *string)
{
  g_return_if_fail (text != NULL && string != NULL);

  g_string_append_c (text, '"');

  for (const char *p = string; *p != '\0'; p++)
    {
      static const char names[] = "\"\\bfnrt";
      static const char values[] = "\"\\\b\f\n\r\t";
      guchar c = *p;
      gboolean is_plain = c >= 0x20 && c != '"' && c != '\\' && c != 0x7f;
      const char *found = is_plain ? NULL : strchr (values, c);

      if (is_plain)
        g_string_append_c (text, c);
      else if (found != NULL)
        {
          g_string_append_c (text, '\\');
          g_string_append_c (text, names[found - values]);
        }
      else
        g_string_append_printf (text, "\\u%04x", c);
    }

  g_string_append_c (text, '"');
}

/* The shortest decimals that give the same number back, and always such that
 * it is read as floating point again. */
static void
append_double (GString *text, double value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (buffer, sizeof buffer, "%.15g", value);
  if (g_ascii_strtod (buffer, NULL) != value)
    g_ascii_dtostr (buffer, sizeof buffer, value);

  g_string_append (text, buffer);
  if (strpbrk (buffer, ".e") == NULL)
    g_string_append (text, ".0");
}

static void
append_value (GString *text, JsonNode *node)
{
  GType type = json_node_get_value_type (node);

  if (type == G_TYPE_STRING)
    loft_json_append_string (text, json_node_get_string (node));
  else if (type == G_TYPE_BOOLEAN)
    g_string_append (text, json_node_get_boolean (node) ? "true" : "false");
  else if (type == G_TYPE_DOUBLE)
    append_double (text, json_node_get_double (node));
  else
    g_string_append_printf (text,
                            "%" G_GINT64_FORMAT,
                            json_node_get_int (node));
}

static void
append_array (GString *text, JsonArray *array)
{
  guint length = json_array_get_length (array);

  g_string_append_c (text, '[');
  for (guint i = 0; i < length; i++)
    {
      if (i > 0)
        g_string_append_c (text, ',');
      loft_json_append (text, json_array_get_element (array, i));
    }
  g_string_append_c (text, ']');
}

static void
append_object (GString *text, JsonObject *object)
{
  JsonObjectIter iter;
  const char *name = NULL;
  JsonNode *member = NULL;
  gboolean is_first = TRUE;

  g_string_append_c (text, '{');
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &member))
    {
      if (!is_first)
        g_string_append_c (text, ',');
      is_first = FALSE;

      loft_json_append_string (text, name);
      g_string_append_c (text, ':');
      loft_json_append (text, member);
    }
  g_string_append_c (text, '}');
}

/**
 * loft_json_append:
 * @text: where to write
 * @node: a value, no deeper than %LOFT_JSON_DEPTH_MAX levels or built by us
 *
 * Appends a value as compact JSON, the members of objects in their order.
 */
void
loft_json_append (GString *text, JsonNode *node)
{
  g_return_if_fail (text != NULL && node != NULL);

  switch (json_node_get_node_type (node))
    {
    case JSON_NODE_OBJECT:
      append_object (text, json_node_get_object (node));
      break;

    case JSON_NODE_ARRAY:
      append_array (text, json_node_get_array (node));
      break;

    case JSON_NODE_VALUE:
      append_value (text, node);
      break;

    case JSON_NODE_NULL:
    default:
      g_string_append (text, "null");
      break;
    }
}

/**
 * loft_json_to_bytes:
 * @node: a value
 *
 * Writes a value as compact JSON on one line, with its newline: the form in
 * which documents are stored and sent.
 *
 * Returns: (transfer full): the text
 */
GBytes *
loft_json_to_bytes (JsonNode *node)
{
  g_return_val_if_fail (node != NULL, NULL);

  GString *text = g_string_new (NULL);

  loft_json_append (text, node);
  g_string_append_c (text, '\n');

  return g_string_free_to_bytes (text);
}
