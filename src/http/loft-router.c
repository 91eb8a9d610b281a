/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-router.h"

#include "http/loft-problem.h"

#include <string.h>

/* Longer than any path that is served: two segments of a name and a version,
 * even with every byte of them encoded. */
#define PATH_MAX_BYTES 4096

struct _LoftRouter
{
  const LoftRoute *routes; /* not owned: a static table */
  GStrv *patterns;         /* owned: the routes' patterns, split */
  gsize n_routes;
};

/**
 * loft_router_new:
 * @routes: (array length=n_routes): the table, which must outlive the router
 * @n_routes: how many rows it has
 *
 * Makes a router. Where two routes fit, the first of them counts.
 *
 * Returns: (transfer full): the router
 */
LoftRouter *
loft_router_new (const LoftRoute *routes, gsize n_routes)
{
  g_return_val_if_fail (routes != NULL, NULL);

  LoftRouter *self = g_new0 (LoftRouter, 1);
  self->routes = routes;
  self->n_routes = n_routes;
  self->patterns = g_new0 (GStrv, n_routes);
  for (gsize i = 0; i < n_routes; i++)
    {
      g_autoptr (GError) local_error = NULL;

      self->patterns[i] =
        loft_router_split_path (routes[i].pattern, &local_error);
      g_assert_no_error (local_error);
    }

  return self;
}

/**
 * loft_router_free:
 * @self: (transfer full): a router
 *
 * Frees a router.
 */
void
loft_router_free (LoftRouter *self)
{
  g_return_if_fail (self != NULL);

  for (gsize i = 0; i < self->n_routes; i++)
    g_strfreev (self->patterns[i]);
  g_free (self->patterns);
  g_free (self);
}

static gboolean
refuse (GError **error, const char *message)
{
  g_set_error_literal (error,
                       LOFT_HTTP_ERROR,
                       LOFT_HTTP_ERROR_BAD_REQUEST,
                       message);

  return FALSE;
}

/* What is left once a text is decoded must be a text still. */
static gboolean
check_decoded (const char *text, gsize length, GError **error)
{
  for (gsize i = 0; i < length; i++)
    if (g_ascii_iscntrl (text[i]))
      return refuse (error, "The request's target has control characters");
  if (!g_utf8_validate_len (text, length, NULL))
    return refuse (error, "The request's target is not valid UTF-8");

  return TRUE;
}

/**
 * loft_router_decode:
 * @text: (array length=length): a part of a target, percent-encoded
 * @length: how many bytes
 * @plus_is_space: whether a plus sign stands for a space
 * @error: return location for a #GError
 *
 * Decodes a part of a target, once. What comes out is valid UTF-8 without
 * control characters.
 *
 * Returns: (transfer full): the text, or %NULL with @error set to
 *   %LOFT_HTTP_ERROR_BAD_REQUEST
 */
char *
loft_router_decode (const char *text,
                    gsize length,
                    gboolean plus_is_space,
                    GError **error)
{
  g_return_val_if_fail (text != NULL || length == 0, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autofree char *decoded = g_malloc (length + 1);
  gsize n = 0;
  for (gsize i = 0; i < length; i++)
    {
      char c = text[i];

      if (c == '%')
        {
          gboolean whole = length - i > 2;
          int high = whole ? g_ascii_xdigit_value (text[i + 1]) : -1;
          int low = whole ? g_ascii_xdigit_value (text[i + 2]) : -1;

          if (high < 0 || low < 0)
            {
              refuse (error, "A percent sign is not followed by two digits");
              return NULL;
            }
          c = (char) (high << 4 | low);
          i += 2;
        }
      else if (c == '+' && plus_is_space)
        c = ' ';
      decoded[n++] = c;
    }
  decoded[n] = '\0';

  if (!check_decoded (decoded, n, error))
    return NULL;

  return g_steal_pointer (&decoded);
}

static char *
decode_segment (const char *text, gsize length, GError **error)
{
  g_autofree char *segment = loft_router_decode (text, length, FALSE, error);

  if (segment == NULL)
    return NULL;
  if (strchr (segment, '/') != NULL)
    {
      refuse (error, "A segment of the path has an encoded slash");
      return NULL;
    }
  if (g_str_equal (segment, ".") || g_str_equal (segment, ".."))
    {
      refuse (error, "The path has a segment that is “.” or “..”");
      return NULL;
    }

  return g_steal_pointer (&segment);
}

/**
 * loft_router_split_path:
 * @path: a path, percent-encoded
 * @error: return location for a #GError
 *
 * Splits a path at its slashes and decodes every segment once. Repeated slashes
 * are one, and one at the end means nothing.
 *
 * Returns: (transfer full): the segments, or %NULL with @error set to
 *   %LOFT_HTTP_ERROR_BAD_REQUEST or %LOFT_HTTP_ERROR_TARGET_TOO_LONG
 */
GStrv
loft_router_split_path (const char *path, GError **error)
{
  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (strlen (path) > PATH_MAX_BYTES)
    {
      g_set_error (error,
                   LOFT_HTTP_ERROR,
                   LOFT_HTTP_ERROR_TARGET_TOO_LONG,
                   "The path is longer than %d bytes",
                   PATH_MAX_BYTES);
      return NULL;
    }

  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  for (const char *next = path; *next != '\0';)
    {
      gsize length = strcspn (next, "/");

      if (length > 0)
        {
          g_autofree char *segment = decode_segment (next, length, error);

          if (segment == NULL)
            return NULL;
          g_strv_builder_add (builder, segment);
        }
      next += length;
      next += strspn (next, "/");
    }

  return g_strv_builder_end (builder);
}

static gboolean
matches (const char *const *pattern, const char *const *segments)
{
  gsize i = 0;

  for (; pattern[i] != NULL && segments[i] != NULL; i++)
    {
      if (pattern[i][0] == '*')
        return TRUE;
      if (pattern[i][0] != ':' && !g_str_equal (pattern[i], segments[i]))
        return FALSE;
    }

  return pattern[i] == NULL && segments[i] == NULL;
}

/**
 * loft_router_find:
 * @self: a router
 * @method: an HTTP method
 * @segments: from loft_router_split_path()
 * @out_pattern: (out) (transfer none): the pattern that fitted, split
 *
 * Finds what answers.
 *
 * Returns: (transfer none) (nullable): the endpoint, or %NULL if there is none
 *   for this method
 */
const LoftEndpoint *
loft_router_find (const LoftRouter *self,
                  const char *method,
                  const char *const *segments,
                  const char *const **out_pattern)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (method != NULL && segments != NULL, NULL);
  g_return_val_if_fail (out_pattern != NULL, NULL);

  if (g_str_equal (method, "HEAD"))
    method = "GET";
  for (gsize i = 0; i < self->n_routes; i++)
    {
      const char *const *pattern = (const char *const *) self->patterns[i];

      if (g_str_equal (self->routes[i].method, method) &&
          matches (pattern, segments))
        {
          *out_pattern = pattern;
          return self->routes[i].endpoint;
        }
    }

  return NULL;
}

/**
 * loft_router_get_row:
 * @self: a router
 * @pattern: from loft_router_find()
 *
 * Tells which row of the routing table a pattern is of.
 *
 * Returns: the row, from 0
 */
gsize
loft_router_get_row (const LoftRouter *self, const char *const *pattern)
{
  g_return_val_if_fail (self != NULL && pattern != NULL, 0);

  gsize row = 0;
  while (row + 1 < self->n_routes &&
         pattern != (const char *const *) self->patterns[row])
    row++;

  return row;
}

/**
 * loft_router_list_methods:
 * @self: a router
 * @segments: from loft_router_split_path()
 *
 * Lists the methods that a path knows, as `Allow` wants them.
 *
 * Returns: (transfer full) (nullable): the methods, or %NULL if nothing is
 *   served at that path
 */
char *
loft_router_list_methods (const LoftRouter *self, const char *const *segments)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (segments != NULL, NULL);

  g_autoptr (GPtrArray) methods = g_ptr_array_new ();
  for (gsize i = 0; i < self->n_routes; i++)
    {
      char *method = (char *) self->routes[i].method;

      if (!matches ((const char *const *) self->patterns[i], segments) ||
          g_ptr_array_find_with_equal_func (methods, method, g_str_equal, NULL))
        continue;
      g_ptr_array_add (methods, method);
      if (g_str_equal (method, "GET"))
        g_ptr_array_add (methods, (char *) "HEAD");
    }
  if (methods->len == 0)
    return NULL;
  g_ptr_array_add (methods, (char *) "OPTIONS");
  g_ptr_array_add (methods, NULL);

  return g_strjoinv (", ", (char **) methods->pdata);
}
