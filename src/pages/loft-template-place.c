/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "pages/loft-template-place.h"

#include <string.h>

/*
 * Reads the markup of templates only so far as to know what a value that is put
 * somewhere becomes part of. What templates need is little: elements, and
 * attributes between double quotes. Everything else is refused, most of all the
 * places in which escaping would not help: scripts, styles, attributes that are
 * code, and names. A script may be named, but then it is nowhere else.
 */

static const char *const url_attributes[] = {
  "action", "cite", "formaction", "href", "poster", "src", "xlink:href", NULL
};
static const char *const forbidden_attributes[] = { "srcdoc",
                                                    "srcset",
                                                    "style",
                                                    NULL };
static const char *const forbidden_elements[] = {
  "iframe",  "object", "style",         "math", "use",
  "animate", "set",    "foreignobject", NULL
};

/**
 * loft_template_scan_init:
 * @self: (out caller-allocates): a scan
 *
 * Begins with the markup of a template.
 */
void
loft_template_scan_init (LoftTemplateScan *self)
{
  *self = (LoftTemplateScan){ .state = LOFT_SCAN_TEXT };
  self->name = g_string_new (NULL);
}

/**
 * loft_template_scan_clear:
 * @self: a scan
 *
 * Frees what @self holds.
 */
void
loft_template_scan_clear (LoftTemplateScan *self)
{
  g_string_free (self->name, TRUE);
}

static gboolean
refuse (const char *what, const char *name, GError **error)
{
  g_set_error (error,
               G_IO_ERROR,
               G_IO_ERROR_INVALID_DATA,
               "%s: “%s”",
               what,
               name);

  return FALSE;
}

/* Between a script's tags. */
static gboolean
read_script (LoftTemplateScan *self, char c, GError **error)
{
  char text[] = { c, '\0' };

  if (c != '<')
    return refuse ("Templates hold no script", text, error);
  self->state = LOFT_SCAN_TAG;
  g_string_assign (self->name, "<");

  return TRUE;
}

static gboolean
read_text (LoftTemplateScan *self, char c, GError **error)
{
  if (c == '<')
    {
      self->state = LOFT_SCAN_TAG;
      self->is_closing = FALSE;
      self->filled = 0;
      g_string_assign (self->name, "<");
    }

  return TRUE;
}

/* The name of an element has ended. */
static gboolean
check_element (LoftTemplateScan *self, GError **error)
{
  if (self->name->str[0] != '<')
    return TRUE;

  /* In pictures there are elements that end at once. */
  if (self->name->str[self->name->len - 1] == '/')
    g_string_truncate (self->name, self->name->len - 1);
  if (self->is_script && !g_str_equal (self->name->str, "</script"))
    return refuse ("Templates hold no such script", self->name->str, error);
  self->is_script = g_str_equal (self->name->str, "<script");
  if (g_strv_contains (forbidden_elements, self->name->str + 1))
    return refuse ("Templates hold no such element", self->name->str, error);
  g_string_truncate (self->name, 0);

  return TRUE;
}

static gboolean
begin_value (LoftTemplateScan *self, GError **error)
{
  if (self->name->len < 2 || self->name->str[self->name->len - 1] != '=')
    return refuse ("A value without a name", self->name->str, error);

  g_string_truncate (self->name, self->name->len - 1);
  if (g_str_has_prefix (self->name->str, "on") ||
      g_strv_contains (forbidden_attributes, self->name->str))
    return refuse ("Templates hold no such attribute", self->name->str, error);
  self->state = LOFT_SCAN_VALUE;
  self->filled = 0;

  return TRUE;
}

static gboolean
read_tag (LoftTemplateScan *self, char c, GError **error)
{
  if (c == '"')
    return begin_value (self, error);
  if (g_ascii_isspace (c) || c == '>')
    {
      if (self->name->len > 0 && self->name->str[self->name->len - 1] == '=')
        return refuse ("A value without double quotes", self->name->str, error);
      if (!check_element (self, error))
        return FALSE;
      g_string_truncate (self->name, 0);
      if (c == '>')
        self->state = self->is_script ? LOFT_SCAN_SCRIPT : LOFT_SCAN_TEXT;

      return TRUE;
    }
  /* `<!DOCTYPE` is a tag like others, but a comment may hold anything. */
  if (!g_ascii_isalnum (c) && strchr ("/=-!:", c) == NULL)
    return refuse ("No name, and no value between double quotes",
                   self->name->str,
                   error);
  if (c == '-' && g_str_equal (self->name->str, "<!"))
    return refuse ("Templates hold no comments", self->name->str, error);
  if (self->name->len > 0 && self->name->str[self->name->len - 1] == '=')
    return refuse ("A value without double quotes", self->name->str, error);
  g_string_append_c (self->name, g_ascii_tolower (c));

  return TRUE;
}

static gboolean
read_value (LoftTemplateScan *self, char c, GError **error)
{
  self->filled++;
  if (c == '"')
    {
      self->state = LOFT_SCAN_TAG;
      g_string_truncate (self->name, 0);
    }

  return TRUE;
}

/**
 * loft_template_scan_read:
 * @self: a scan
 * @markup: (array length=length): what follows
 * @length: its bytes
 * @error: return location for a #GError
 *
 * Reads on.
 *
 * Returns: %TRUE, or %FALSE with @error set to %G_IO_ERROR_INVALID_DATA if no
 *   template may hold that
 */
gboolean
loft_template_scan_read (LoftTemplateScan *self,
                         const char *markup,
                         gsize length,
                         GError **error)
{
  static gboolean (*const readers[]) (LoftTemplateScan *, char, GError **) = {
    [LOFT_SCAN_TEXT] = read_text,
    [LOFT_SCAN_SCRIPT] = read_script,
    [LOFT_SCAN_TAG] = read_tag,
    [LOFT_SCAN_VALUE] = read_value,
  };

  for (gsize i = 0; i < length; i++)
    if (!readers[self->state](self, markup[i], error))
      return FALSE;

  return TRUE;
}

/**
 * loft_template_scan_fill:
 * @self: a scan
 *
 * Passes a place where a value is put.
 *
 * Returns: what the value becomes part of
 */
LoftTemplatePlace
loft_template_scan_fill (LoftTemplateScan *self)
{
  switch (self->state)
    {
    case LOFT_SCAN_TEXT:
      return LOFT_TEMPLATE_PLACE_TEXT;
    case LOFT_SCAN_VALUE:
      if (!g_strv_contains (url_attributes, self->name->str))
        return LOFT_TEMPLATE_PLACE_ATTRIBUTE;

      return self->filled++ == 0 ? LOFT_TEMPLATE_PLACE_URL
                                 : LOFT_TEMPLATE_PLACE_URL_PART;
    case LOFT_SCAN_SCRIPT:
    case LOFT_SCAN_TAG:
    default:
      return LOFT_TEMPLATE_PLACE_NONE;
    }
}

/**
 * loft_template_scan_may_branch:
 * @self: a scan
 *
 * Tells whether something may begin or end here that is there or not.
 *
 * Returns: whether it changes nothing for what follows
 */
gboolean
loft_template_scan_may_branch (const LoftTemplateScan *self)
{
  return self->state == LOFT_SCAN_TEXT ||
         (self->state == LOFT_SCAN_VALUE &&
          !g_strv_contains (url_attributes, self->name->str)) ||
         (self->state == LOFT_SCAN_TAG && self->name->len == 0);
}
