/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-routes.h"

#include "http/loft-changes.h"
#include "http/loft-http-publish.h"
#include "http/loft-http-yank.h"
#include "http/loft-problem.h"
#include "http/loft-read.h"

/* Everything that is served. The first row that fits counts. */
static const LoftRoute routes[] = {
  { "GET", "/", &loft_read_root },
  { "GET", "/livez", &loft_read_livez },
  { "GET", "/readyz", &loft_read_readyz },
  { "GET", "/changes", &loft_read_changes },
  { "GET", "/packages", &loft_read_packages },
  { "POST", "/packages/publish", &loft_write_publish },
  { "GET", "/packages/:name", &loft_read_versions },
  { "GET", "/packages/:name/dependents", &loft_read_dependents },
  { "GET", "/packages/:name/:version", &loft_read_version },
  { "PUT", "/packages/:name/:version", &loft_write_put },
  { "GET", "/packages/:name/:version/download", &loft_read_download },
  { "POST", "/packages/:name/:version/yank", &loft_write_yank },
  { "DELETE", "/packages/:name/:version/yank", &loft_write_yank },
};

/**
 * loft_routes_new_router:
 *
 * Makes the router of everything that is served.
 *
 * Returns: (transfer full): the router
 */
LoftRouter *
loft_routes_new_router (void)
{
  return loft_router_new (routes, G_N_ELEMENTS (routes));
}

static gboolean
refuse (LoftRequest *request, const char *allowed, GError **error)
{
  if (allowed == NULL)
    {
      g_set_error_literal (error,
                           LOFT_HTTP_ERROR,
                           LOFT_HTTP_ERROR_NO_SUCH_PAGE,
                           "Nothing is served at this path");
      return FALSE;
    }

  g_set_error (error,
               LOFT_HTTP_ERROR,
               LOFT_HTTP_ERROR_METHOD,
               "This path takes only %s",
               allowed);

  return FALSE;
}

/**
 * loft_routes_find:
 * @router: from loft_routes_new_router()
 * @request: a request of which only the head was read
 * @error: return location for a #GError
 *
 * Finds out what answers a request, and reads its query.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_HTTP_ERROR_BAD_REQUEST,
 *   %LOFT_HTTP_ERROR_TARGET_TOO_LONG, %LOFT_HTTP_ERROR_NO_SUCH_PAGE or
 *   %LOFT_HTTP_ERROR_METHOD
 */
gboolean
loft_routes_find (const LoftRouter *router,
                  LoftRequest *request,
                  GError **error)
{
  g_return_val_if_fail (router != NULL, FALSE);
  g_return_val_if_fail (LOFT_IS_REQUEST (request), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  SoupServerMessage *message = loft_request_get_message (request);
  GUri *uri = soup_server_message_get_uri (message);
  if (soup_server_message_is_options_ping (message) &&
      !g_str_equal (loft_request_get_method (request), "OPTIONS"))
    {
      g_set_error_literal (error,
                           LOFT_HTTP_ERROR,
                           LOFT_HTTP_ERROR_BAD_REQUEST,
                           "Only OPTIONS can be asked of everything");
      return FALSE;
    }

  g_auto (GStrv) segments =
    loft_router_split_path (g_uri_get_path (uri), error);
  if (segments == NULL)
    return FALSE;

  const char *const *path = (const char *const *) segments;
  const char *const *pattern = NULL;
  const char *method = loft_request_get_method (request);
  const LoftEndpoint *endpoint =
    loft_router_find (router, method, path, &pattern);
  if (endpoint == NULL)
    {
      g_autofree char *allowed = loft_router_list_methods (router, path);

      if (allowed != NULL)
        soup_message_headers_replace (
          loft_request_get_response_headers (request),
          "Allow",
          allowed);
      if (allowed == NULL || !g_str_equal (method, "OPTIONS"))
        return refuse (request, allowed, error);
      endpoint = &loft_read_options;
    }
  loft_request_set_route (request,
                          endpoint,
                          g_steal_pointer (&segments),
                          pattern);

  return loft_request_parse_query (request, error);
}
