/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-routes.h"

#include "http/loft-badge-read.h"
#include "http/loft-changes.h"
#include "http/loft-diff-read.h"
#include "http/loft-docs-read.h"
#include "http/loft-feed.h"
#include "http/loft-files-read.h"
#include "http/loft-html-read.h"
#include "http/loft-http-figures.h"
#include "http/loft-http-limits.h"
#include "http/loft-http-owners.h"
#include "http/loft-http-publish.h"
#include "http/loft-http-tokens.h"
#include "http/loft-http-yank.h"
#include "http/loft-metrics.h"
#include "http/loft-problem.h"
#include "http/loft-read.h"
#include "http/loft-robots.h"
#include "http/loft-security.h"
#include "http/loft-sitemap.h"
#include "http/loft-view-read.h"

/* Everything that is served. The first row that fits counts. */
static const LoftRoute routes[] = {
  { "GET", "/", &loft_read_root },
  { "GET", "/livez", &loft_read_livez },
  { "GET", "/readyz", &loft_read_readyz },
  { "GET", "/metrics", &loft_read_metrics },
  { "GET", "/limits", &loft_read_limits },
  { "GET", "/feed.atom", &loft_read_feed },
  { "GET", "/robots.txt", &loft_read_robots },
  { "GET", "/.well-known/security.txt", &loft_read_security },
  { "GET", "/sitemap.xml", &loft_read_sitemap },
  { "GET", "/badges/:file", &loft_read_badge },
  { "GET", "/changes", &loft_read_changes },
  { "GET", "/packages", &loft_read_packages },
  { "POST", "/packages/publish", &loft_write_publish },
  { "GET", "/packages/:name", &loft_read_versions },
  { "GET", "/packages/:name/feed.atom", &loft_read_package_feed },
  { "GET", "/packages/:name/dependents", &loft_read_dependents },
  { "GET", "/packages/:name/downloads", &loft_read_downloads },
  { "PUT", "/packages/:name/owners", &loft_write_owners },
  { "GET", "/packages/:name/diff", &loft_read_diff_choice },
  { "GET", "/packages/:name/diff/:old/:new", &loft_read_diff },
  { "GET", "/packages/:name/diff/:old/:new/*path", &loft_read_diff },
  { "GET", "/packages/:name/:version", &loft_read_version },
  { "PUT", "/packages/:name/:version", &loft_write_put },
  { "GET", "/packages/:name/:version/download", &loft_read_download },
  { "GET", "/packages/:name/:version/files", &loft_read_files },
  { "GET", "/packages/:name/:version/files/*path", &loft_read_file },
  { "GET", "/packages/:name/:version/raw/*path", &loft_read_raw_file },
  { "POST", "/packages/:name/:version/yank", &loft_write_yank },
  { "DELETE", "/packages/:name/:version/yank", &loft_write_yank },
  { "GET", "/d/:name", &loft_read_docs },
  { "GET", "/d/:name/:version", &loft_read_docs_version },
  { "GET", "/pkg-docs/:name/:version", &loft_read_docs_file },
  { "GET", "/pkg-docs/:name/:version/*path", &loft_read_docs_file },
  { "GET", "/auth/me", &loft_read_me },
  { "GET", "/static/:file", &loft_read_asset },
  { "GET", "/tokens", &loft_read_tokens },
  { "POST", "/tokens", &loft_write_tokens },
  { "DELETE", "/tokens/:id", &loft_write_token },
};

/* What is served behind a view's prefix, such as `/at/2026-09-01`. */
static const LoftRoute view_routes[] = {
  { "GET", "/", &loft_view_read_root },
  { "GET", "/changes", &loft_view_read_changes },
  { "GET", "/packages", &loft_view_read_packages },
  { "GET", "/packages/:name", &loft_view_read_versions },
  { "GET", "/packages/:name/dependents", &loft_view_read_dependents },
  { "GET", "/packages/:name/diff", &loft_read_diff_choice },
  { "GET", "/packages/:name/diff/:old/:new", &loft_read_diff },
  { "GET", "/packages/:name/diff/:old/:new/*path", &loft_read_diff },
  { "GET", "/packages/:name/:version", &loft_view_read_version },
  { "GET", "/packages/:name/:version/download", &loft_view_read_download },
  { "GET", "/packages/:name/:version/files", &loft_read_files },
  { "GET", "/packages/:name/:version/files/*path", &loft_read_file },
  { "GET", "/packages/:name/:version/raw/*path", &loft_read_raw_file },
  { "GET", "/d/:name", &loft_read_docs },
  { "GET", "/d/:name/:version", &loft_read_docs_version },
  { "GET", "/pkg-docs/:name/:version", &loft_read_docs_file },
  { "GET", "/pkg-docs/:name/:version/*path", &loft_read_docs_file },
};

/* Row 0 is none. */
G_STATIC_ASSERT (1 + G_N_ELEMENTS (routes) + G_N_ELEMENTS (view_routes) <=
                 LOFT_HTTP_ROWS);

struct _LoftRoutes
{
  LoftRouter *plain; /* owned */
  LoftRouter *views; /* owned */
};

/**
 * loft_routes_new:
 *
 * Makes the routes of everything that is served.
 *
 * Returns: (transfer full): the routes
 */
LoftRoutes *
loft_routes_new (void)
{
  LoftRoutes *self = g_new0 (LoftRoutes, 1);

  self->plain = loft_router_new (routes, G_N_ELEMENTS (routes));
  self->views = loft_router_new (view_routes, G_N_ELEMENTS (view_routes));

  return self;
}

/**
 * loft_routes_free:
 * @self: (transfer full): routes
 *
 * Frees routes.
 */
void
loft_routes_free (LoftRoutes *self)
{
  g_return_if_fail (self != NULL);

  loft_router_free (self->plain);
  loft_router_free (self->views);
  g_free (self);
}

typedef gboolean (*ViewFunc) (const char *text, LoftView *out, GError **error);

static ViewFunc
find_view (const char *const *path)
{
  if (path[0] == NULL || path[1] == NULL)
    return NULL;
  if (g_str_equal (path[0], "at"))
    return loft_view_parse_at;
  if (g_str_equal (path[0], "min-age"))
    return loft_view_parse_min_age;

  return NULL;
}

/* Takes the prefix of a view off a path, if there is one. */
static gboolean
take_view (LoftRequest *request, GStrv *segments, GError **error)
{
  const char *const *path = (const char *const *) *segments;
  ViewFunc parse = find_view (path);
  LoftView view = { LOFT_VIEW_AT_EVENT, 0 };

  if (parse == NULL)
    return TRUE;
  if (!parse (path[1], &view, error))
    return FALSE;

  g_autofree char *prefix = g_strconcat (path[0], "/", path[1], NULL);
  GStrv rest = g_strdupv (*segments + 2);
  g_strfreev (*segments);
  *segments = rest;
  loft_request_set_view (request, &view, prefix);

  return TRUE;
}

static gboolean
refuse (LoftRequest *request, const char *allowed, GError **error)
{
  gboolean in_view = loft_request_get_view (request) != NULL;

  if (allowed == NULL)
    {
      g_set_error_literal (error,
                           LOFT_HTTP_ERROR,
                           LOFT_HTTP_ERROR_NO_SUCH_PAGE,
                           in_view ? "Views do not offer this path"
                                   : "Nothing is served at this path");
      return FALSE;
    }

  g_set_error (error,
               LOFT_HTTP_ERROR,
               LOFT_HTTP_ERROR_METHOD,
               "%s takes only %s",
               in_view ? "A view changes nothing: this path" : "This path",
               allowed);

  return FALSE;
}

/**
 * loft_routes_find:
 * @self: routes
 * @request: a request of which only the head was read
 * @error: return location for a #GError
 *
 * Finds out what answers a request, and reads its view and its query.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_HTTP_ERROR_BAD_REQUEST,
 *   %LOFT_HTTP_ERROR_TARGET_TOO_LONG, %LOFT_HTTP_ERROR_NO_SUCH_PAGE,
 *   %LOFT_HTTP_ERROR_METHOD or %LOFT_REGISTRY_ERROR_MALFORMED
 */
gboolean
loft_routes_find (const LoftRoutes *self, LoftRequest *request, GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);
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
  if (segments == NULL || !take_view (request, &segments, error))
    return FALSE;

  const LoftRouter *router =
    loft_request_get_view (request) != NULL ? self->views : self->plain;
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
  if (pattern != NULL)
    loft_request_set_row (
      request,
      1 + (guint) loft_router_get_row (router, pattern) +
        (router == self->views ? G_N_ELEMENTS (routes) : 0));

  return loft_request_parse_query (request, error);
}

/**
 * loft_routes_get_n_rows:
 *
 * Returns: how many rows the routing tables have
 */
guint
loft_routes_get_n_rows (void)
{
  return G_N_ELEMENTS (routes) + G_N_ELEMENTS (view_routes);
}

/**
 * loft_routes_get_row:
 * @row: which row of the routing tables, from 1
 *
 * Returns: (transfer none) (nullable): the row, or %NULL if there is none
 */
const LoftRoute *
loft_routes_get_row (guint row)
{
  if (row == 0 || row > loft_routes_get_n_rows ())
    return NULL;

  return row <= G_N_ELEMENTS (routes)
           ? &routes[row - 1]
           : &view_routes[row - 1 - G_N_ELEMENTS (routes)];
}
