/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-hot.h"
#include "http/loft-problem.h"
#include "http/loft-read.h"
#include "http/loft-representation.h"
#include "http/loft-response.h"
#include "registry/loft-downloads.h"

/* How often a package was downloaded. Browsers get JSON too: on the package's
 * page there is a picture of it. */

static void
show_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  LoftRegistry *registry = LOFT_REGISTRY (source_object);
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GBytes) body =
    loft_registry_show_downloads_finish (registry, result, &local_error);

  if (body != NULL)
    loft_representation_send_brief (request, LOFT_MEDIA_TYPE_JSON, body);
  else
    loft_response_send_problem (request, local_error);
}

static gboolean
parse_days (LoftRequest *request, guint64 *out_days, GError **error)
{
  const char *text = loft_request_get_query (request, "days");

  *out_days = LOFT_DOWNLOAD_DAYS;
  if (text == NULL || g_ascii_string_to_unsigned (text,
                                                  10,
                                                  1,
                                                  LOFT_DOWNLOAD_DAYS,
                                                  out_days,
                                                  NULL))
    return TRUE;
  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_MALFORMED,
                       "The number of days must be between 1 and " G_STRINGIFY (
                         LOFT_DOWNLOAD_DAYS));

  return FALSE;
}

static void
handle_downloads (LoftRequest *request)
{
  LoftRegistry *registry = loft_request_get_registry (request);
  g_autoptr (GError) local_error = NULL;
  guint64 n_days = 0;
  guint interval;

  if (!loft_registry_counts_downloads (registry, &interval))
    g_set_error_literal (&local_error,
                         LOFT_HTTP_ERROR,
                         LOFT_HTTP_ERROR_NO_SUCH_PAGE,
                         "This registry does not count downloads");
  if (local_error != NULL || !parse_days (request, &n_days, &local_error))
    {
      loft_response_send_problem (request, local_error);
      return;
    }

  loft_hot_mark (request, loft_request_get_parameter (request, "name"));
  loft_hot_limit (request, g_get_real_time () + interval * G_TIME_SPAN_SECOND);
  loft_request_pause (request);
  loft_registry_show_downloads_async (
    registry,
    loft_request_get_parameter (request, "name"),
    (guint) n_days,
    loft_request_get_cancellable (request),
    show_cb,
    g_object_ref (request));
}

const LoftEndpoint loft_read_downloads = { .handle = handle_downloads };
