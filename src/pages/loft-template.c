/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-template-private.h"

#include <string.h>

/*
 * Templates are HTML with a few words between double braces:
 *
 *   {{name}}  {{package.name}}  {{.}}   a value, escaped as its place demands
 *   {{html name}}                       markup that is known to be safe
 *   {{data name}}                       an object for programs, as JSON-LD
 *   {{if name}} … {{else}} … {{end}}    shown where there is such a value
 *   {{each name}} … {{end}}             once for each element of an array
 *   {{include name}}                    another template
 *   {{tr Some text}}                    a text in the reader's language
 *   {{let name}} … {{end}}              markup for such a text (see
 *                                       loft-template-text.c)
 *
 * A name is looked for in the innermost element first. Nothing says "do not
 * escape": a value is a string, a string is text, and markup comes as a type of
 * its own, by a way of its own.
 */

#define OPEN "{{"
#define CLOSE "}}"

/* More is a template that includes itself. */
#define DEPTH_MAX 8

typedef struct
{
  const char *next;
  LoftTemplateScan *scan;
  LoftTemplateLoadFunc load;
  gpointer user_data;
  guint depth;
  GPtrArray *parts; /* LoftNode that texts may have as parts */
} Parser;

/**
 * loft_node_free:
 * @self: (transfer full): a piece of a template
 *
 * Frees @self.
 */
void
loft_node_free (LoftNode *self)
{
  g_free (self->text);
  g_free (self->context);
  g_free (self->plural);
  g_free (self->count);
  g_clear_pointer (&self->children, g_ptr_array_unref);
  g_clear_pointer (&self->others, g_ptr_array_unref);
  g_clear_pointer (&self->parts, g_ptr_array_unref);
  g_free (self);
}

static GPtrArray *
nodes_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) loft_node_free);
}

static LoftNode *
add_node (GPtrArray *nodes, LoftNodeKind kind, const char *text)
{
  LoftNode *node = g_new0 (LoftNode, 1);

  node->kind = kind;
  node->text = g_strdup (text);
  g_ptr_array_add (nodes, node);

  return node;
}

static gboolean
refuse (const char *reason, const char *word, GError **error)
{
  g_set_error (error,
               G_IO_ERROR,
               G_IO_ERROR_INVALID_DATA,
               "%s: “%s”",
               reason,
               word);

  return FALSE;
}

/* Of how a template is indented, the page needs nothing but the lines. */
static char *
reduce_space (const char *text, gsize length)
{
  GString *reduced = g_string_sized_new (length);

  for (gsize i = 0; i < length; i++)
    {
      g_string_append_c (reduced, text[i]);
      if (text[i] == '\n')
        while (i + 1 < length && g_ascii_isspace (text[i + 1]))
          i++;
    }

  return g_string_free (reduced, FALSE);
}

static gboolean
parse_literal (Parser *self, GPtrArray *nodes, GError **error)
{
  const char *open = strstr (self->next, OPEN);
  gsize length =
    open != NULL ? (gsize) (open - self->next) : strlen (self->next);
  g_autofree char *text = reduce_space (self->next, length);

  self->next += length;
  add_node (nodes, LOFT_NODE_LITERAL, text);

  return loft_template_scan_read (self->scan, text, strlen (text), error);
}

/* Takes what is between the next braces. */
static char *
take_words (Parser *self, GError **error)
{
  const char *start = self->next + strlen (OPEN);
  const char *close = strstr (start, CLOSE);

  if (close == NULL)
    {
      refuse ("Braces are not closed", start, error);
      return NULL;
    }
  /* The first one may belong to what is inside: `{{tr All {n}}}`. */
  while (close[strlen (CLOSE)] == '}')
    close++;
  self->next = close + strlen (CLOSE);

  return g_strstrip (g_strndup (start, (gsize) (close - start)));
}

static gboolean
check_name (const char *name, GError **error)
{
  if (*name == '\0' ||
      strspn (name, G_CSET_a_2_z G_CSET_DIGITS "_.") != strlen (name))
    return refuse ("Not a name", name, error);

  return TRUE;
}

static gboolean
add_value (Parser *self, GPtrArray *nodes, const char *name, GError **error)
{
  LoftTemplatePlace place = loft_template_scan_fill (self->scan);

  if (place == LOFT_TEMPLATE_PLACE_NONE)
    return refuse ("No value may be put here", name, error);
  add_node (nodes, LOFT_NODE_VALUE, name)->place = place;

  return TRUE;
}

static gboolean
add_markup (Parser *self, GPtrArray *nodes, const char *name, GError **error)
{
  if (loft_template_scan_fill (self->scan) != LOFT_TEMPLATE_PLACE_TEXT)
    return refuse ("No markup may be put here", name, error);
  add_node (nodes, LOFT_NODE_MARKUP, name);

  return TRUE;
}

static gboolean
add_data (Parser *self, GPtrArray *nodes, const char *name, GError **error)
{
  if (loft_template_scan_fill (self->scan) != LOFT_TEMPLATE_PLACE_TEXT)
    return refuse ("No data may be put here", name, error);
  add_node (nodes, LOFT_NODE_DATA, name);

  return TRUE;
}

static gboolean
parse (Parser *self, GPtrArray *nodes, char **out_end, GError **error);

static gboolean
add_included (Parser *self, GPtrArray *nodes, const char *name, GError **error)
{
  if (self->load == NULL || self->depth == DEPTH_MAX)
    return refuse ("Nothing can be included here", name, error);

  g_autofree char *text = self->load (name, self->user_data, error);
  if (text == NULL)
    return FALSE;

  Parser included = *self;
  g_autofree char *end = NULL;
  included.next = text;
  included.depth++;
  if (!parse (&included, nodes, &end, error))
    return FALSE;

  return end == NULL || refuse ("Nothing was begun", end, error);
}

/* Parses up to the end of a condition or a repetition, or to its `else`. */
static gboolean
parse_branch (Parser *self,
              GPtrArray *nodes,
              const char *name,
              char **out_end,
              GError **error)
{
  int state = (int) self->scan->state;
  g_autofree char *attribute = g_strdup (self->scan->name->str);

  if (!loft_template_scan_may_branch (self->scan))
    return refuse ("Nothing may be left out here", name, error);
  if (!parse (self, nodes, out_end, error))
    return FALSE;
  if (*out_end == NULL)
    return refuse ("It has no end", name, error);
  if ((int) self->scan->state != state ||
      !g_str_equal (self->scan->name->str, attribute))
    return refuse ("It ends in another place", name, error);

  return TRUE;
}

static gboolean
add_branches (Parser *self, GPtrArray *nodes, LoftNode *node, GError **error)
{
  g_autofree char *end = NULL;
  g_autofree char *other_end = NULL;

  node->children = nodes_new ();
  if (!parse_branch (self, node->children, node->text, &end, error))
    return FALSE;
  if (g_str_equal (end, "end"))
    return TRUE;

  node->others = nodes_new ();
  if (!parse_branch (self, node->others, node->text, &other_end, error))
    return FALSE;

  return g_str_equal (other_end, "end") ||
         refuse ("There is another “else” already", node->text, error);
}

/* Markup that a text has as a part is put where the text says. */
static gboolean
add_part (Parser *self, GPtrArray *nodes, const char *name, GError **error)
{
  LoftNode *node = add_node (nodes, LOFT_NODE_PART, name);
  g_autofree char *end = NULL;

  node->children = nodes_new ();
  if (self->scan->state != LOFT_SCAN_TEXT)
    return refuse ("No part may begin here", name, error);
  if (!parse_branch (self, node->children, name, &end, error))
    return FALSE;
  if (!g_str_equal (end, "end"))
    return refuse ("There is no “else” here", name, error);
  g_ptr_array_add (self->parts, node);

  return TRUE;
}

/* The newest parts of all that a text may name. */
static void
find_parts (const Parser *self, LoftNode *node, const char *text)
{
  LoftTextPiece piece = { 0 };

  while (loft_template_text_next (&text, &piece))
    {
      g_autofree char *name = piece.name;

      for (guint i = self->parts->len; name != NULL && i > 0; i--)
        {
          LoftNode *part = self->parts->pdata[i - 1];

          if (!g_str_equal (part->text, name))
            continue;
          if (node->parts == NULL)
            node->parts = g_ptr_array_new ();
          g_ptr_array_add (node->parts, part);
          break;
        }
    }
}

static gboolean
add_text (Parser *self, GPtrArray *nodes, const char *words, GError **error)
{
  LoftTemplatePlace place = loft_template_scan_fill (self->scan);
  LoftNode *node = loft_template_text_parse (words, error);

  if (node == NULL)
    return FALSE;
  g_ptr_array_add (nodes, node);
  node->place = place;
  find_parts (self, node, node->text);
  if (node->plural != NULL)
    find_parts (self, node, node->plural);
  if (place == LOFT_TEMPLATE_PLACE_TEXT ||
      (place == LOFT_TEMPLATE_PLACE_ATTRIBUTE && node->parts == NULL))
    return TRUE;

  return refuse ("No such text may be put here", words, error);
}

static gboolean
add_words (Parser *self,
           GPtrArray *nodes,
           const char *words,
           char **out_end,
           GError **error)
{
  g_auto (GStrv) parts = g_strsplit (words, " ", 2);

  if (g_str_equal (words, "else") || g_str_equal (words, "end"))
    {
      *out_end = g_strdup (words);
      return TRUE;
    }
  if (parts[0] == NULL || parts[1] == NULL)
    return check_name (words, error) && add_value (self, nodes, words, error);
  if (g_str_equal (parts[0], "include"))
    return add_included (self, nodes, parts[1], error);
  if (g_str_equal (parts[0], "tr") || g_str_equal (parts[0], "trn"))
    return add_text (self, nodes, words, error);
  if (!check_name (parts[1], error))
    return FALSE;
  if (g_str_equal (parts[0], "html"))
    return add_markup (self, nodes, parts[1], error);
  if (g_str_equal (parts[0], "data"))
    return add_data (self, nodes, parts[1], error);
  if (g_str_equal (parts[0], "let"))
    return add_part (self, nodes, parts[1], error);
  if (g_str_equal (parts[0], "if"))
    return add_branches (self,
                         nodes,
                         add_node (nodes, LOFT_NODE_IF, parts[1]),
                         error);
  if (g_str_equal (parts[0], "each"))
    return add_branches (self,
                         nodes,
                         add_node (nodes, LOFT_NODE_EACH, parts[1]),
                         error);

  return refuse ("No such word", words, error);
}

/* Parses to the end of the text, or of what was begun before. */
static gboolean
parse (Parser *self, GPtrArray *nodes, char **out_end, GError **error)
{
  while (*out_end == NULL)
    {
      if (!parse_literal (self, nodes, error))
        return FALSE;
      if (*self->next == '\0')
        break;

      g_autofree char *words = take_words (self, error);
      if (words == NULL || !add_words (self, nodes, words, out_end, error))
        return FALSE;
    }

  return TRUE;
}

/**
 * loft_template_new:
 * @text: a template
 * @load: (nullable): finds what it includes; %NULL if it may include nothing
 * @user_data: for @load
 * @error: return location for a #GError
 *
 * Reads a template, and makes sure that whatever it is filled with stays text:
 * it is refused where that can't be told.
 *
 * Returns: (transfer full): the template, or %NULL with @error set to
 *   %G_IO_ERROR_INVALID_DATA or by @load
 */
LoftTemplate *
loft_template_new (const char *text,
                   LoftTemplateLoadFunc load,
                   gpointer user_data,
                   GError **error)
{
  g_return_val_if_fail (text != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftTemplate) self = g_new0 (LoftTemplate, 1);
  LoftTemplateScan scan = { 0 };
  g_autoptr (GPtrArray) parts = g_ptr_array_new ();
  Parser parser = { text, &scan, load, user_data, 0, parts };
  g_autofree char *end = NULL;

  self->nodes = nodes_new ();
  loft_template_scan_init (&scan);
  gboolean good = parse (&parser, self->nodes, &end, error);
  if (good && end != NULL)
    good = refuse ("Nothing was begun", end, error);
  if (good && scan.state != LOFT_SCAN_TEXT)
    good = refuse ("An element has no end", scan.name->str, error);
  loft_template_scan_clear (&scan);

  return good ? g_steal_pointer (&self) : NULL;
}

/**
 * loft_template_free:
 * @self: (transfer full): a template
 *
 * Frees @self.
 */
void
loft_template_free (LoftTemplate *self)
{
  g_ptr_array_unref (self->nodes);
  g_free (self);
}
