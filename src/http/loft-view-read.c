/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-view-read.h"

#include "http/loft-hot.h"
#include "http/loft-representation.h"
#include "http/loft-response.h"
#include "registry/loft-json.h"
#include "registry/loft-registry-error.h"
#include "registry/loft-registry-view.h"

/* What is read under a view, by the same paths as without one. */

static void
answer_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  LoftValidity validity = { 0 };
  g_autoptr (GBytes) body =
    loft_registry_view_finish (LOFT_REGISTRY (source_object),
                               result,
                               &validity,
                               &local_error);

  if (body == NULL)
    loft_response_send_problem (request, local_error);
  else
    loft_representation_send_view (request,
                                   LOFT_MEDIA_TYPE_JSON,
                                   body,
                                   NULL,
                                   &validity);
}

static void
handle_versions (LoftRequest *request)
{
  LoftRegistry *registry = loft_request_get_registry (request);
  const LoftView *view = loft_request_get_view (request);
  const char *name = loft_request_get_parameter (request, "name");
  LoftValidity validity = { 0 };
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GBytes) body =
    loft_registry_view_versions (registry, view, name, &validity, &local_error);

  if (body != NULL)
    {
      loft_hot_mark (request, name);
      loft_representation_send_view (request,
                                     LOFT_MEDIA_TYPE_JSON,
                                     body,
                                     NULL,
                                     &validity);
    }
  else if (g_error_matches (local_error,
                            LOFT_REGISTRY_ERROR,
                            LOFT_REGISTRY_ERROR_NOT_READY))
    {
      loft_request_pause (request);
      loft_registry_view_versions_async (registry,
                                         view,
                                         name,
                                         loft_request_get_cancellable (request),
                                         answer_cb,
                                         g_object_ref (request));
    }
  else
    loft_response_send_problem (request, local_error);
}

static void
handle_version (LoftRequest *request)
{
  loft_hot_mark (request, loft_request_get_parameter (request, "name"));
  loft_request_pause (request);
  loft_registry_view_version_async (
    loft_request_get_registry (request),
    loft_request_get_view (request),
    loft_request_get_parameter (request, "name"),
    loft_request_get_parameter (request, "version"),
    loft_request_get_cancellable (request),
    answer_cb,
    g_object_ref (request));
}

static void
download_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftDownload) download =
    loft_registry_view_download_finish (LOFT_REGISTRY (source_object),
                                        result,
                                        &local_error);

  if (download == NULL)
    loft_response_send_problem (request, local_error);
  else
    loft_representation_send_download (request, download);
}

static void
handle_download (LoftRequest *request)
{
  loft_hot_mark (request, loft_request_get_parameter (request, "name"));
  loft_request_pause (request);
  loft_registry_view_download_async (
    loft_request_get_registry (request),
    loft_request_get_view (request),
    loft_request_get_parameter (request, "name"),
    loft_request_get_parameter (request, "version"),
    loft_request_get_cancellable (request),
    download_cb,
    g_object_ref (request));
}

const LoftEndpoint loft_view_read_versions = { .handle = handle_versions };
const LoftEndpoint loft_view_read_version = { .handle = handle_version };
const LoftEndpoint loft_view_read_download = { .handle = handle_download };
