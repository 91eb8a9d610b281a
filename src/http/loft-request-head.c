/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-headers.h"
#include "http/loft-problem.h"
#include "http/loft-request-private.h"
#include "pages/loft-words.h"

#include <string.h>

/**
 * loft_request_set_route:
 * @self: a request
 * @endpoint: what answers it
 * @segments: (transfer full): its path, split
 * @pattern: the route's pattern, split
 *
 * Says where a request goes.
 */
void
loft_request_set_route (LoftRequest *self,
                        const LoftEndpoint *endpoint,
                        GStrv segments,
                        const char *const *pattern)
{
  g_return_if_fail (LOFT_IS_REQUEST (self));

  g_clear_pointer (&self->segments, g_strfreev);
  self->segments = segments;
  self->endpoint = endpoint;
  self->pattern = pattern;
}

/**
 * loft_request_get_endpoint:
 * @self: a request
 *
 * Returns: (transfer none) (nullable): what answers it
 */
const LoftEndpoint *
loft_request_get_endpoint (LoftRequest *self)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (self), NULL);

  return self->endpoint;
}

/**
 * loft_request_get_parameter:
 * @self: a routed request
 * @name: a parameter of its pattern, without the colon
 *
 * Gets a part of the path, decoded.
 *
 * Returns: (transfer none): the segment
 */
const char *
loft_request_get_parameter (LoftRequest *self, const char *name)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (self), NULL);
  g_return_val_if_fail (name != NULL && self->pattern != NULL, NULL);

  for (gsize i = 0; self->pattern[i] != NULL; i++)
    if (self->pattern[i][0] == ':' && g_str_equal (self->pattern[i] + 1, name))
      return self->segments[i];

  g_return_val_if_reached (NULL);
}

/**
 * loft_request_get_rest:
 * @self: a routed request
 *
 * Gets what a pattern's star has taken of the path, decoded.
 *
 * Returns: (transfer none): the segments; none where the pattern has no star
 */
const char *const *
loft_request_get_rest (LoftRequest *self)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (self), NULL);
  g_return_val_if_fail (self->pattern != NULL, NULL);

  gsize i = 0;
  while (self->pattern[i] != NULL && self->pattern[i][0] != '*')
    i++;

  return (const char *const *) self->segments + i;
}

/**
 * loft_request_set_view:
 * @self: a request
 * @view: what its path begins with
 * @prefix: that part of the path, without slashes before and behind it
 *
 * Sets how the request wants to see the registry.
 */
void
loft_request_set_view (LoftRequest *self,
                       const LoftView *view,
                       const char *prefix)
{
  g_return_if_fail (LOFT_IS_REQUEST (self));
  g_return_if_fail (view != NULL && self->view == NULL);
  g_return_if_fail (prefix != NULL);

  self->view_prefix = g_strdup (prefix);
  self->view = g_memdup2 (view, sizeof *view);
}

/**
 * loft_request_get_view:
 * @self: a request
 *
 * Returns: (transfer none) (nullable): how it wants to see the registry; %NULL
 *   for as it is
 */
const LoftView *
loft_request_get_view (LoftRequest *self)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (self), NULL);

  return self->view;
}

/**
 * loft_request_get_view_prefix:
 * @self: a request
 *
 * Returns: (transfer none) (nullable): what its path begins with, such as
 *   `at/2026-09-01`; %NULL for the registry as it is
 */
const char *
loft_request_get_view_prefix (LoftRequest *self)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (self), NULL);

  return self->view_prefix;
}

/**
 * loft_request_parse_query:
 * @self: a request
 * @error: return location for a #GError
 *
 * Reads the parameters of the query, before any is asked for.
 *
 * Returns: %TRUE, or %FALSE with @error set as by loft_headers_parse_query()
 */
gboolean
loft_request_parse_query (LoftRequest *self, GError **error)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (self), FALSE);
  g_return_val_if_fail (loft_request_is_alive (self), FALSE);

  GUri *uri = soup_server_message_get_uri (self->message);

  self->query = loft_headers_parse_query (g_uri_get_query (uri), error);

  return self->query != NULL;
}

/**
 * loft_request_get_query:
 * @self: a request whose query was parsed
 * @name: a parameter's name
 *
 * Gets a parameter of the query.
 *
 * Returns: (transfer none) (nullable): its value, or %NULL if it was not given
 */
const char *
loft_request_get_query (LoftRequest *self, const char *name)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (self), NULL);
  g_return_val_if_fail (name != NULL && self->query != NULL, NULL);

  return g_hash_table_lookup (self->query, name);
}

/**
 * loft_request_get_query_number:
 * @self: a request whose query was parsed
 * @name: a parameter's name
 * @fallback: what it is where it was not given
 * @max: the largest good value
 * @out_number: (out): the number
 * @error: return location for a #GError
 *
 * Gets a parameter of the query that is a number.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_HTTP_ERROR_BAD_REQUEST
 */
gboolean
loft_request_get_query_number (LoftRequest *self,
                               const char *name,
                               guint64 fallback,
                               guint64 max,
                               guint64 *out_number,
                               GError **error)
{
  g_return_val_if_fail (out_number != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  const char *text = loft_request_get_query (self, name);

  *out_number = fallback;
  if (text != NULL &&
      !g_ascii_string_to_unsigned (text, 10, 0, max, out_number, NULL))
    {
      g_set_error (error,
                   LOFT_HTTP_ERROR,
                   LOFT_HTTP_ERROR_BAD_REQUEST,
                   "“%s” must be a number from 0 to %" G_GUINT64_FORMAT,
                   name,
                   max);
      return FALSE;
    }

  return TRUE;
}

/**
 * loft_request_get_token:
 * @self: a request
 * @out_token: (out) (transfer full) (nullable): the bearer token, if any
 * @error: return location for a #GError
 *
 * Gets the token.
 *
 * Returns: %TRUE, or %FALSE with @error set as by loft_headers_parse_token()
 */
gboolean
loft_request_get_token (LoftRequest *self, char **out_token, GError **error)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (self), FALSE);

  SoupMessageHeaders *headers =
    soup_server_message_get_request_headers (self->message);

  /* Two such headers are joined, and then hold no token. */
  return loft_headers_parse_token (
    soup_message_headers_get_list (headers, "Authorization"),
    out_token,
    error);
}

/**
 * loft_request_get_coding:
 * @self: a request
 *
 * Chooses a content coding for the answer.
 *
 * Returns: what the client likes best
 */
LoftCoding
loft_request_get_coding (LoftRequest *self)
{
  SoupMessageHeaders *headers =
    soup_server_message_get_request_headers (self->message);

  return loft_headers_negotiate (
    soup_message_headers_get_list (headers, "Accept-Encoding"));
}

/**
 * loft_request_get_language:
 * @self: a request
 *
 * Chooses a language for a page.
 *
 * Returns: which one of loft_words_list_tags() the client likes best
 */
guint
loft_request_get_language (LoftRequest *self)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (self), 0);

  SoupMessageHeaders *headers =
    soup_server_message_get_request_headers (self->message);

  return loft_headers_negotiate_language (
    soup_message_headers_get_list (headers, "Accept-Language"),
    loft_words_list_tags ());
}

/**
 * loft_request_get_method:
 * @self: a living request
 *
 * Returns: (transfer none): its method
 */
const char *
loft_request_get_method (LoftRequest *self)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (self), NULL);

  return soup_server_message_get_method (self->message);
}

/**
 * loft_request_is_local:
 * @self: a living request
 *
 * Tells whether it comes from this machine. A proxy on this machine that nobody
 * has called trusted makes everybody look like a neighbour, so what has come
 * through one does not count as such.
 *
 * Returns: whether it does
 */
gboolean
loft_request_is_local (LoftRequest *self)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (self), FALSE);

  return g_inet_address_get_is_loopback (self->peer) &&
         loft_request_get_header (self, "Forwarded") == NULL &&
         loft_request_get_header (self, "X-Forwarded-For") == NULL;
}

/**
 * loft_request_is_read:
 * @self: a living request
 *
 * Tells whether it only wants to read.
 *
 * Returns: whether its method is safe
 */
gboolean
loft_request_is_read (LoftRequest *self)
{
  static const char *const reading[] = { "GET", "HEAD", "OPTIONS", NULL };

  return g_strv_contains (reading, loft_request_get_method (self));
}

/**
 * loft_request_get_header:
 * @self: a living request
 * @name: a header's name
 *
 * Gets a header of which there should be one.
 *
 * Returns: (transfer none) (nullable): its value
 */
const char *
loft_request_get_header (LoftRequest *self, const char *name)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (self), NULL);
  g_return_val_if_fail (self->message != NULL, NULL);

  return soup_message_headers_get_list (
    soup_server_message_get_request_headers (self->message),
    name);
}

/**
 * loft_request_get_length:
 * @self: a living request
 *
 * Tells how long the body is. The gate lets through no request of which that is
 * in doubt.
 *
 * Returns: bytes
 */
goffset
loft_request_get_length (LoftRequest *self)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (self), 0);

  return soup_message_headers_get_content_length (
    soup_server_message_get_request_headers (self->message));
}
