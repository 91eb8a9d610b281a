/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "ctl/loft-ctl-elements.h"

#include <glib/gi18n.h>
#include <string.h>

#include "ctl/loft-ctl.h"
#include "registry/loft-json.h"

/* Takes a list of JSON objects apart, so that only one of them is in memory at
 * a time, however long the list is. Where an object ends is found by counting
 * brackets; what is between is for the strict reader. */

#define ELEMENT_MAX (4 * 1024 * 1024)

typedef enum
{
  PLACE_START,
  PLACE_FIRST,
  PLACE_NEXT,
  PLACE_INSIDE,
  PLACE_BEHIND,
  PLACE_END
} Place;

/**
 * LoftCtlElements:
 *
 * A list of JSON objects that comes in pieces.
 */
struct _LoftCtlElements
{
  LoftCtlElementForm form;
  LoftCtlElementFunc func;
  gpointer user_data; /* not owned */

  GString *text; /* owned: of the element that is being read */
  Place place;
  guint depth;
  gboolean in_string;
  gboolean is_escaped;
};

/**
 * loft_ctl_elements_new:
 * @form: how the objects follow one another
 * @func: told of each
 * @user_data: for @func
 *
 * Begins with a list.
 *
 * Returns: (transfer full): a list of which nothing was read yet
 */
LoftCtlElements *
loft_ctl_elements_new (LoftCtlElementForm form,
                       LoftCtlElementFunc func,
                       gpointer user_data)
{
  LoftCtlElements *self = g_new0 (LoftCtlElements, 1);

  self->form = form;
  self->func = func;
  self->user_data = user_data;
  self->text = g_string_new (NULL);
  loft_ctl_elements_reset (self);

  return self;
}

/**
 * loft_ctl_elements_free:
 * @self: (transfer full): a list
 *
 * Frees @self.
 */
void
loft_ctl_elements_free (LoftCtlElements *self)
{
  g_string_free (self->text, TRUE);
  g_free (self);
}

/**
 * loft_ctl_elements_reset:
 * @self: a list
 *
 * Begins again.
 */
void
loft_ctl_elements_reset (LoftCtlElements *self)
{
  g_string_truncate (self->text, 0);
  self->place = self->form == LOFT_CTL_ELEMENT_ARRAY ? PLACE_START : PLACE_NEXT;
  self->depth = 0;
  self->in_string = FALSE;
  self->is_escaped = FALSE;
}

static gboolean
refuse (GError **error)
{
  g_set_error_literal (error,
                       LOFT_CTL_ERROR,
                       LOFT_CTL_ERROR_FAILED,
                       _ ("The answer is no JSON as a registry gives it"));
  return FALSE;
}

static gboolean
take_element (LoftCtlElements *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonNode) node =
    loft_json_parse (self->text->str, self->text->len, &local_error);

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return refuse (error);
  g_string_truncate (self->text, 0);
  self->place = PLACE_BEHIND;

  return self->func (json_node_get_object (node), self->user_data, error);
}

/* Where the next character is outside of all elements. */
static gboolean
take_between (LoftCtlElements *self, char c, GError **error)
{
  gboolean is_array = self->form == LOFT_CTL_ELEMENT_ARRAY;
  gboolean may_begin =
    self->place == PLACE_FIRST || self->place == PLACE_NEXT ||
    (self->place == PLACE_BEHIND && self->form == LOFT_CTL_ELEMENT_LINES);

  if (strchr (" \t\r\n", c) != NULL && c != '\0')
    return TRUE;

  if (c == '{' && may_begin)
    self->place = PLACE_INSIDE;
  else if (is_array && c == '[' && self->place == PLACE_START)
    self->place = PLACE_FIRST;
  else if (is_array && c == ',' && self->place == PLACE_BEHIND)
    self->place = PLACE_NEXT;
  else if (is_array && c == ']' &&
           (self->place == PLACE_FIRST || self->place == PLACE_BEHIND))
    self->place = PLACE_END;
  else
    return refuse (error);

  return TRUE;
}

static void
count (LoftCtlElements *self, char c)
{
  if (self->is_escaped)
    self->is_escaped = FALSE;
  else if (self->in_string)
    {
      self->is_escaped = c == '\\';
      self->in_string = c != '"';
    }
  else if (c == '"')
    self->in_string = TRUE;
  else if (c == '{' || c == '[')
    self->depth++;
  else if (c == '}' || c == ']')
    self->depth--;
}

/**
 * loft_ctl_elements_feed:
 * @self: a list
 * @data: the next piece of it
 * @length: how many bytes
 * @error: return location for a #GError
 *
 * Reads on.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_ctl_elements_feed (LoftCtlElements *self,
                        const char *data,
                        gsize length,
                        GError **error)
{
  for (gsize i = 0; i < length; i++)
    {
      if (self->place != PLACE_INSIDE && !take_between (self, data[i], error))
        return FALSE;
      if (self->place != PLACE_INSIDE)
        continue;

      count (self, data[i]);
      g_string_append_c (self->text, data[i]);
      if (self->depth > LOFT_JSON_DEPTH_MAX || self->text->len > ELEMENT_MAX)
        return refuse (error);
      if (self->depth == 0 && !take_element (self, error))
        return FALSE;
    }

  return TRUE;
}

/**
 * loft_ctl_elements_finish:
 * @self: a list
 * @error: return location for a #GError
 *
 * Makes sure that nothing is missing at the end.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
loft_ctl_elements_finish (LoftCtlElements *self, GError **error)
{
  switch (self->form)
    {
    case LOFT_CTL_ELEMENT_ARRAY:
      return self->place == PLACE_END || refuse (error);
    case LOFT_CTL_ELEMENT_LINES:
      return self->place != PLACE_INSIDE || refuse (error);
    case LOFT_CTL_ELEMENT_SINGLE:
      return self->place == PLACE_BEHIND || refuse (error);
    default:
      g_return_val_if_reached (FALSE);
    }
}
