/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-delivery.h"
#include "http/loft-download-cache.h"
#include "http/loft-hot.h"
#include "http/loft-read.h"
#include "http/loft-response.h"

/* Tarballs: those that were opened before, and others. */

static void ask (LoftRequest *request, gboolean about);

static void
download_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  LoftDownload *download =
    loft_registry_download_finish (LOFT_REGISTRY (source_object),
                                   result,
                                   &local_error);

  if (download == NULL)
    loft_response_send_problem (request, local_error);
  else
    loft_delivery_send (request, download, ask);
}

static void
ask (LoftRequest *request, gboolean about)
{
  loft_registry_download_async (loft_request_get_registry (request),
                                loft_request_get_parameter (request, "name"),
                                loft_request_get_parameter (request, "version"),
                                about,
                                loft_request_get_cancellable (request),
                                download_cb,
                                g_object_ref (request));
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
    loft_delivery_send_bytes (request, kept);
  else
    loft_delivery_begin (request, ask);
}

const LoftEndpoint loft_read_download = { .handle = handle_download };
