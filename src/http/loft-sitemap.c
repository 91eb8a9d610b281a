/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-sitemap.h"

#include "http/loft-hot.h"
#include "http/loft-problem.h"
#include "http/loft-representation.h"
#include "http/loft-response.h"
#include "registry/loft-site.h"
#include "registry/loft-time.h"

/*
 * Where search engines find the page of each package. A map's addresses have to
 * be whole, so that there is one only where the registry knows its own, and no
 * map may tell of what is not beneath the folder in which it lies: parts are
 * told apart by a query.
 */

#define BEGIN "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define NAMESPACE "xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\""

static void
send_map (LoftRequest *request, GString *map)
{
  g_autoptr (GBytes) body = g_string_free_to_bytes (map);

  loft_representation_send (request, LOFT_MEDIA_TYPE_XML, body, NULL);
}

static void
add_address (GString *map, const char *url, const char *path, const char *rest)
{
  g_autofree char *text =
    g_markup_printf_escaped ("<loc>%s/%s%s</loc>", url, path, rest);

  g_string_append (map, text);
}

static void
send_index (LoftRequest *request, const char *url, guint64 n)
{
  GString *map = g_string_new (BEGIN "<sitemapindex " NAMESPACE ">\n");

  for (guint64 i = 1; i <= n; i++)
    {
      g_autofree char *part = g_strdup_printf ("%" G_GUINT64_FORMAT, i);

      g_string_append (map, "<sitemap>");
      add_address (map, url, "sitemap.xml?part=", part);
      g_string_append (map, "</sitemap>\n");
    }
  g_string_append (map, "</sitemapindex>\n");
  send_map (request, map);
}

static void
send_part (LoftRequest *request, const char *url, GPtrArray *packages)
{
  GString *map = g_string_new (BEGIN "<urlset " NAMESPACE ">\n");

  for (guint i = 0; i < packages->len; i++)
    {
      const LoftSitePackage *package = packages->pdata[i];
      g_autofree char *time = loft_time_format (package->updated);

      g_string_append (map, "<url>");
      add_address (map, url, "packages/", package->name);
      if (package->updated > 0)
        g_string_append_printf (map, "<lastmod>%s</lastmod>", time);
      g_string_append (map, "</url>\n");
    }
  g_string_append (map, "</urlset>\n");
  send_map (request, map);
}

static void
list_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GPtrArray) packages =
    loft_registry_list_site_finish (LOFT_REGISTRY (source_object),
                                    result,
                                    &local_error);

  if (packages == NULL)
    {
      loft_response_send_problem (request, local_error);
      return;
    }
  if (!loft_request_is_alive (request))
    return;

  /* It may have been taken away since. */
  const char *url = loft_request_get_shared (request)->settings.public_url;
  send_part (request, url != NULL ? url : "", packages);
}

static void
send_nothing (LoftRequest *request)
{
  g_autoptr (GError) local_error =
    g_error_new_literal (LOFT_HTTP_ERROR,
                         LOFT_HTTP_ERROR_NO_SUCH_PAGE,
                         "Nothing is served at this path");

  loft_response_send_problem (request, local_error);
}

static void
handle_sitemap (LoftRequest *request)
{
  const char *url = loft_request_get_shared (request)->settings.public_url;
  const char *text = loft_request_get_query (request, "part");
  LoftRegistry *registry = loft_request_get_registry (request);
  g_autoptr (GError) local_error = NULL;
  guint64 n = 0;
  guint64 part = 0;

  if (url == NULL)
    {
      send_nothing (request);
      return;
    }
  if (!loft_registry_count_site_parts (registry, &n, &local_error))
    {
      loft_response_send_problem (request, local_error);
      return;
    }
  if (text != NULL &&
      !g_ascii_string_to_unsigned (text, 10, 1, MAX (n, 1), &part, NULL))
    {
      send_nothing (request);
      return;
    }

  loft_hot_mark (request, NULL);
  if (text == NULL)
    {
      send_index (request, url, n);
      return;
    }
  loft_request_pause (request);
  loft_registry_list_site_async (registry,
                                 part,
                                 loft_request_get_cancellable (request),
                                 list_cb,
                                 g_object_ref (request));
}

const LoftEndpoint loft_read_sitemap = { .handle = handle_sitemap };
