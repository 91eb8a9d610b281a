/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-link.h"

#include <string.h>

/*
 * All links are relative, so that they hold behind whatever prefix a proxy has
 * put before our paths: a mere query stays on the page that it is found on.
 */

static void
append_parameter (GString *query, const char *name, const char *value)
{
  g_string_append_c (query, query->len == 0 ? '?' : '&');
  g_string_append_uri_escaped (query, name, NULL, FALSE);
  g_string_append_c (query, '=');
  g_string_append_uri_escaped (query, value, NULL, FALSE);
}

/**
 * loft_link_format_next:
 * @request: a living request for a page of a list
 * @parameter: the parameter that says where a page begins
 * @value: its value for the next page
 *
 * Writes the link to the next page, by all the parameters of this one that mean
 * anything.
 *
 * Returns: (transfer full): a relative reference
 */
char *
loft_link_format_next (LoftRequest *request,
                       const char *parameter,
                       const char *value)
{
  static const char *const kept[] = { "q", "sort", "limit", "wait" };

  g_return_val_if_fail (LOFT_IS_REQUEST (request), NULL);
  g_return_val_if_fail (parameter != NULL && value != NULL, NULL);

  g_autoptr (GString) query = g_string_new (NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (kept); i++)
    {
      const char *old = loft_request_get_query (request, kept[i]);

      if (old != NULL)
        append_parameter (query, kept[i], old);
    }
  append_parameter (query, parameter, value);

  return g_string_free (g_steal_pointer (&query), FALSE);
}

/**
 * loft_link_add_next:
 * @request: a request for a page of a list
 * @parameter: the parameter that says where a page begins
 * @value: (nullable): its value for the next page; %NULL if this is the last
 *
 * Adds the link to the next page to the answer.
 */
void
loft_link_add_next (LoftRequest *request,
                    const char *parameter,
                    const char *value)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));
  g_return_if_fail (parameter != NULL);

  if (value == NULL || !loft_request_is_alive (request))
    return;

  g_autofree char *query = loft_link_format_next (request, parameter, value);
  g_autofree char *link = g_strdup_printf ("<%s>; rel=\"next\"", query);
  soup_message_headers_replace (loft_request_get_response_headers (request),
                                "Link",
                                link);
}

static void
append_link (GString *links, const char *reference, const char *relation)
{
  if (reference != NULL)
    g_string_append_printf (links,
                            "%s<%s>; rel=\"%s\"",
                            links->len > 0 ? ", " : "",
                            reference,
                            relation);
}

/**
 * loft_link_add_around:
 * @request: a living request for a page of a list
 * @previous: (nullable): relative reference of the page before it
 * @next: (nullable): relative reference of the page behind it
 *
 * Adds links to the pages around this one to the answer.
 */
void
loft_link_add_around (LoftRequest *request,
                      const char *previous,
                      const char *next)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));
  g_return_if_fail (loft_request_is_alive (request));

  g_autoptr (GString) links = g_string_new (NULL);
  append_link (links, previous, "prev");
  append_link (links, next, "next");
  if (links->len > 0)
    soup_message_headers_replace (loft_request_get_response_headers (request),
                                  "Link",
                                  links->str);
}

/**
 * loft_link_format_location:
 * @path: path of a request that made a version, as it was sent
 * @version: the version
 *
 * Writes where the version is found, as seen from @path, which may end in any
 * number of slashes.
 *
 * Returns: (transfer full): a relative reference
 */
char *
loft_link_format_location (const char *path, const char *version)
{
  g_return_val_if_fail (path != NULL && version != NULL, NULL);

  g_autoptr (GString) location = g_string_new (NULL);
  for (gsize n = strlen (path); n > 0 && path[n - 1] == '/'; n--)
    g_string_append (location, "../");
  g_string_append_uri_escaped (location, version, "+", FALSE);

  return g_string_free (g_steal_pointer (&location), FALSE);
}
