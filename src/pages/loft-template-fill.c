/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-template-private.h"

#include <string.h>

#include "pages/loft-escape.h"
#include "pages/loft-html-private.h"

/* A value, and what is around it. */
typedef struct _Scope
{
  JsonNode *node;
  const struct _Scope *outer; /* nullable */
} Scope;

typedef struct
{
  GString *html;
  GHashTable *markup; /* name to LoftHtml */
  const LoftWords *words;
} Filling;

static JsonNode *
get_member (JsonNode *node, const char *name)
{
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return NULL;

  return json_object_get_member (json_node_get_object (node), name);
}

/* The first part of a name is looked for from inside out, the others below. */
static JsonNode *
find_value (const Scope *scope, const char *name)
{
  if (g_str_equal (name, "."))
    return scope->node;

  g_auto (GStrv) parts = g_strsplit (name, ".", -1);
  JsonNode *found = NULL;
  for (; scope != NULL && found == NULL; scope = scope->outer)
    found = get_member (scope->node, parts[0]);
  for (gsize i = 1; found != NULL && parts[i] != NULL; i++)
    found = get_member (found, parts[i]);

  return found;
}

static gboolean
is_there (JsonNode *node)
{
  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return FALSE;
  if (JSON_NODE_HOLDS_ARRAY (node))
    return json_array_get_length (json_node_get_array (node)) > 0;
  if (JSON_NODE_HOLDS_OBJECT (node))
    return json_object_get_size (json_node_get_object (node)) > 0;

  switch (json_node_get_value_type (node))
    {
    case G_TYPE_STRING:
      return *json_node_get_string (node) != '\0';
    case G_TYPE_BOOLEAN:
      return json_node_get_boolean (node);
    default:
      return TRUE;
    }
}

/* Text, and numbers; of anything else there is nothing to show. */
static char *
dup_text (JsonNode *node)
{
  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return g_strdup ("");

  switch (json_node_get_value_type (node))
    {
    case G_TYPE_STRING:
      return g_strdup (json_node_get_string (node));
    case G_TYPE_INT64:
      return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
    default:
      return g_strdup ("");
    }
}

static gboolean
is_number (JsonNode *node)
{
  return node != NULL && JSON_NODE_HOLDS_VALUE (node) &&
         json_node_get_value_type (node) == G_TYPE_INT64;
}

/* People read numbers as they are used to, programs as digits. */
static void
append_value (Filling *self,
              JsonNode *value,
              LoftTemplatePlace place,
              gboolean in_text)
{
  GString *html = self->html;
  g_autofree char *text =
    in_text && is_number (value)
      ? loft_words_format_number (self->words, json_node_get_int (value))
      : dup_text (value);

  switch (place)
    {
    case LOFT_TEMPLATE_PLACE_URL:
      loft_escape_append_url (html, text);
      break;
    case LOFT_TEMPLATE_PLACE_URL_PART:
      loft_escape_append_url_part (html, text);
      break;
    case LOFT_TEMPLATE_PLACE_NONE:
    case LOFT_TEMPLATE_PLACE_TEXT:
    case LOFT_TEMPLATE_PLACE_ATTRIBUTE:
    default:
      loft_escape_append_text (html, text);
    }
}

/* An element of which browsers know only that it is no script: nothing in it is
 * run, and no policy has to allow it. */
static void
append_data (Filling *self, JsonNode *value)
{
  if (!is_there (value) || !JSON_NODE_HOLDS_OBJECT (value))
    return;

  g_autofree char *json = json_to_string (value, FALSE);
  g_string_append (self->html, "<script type=\"application/ld+json\">");
  loft_escape_append_data (self->html, json);
  g_string_append (self->html, "</script>");
}

static void
append_nodes (Filling *self, const GPtrArray *nodes, const Scope *scope);

static void
append_each (Filling *self, const LoftNode *node, const Scope *scope)
{
  JsonNode *found = find_value (scope, node->text);

  if (!is_there (found) || !JSON_NODE_HOLDS_ARRAY (found))
    {
      if (node->others != NULL)
        append_nodes (self, node->others, scope);
      return;
    }

  JsonArray *array = json_node_get_array (found);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      const Scope inner = { json_array_get_element (array, i), scope };

      append_nodes (self, node->children, &inner);
    }
}

static void
append_if (Filling *self, const LoftNode *node, const Scope *scope)
{
  gboolean good = is_there (find_value (scope, node->text)) ||
                  g_hash_table_contains (self->markup, node->text);
  GPtrArray *nodes = good ? node->children : node->others;

  if (nodes != NULL)
    append_nodes (self, nodes, scope);
}

static const char *
find_text (const Filling *self, const LoftNode *node, const Scope *scope)
{
  if (node->plural == NULL)
    return loft_words_get_in (self->words, node->context, node->text);

  JsonNode *count = find_value (scope, node->count);
  gint64 n = is_number (count) ? json_node_get_int (count) : 0;

  return loft_words_get_plural (self->words,
                                node->context,
                                node->text,
                                node->plural,
                                (guint64) MAX (n, 0));
}

static void
append_gap (Filling *self,
            const LoftNode *node,
            const char *name,
            const Scope *scope)
{
  for (guint i = 0; node->parts != NULL && i < node->parts->len; i++)
    {
      const LoftNode *part = node->parts->pdata[i];

      if (g_str_equal (part->text, name))
        {
          append_nodes (self, part->children, scope);
          return;
        }
    }

  if (node->count != NULL && g_str_equal (name, "n"))
    name = node->count;
  append_value (self, find_value (scope, name), node->place, TRUE);
}

/* A translation is a text like others: what looks like markup in it is not. */
static void
append_text (Filling *self, const LoftNode *node, const Scope *scope)
{
  const char *text = find_text (self, node, scope);
  LoftTextPiece piece = { 0 };

  while (loft_template_text_next (&text, &piece))
    {
      g_autofree char *name = piece.name;
      g_autofree char *literal = g_strndup (piece.literal, piece.length);

      loft_escape_append_text (self->html, literal);
      if (name != NULL)
        append_gap (self, node, name, scope);
    }
}

static void
append_node (Filling *self, const LoftNode *node, const Scope *scope)
{
  switch (node->kind)
    {
    case LOFT_NODE_VALUE:
      append_value (self,
                    find_value (scope, node->text),
                    node->place,
                    node->place == LOFT_TEMPLATE_PLACE_TEXT);
      break;
    case LOFT_NODE_MARKUP:
      {
        LoftHtml *part = g_hash_table_lookup (self->markup, node->text);

        if (part != NULL)
          g_string_append_len (self->html,
                               loft_html_get_text (part),
                               (gssize) loft_html_get_length (part));
      }
      break;
    case LOFT_NODE_DATA:
      append_data (self, find_value (scope, node->text));
      break;
    case LOFT_NODE_IF:
      append_if (self, node, scope);
      break;
    case LOFT_NODE_EACH:
      append_each (self, node, scope);
      break;
    case LOFT_NODE_TEXT:
      append_text (self, node, scope);
      break;
    case LOFT_NODE_PART:
      break;
    case LOFT_NODE_LITERAL:
    default:
      g_string_append (self->html, node->text);
    }
}

static void
append_nodes (Filling *self, const GPtrArray *nodes, const Scope *scope)
{
  for (guint i = 0; i < nodes->len; i++)
    append_node (self, nodes->pdata[i], scope);
}

/**
 * loft_template_fill:
 * @self: a template
 * @words: (nullable): the language of its texts; %NULL for English
 * @values: what to put into its gaps
 * @...: names and #LoftHtml, ended by %NULL; a name whose markup is %NULL
 *   stands for nothing
 *
 * Fills a template. What it asks for and nobody has is left empty.
 *
 * Returns: (transfer full): a page, or a part of one
 */
LoftHtml *
loft_template_fill (const LoftTemplate *self,
                    const LoftWords *words,
                    JsonObject *values,
                    ...)
{
  g_return_val_if_fail (self != NULL && values != NULL, NULL);

  g_autoptr (GHashTable) markup = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  const Scope scope = { node, NULL };
  Filling filling = { g_string_sized_new (4096), markup, words };
  va_list arguments;

  json_node_set_object (node, values);
  va_start (arguments, values);
  for (const char *name = va_arg (arguments, const char *); name != NULL;
       name = va_arg (arguments, const char *))
    {
      LoftHtml *part = va_arg (arguments, LoftHtml *);

      if (part != NULL)
        g_hash_table_insert (markup, (gpointer) name, part);
    }
  va_end (arguments);
  append_nodes (&filling, self->nodes, &scope);

  return loft_html_new_take (filling.html);
}
