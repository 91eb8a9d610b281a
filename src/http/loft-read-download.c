/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-download-cache.h"
#include "http/loft-hot.h"
#include "http/loft-read.h"
#include "http/loft-representation.h"
#include "http/loft-response.h"

/* Tarballs: those that were opened before, others, and those that the store
 * itself had better send. */

/* The address is for this client, and for a moment only. */
static void
send_elsewhere (LoftRequest *request, const char *url)
{
  if (!loft_request_is_alive (request))
    return;

  SoupMessageHeaders *headers = loft_request_get_response_headers (request);
  g_autoptr (GBytes) body = g_bytes_new_static ("It is elsewhere.\n", 17);

  soup_message_headers_replace (headers, "Location", url);
  soup_message_headers_replace (headers, "Cache-Control", "no-store");
  loft_response_send (request,
                      SOUP_STATUS_TEMPORARY_REDIRECT,
                      "text/plain",
                      body);
}

/* What asks for the head, or has the tarball already, is answered here. */
static gboolean
may_redirect (LoftRequest *request)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (
    loft_request_get_message (request));

  return g_str_equal (loft_request_get_method (request), "GET") &&
         soup_message_headers_get_one (headers, "If-None-Match") == NULL;
}

static void
download_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftDownload) download =
    loft_registry_download_finish (LOFT_REGISTRY (source_object),
                                   result,
                                   &local_error);

  if (download == NULL)
    {
      loft_response_send_problem (request, local_error);
      return;
    }

  if (download->url != NULL)
    {
      send_elsewhere (request, download->url);
      return;
    }

  const LoftDownload *kept =
    loft_download_cache_store (loft_request_get_shared (request)->downloads,
                               loft_request_get_parameter (request, "name"),
                               loft_request_get_parameter (request, "version"),
                               loft_request_get_mark (request)->epoch,
                               g_steal_pointer (&download));
  loft_representation_send_download (request, kept);
}

static const LoftDownload *
find_kept (LoftRequest *request)
{
  return loft_download_cache_lookup (
    loft_request_get_shared (request)->downloads,
    loft_request_get_parameter (request, "name"),
    loft_request_get_parameter (request, "version"),
    loft_request_get_mark (request)->epoch);
}

/* Where clients are sent to the storage, nothing that is kept of what others
 * were told may keep them from there. */
static void
handle_download (LoftRequest *request)
{
  gboolean redirects =
    loft_registry_redirects (loft_request_get_registry (request));
  const LoftDownload *kept = redirects ? NULL : find_kept (request);

  if (!redirects)
    loft_hot_mark (request, loft_request_get_parameter (request, "name"));
  if (kept != NULL)
    {
      loft_representation_send_download (request, kept);
      return;
    }

  loft_request_pause (request);
  loft_registry_download_async (loft_request_get_registry (request),
                                loft_request_get_parameter (request, "name"),
                                loft_request_get_parameter (request, "version"),
                                may_redirect (request),
                                loft_request_get_cancellable (request),
                                download_cb,
                                g_object_ref (request));
}

const LoftEndpoint loft_read_download = { .handle = handle_download };
