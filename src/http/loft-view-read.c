/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-view-read.h"

#include "http/loft-changes.h"
#include "http/loft-delivery.h"
#include "http/loft-hot.h"
#include "http/loft-html-read.h"
#include "http/loft-link.h"
#include "http/loft-problem.h"
#include "http/loft-read.h"
#include "http/loft-representation.h"
#include "http/loft-response.h"
#include "registry/loft-registry-error.h"
#include "registry/loft-registry-view.h"

/* What is read under a view, by the same paths as without one. */

/* A day that is not over will be settled by whatever happens next. */
static void
send_body (LoftRequest *request,
           const char *media_type,
           GBytes *body,
           const char *digest,
           const LoftValidity *validity)
{
  if (loft_request_get_view (request)->kind == LOFT_VIEW_AT_TIME &&
      !validity->settled)
    loft_hot_mark (request, NULL);
  loft_representation_send_view (request, media_type, body, digest, validity);
}

/* Takes the answer. */
static void
send (LoftRequest *request,
      const char *media_type,
      LoftViewAnswer *answer,
      const char *next_parameter,
      const GError *error)
{
  g_autoptr (LoftViewAnswer) owned = answer;

  if (owned == NULL)
    {
      loft_response_send_problem (request, error);
      return;
    }
  loft_link_add_next (request, next_parameter, owned->next);
  send_body (request, media_type, owned->body, owned->digest, &owned->validity);
}

static void
answer_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  LoftViewAnswer *answer =
    loft_registry_view_finish (LOFT_REGISTRY (source_object),
                               result,
                               &local_error);

  send (request, LOFT_MEDIA_TYPE_JSON, answer, "after", local_error);
}

static void
count_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  LoftValidity validity = { 0 };
  guint64 packages = 0;

  if (!loft_registry_view_count_finish (LOFT_REGISTRY (source_object),
                                        result,
                                        &packages,
                                        &validity,
                                        &local_error))
    {
      loft_response_send_problem (request, local_error);
      return;
    }

  g_autoptr (GBytes) body = loft_read_render_root (packages);
  send_body (request, LOFT_MEDIA_TYPE_JSON, body, NULL, &validity);
}

static void
handle_root (LoftRequest *request)
{
  if (loft_html_is_wanted (request))
    {
      loft_html_handle_root (request);
      return;
    }

  loft_hot_mark (request, NULL);
  loft_request_pause (request);
  loft_registry_view_count_async (loft_request_get_registry (request),
                                  loft_request_get_view (request),
                                  loft_request_get_cancellable (request),
                                  count_cb,
                                  g_object_ref (request));
}

/* Nothing is waited for: what a view shows of the log has an end. */
static void
handle_changes (LoftRequest *request)
{
  g_autoptr (GError) local_error = NULL;
  guint64 since = 0;
  guint limit = 0;
  LoftViewAnswer *answer = NULL;

  loft_hot_mark (request, NULL);
  if (loft_changes_parse_page (request, &since, &limit, &local_error))
    answer = loft_registry_view_changes (loft_request_get_registry (request),
                                         loft_request_get_view (request),
                                         since,
                                         limit,
                                         &local_error);

  send (request, LOFT_MEDIA_TYPE_NDJSON, answer, "since", local_error);
}

/* What is searched is the text of today, and an answer that was put together
 * from it would not be the one of then. */
static gboolean
check_order (LoftRequest *request, GError **error)
{
  const char *query = loft_request_get_query (request, "q");
  LoftSort sort = LOFT_SORT_NAME;

  if (!loft_read_parse_sort (request, &sort, error))
    return FALSE;
  if ((query == NULL || *query == '\0') && sort != LOFT_SORT_UPDATED &&
      sort != LOFT_SORT_DEPENDENTS)
    return TRUE;

  g_set_error_literal (error,
                       LOFT_HTTP_ERROR,
                       LOFT_HTTP_ERROR_BAD_REQUEST,
                       "Views list packages by name only; to search, ask "
                       "without a view");

  return FALSE;
}

static void
handle_page (LoftRequest *request)
{
  g_autoptr (GError) local_error = NULL;
  guint64 limit = 0;

  if (!check_order (request, &local_error) ||
      !loft_read_parse_limit (request, &limit, &local_error))
    {
      loft_response_send_problem (request, local_error);
      return;
    }
  if (loft_html_is_wanted (request))
    {
      loft_html_handle_packages (request, LOFT_SORT_NAME, (guint) limit);
      return;
    }

  loft_request_pause (request);
  loft_registry_view_page_async (loft_request_get_registry (request),
                                 loft_request_get_view (request),
                                 loft_request_get_query (request, "after"),
                                 (guint) limit,
                                 loft_request_get_cancellable (request),
                                 answer_cb,
                                 g_object_ref (request));
}

static void
handle_packages (LoftRequest *request)
{
  loft_hot_mark (request, NULL);
  if (loft_html_is_wanted (request) || loft_read_is_page (request))
    {
      handle_page (request);
      return;
    }

  loft_hot_copy (request);
  loft_request_pause (request);
  loft_registry_view_packages_async (loft_request_get_registry (request),
                                     loft_request_get_view (request),
                                     loft_request_get_cancellable (request),
                                     answer_cb,
                                     g_object_ref (request));
}

static void
handle_dependents (LoftRequest *request)
{
  g_autoptr (GError) local_error = NULL;
  guint64 limit = 0;

  loft_hot_mark (request, NULL);
  if (!loft_read_parse_limit (request, &limit, &local_error))
    {
      loft_response_send_problem (request, local_error);
      return;
    }
  if (loft_html_is_wanted (request))
    {
      loft_html_handle_dependents (request, (guint) limit);
      return;
    }

  loft_request_pause (request);
  loft_registry_view_dependents_async (
    loft_request_get_registry (request),
    loft_request_get_view (request),
    loft_request_get_parameter (request, "name"),
    loft_request_get_query (request, "after"),
    (guint) limit,
    loft_request_get_cancellable (request),
    answer_cb,
    g_object_ref (request));
}

static void
handle_versions (LoftRequest *request)
{
  if (loft_html_is_wanted (request))
    {
      loft_html_handle_package (request, NULL);
      return;
    }

  LoftRegistry *registry = loft_request_get_registry (request);
  const LoftView *view = loft_request_get_view (request);
  const char *name = loft_request_get_parameter (request, "name");
  g_autoptr (GError) local_error = NULL;
  LoftViewAnswer *answer =
    loft_registry_view_versions (registry, view, name, &local_error);

  loft_hot_mark (request, name);
  if (answer != NULL || !g_error_matches (local_error,
                                          LOFT_REGISTRY_ERROR,
                                          LOFT_REGISTRY_ERROR_NOT_READY))
    {
      send (request, LOFT_MEDIA_TYPE_JSON, answer, "after", local_error);
      return;
    }

  loft_request_pause (request);
  loft_registry_view_versions_async (registry,
                                     view,
                                     name,
                                     loft_request_get_cancellable (request),
                                     answer_cb,
                                     g_object_ref (request));
}

static void
handle_version (LoftRequest *request)
{
  if (loft_html_is_wanted (request))
    {
      loft_html_handle_package (
        request,
        loft_request_get_parameter (request, "version"));
      return;
    }

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

static void ask_download (LoftRequest *request, gboolean about);

static void
download_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  LoftDownload *download =
    loft_registry_view_download_finish (LOFT_REGISTRY (source_object),
                                        result,
                                        &local_error);

  if (download == NULL)
    loft_response_send_problem (request, local_error);
  else
    loft_delivery_send (request, download, ask_download);
}

static void
ask_download (LoftRequest *request, gboolean about)
{
  loft_registry_view_download_async (
    loft_request_get_registry (request),
    loft_request_get_view (request),
    loft_request_get_parameter (request, "name"),
    loft_request_get_parameter (request, "version"),
    about,
    loft_request_get_cancellable (request),
    download_cb,
    g_object_ref (request));
}

static void
handle_download (LoftRequest *request)
{
  if (!loft_registry_redirects (loft_request_get_registry (request)))
    loft_hot_mark (request, loft_request_get_parameter (request, "name"));
  loft_delivery_begin (request, ask_download);
}

const LoftEndpoint loft_view_read_root = { .handle = handle_root };
const LoftEndpoint loft_view_read_changes = { .handle = handle_changes };
const LoftEndpoint loft_view_read_packages = { .handle = handle_packages };
const LoftEndpoint loft_view_read_dependents = { .handle = handle_dependents };
const LoftEndpoint loft_view_read_versions = { .handle = handle_versions };
const LoftEndpoint loft_view_read_version = { .handle = handle_version };
const LoftEndpoint loft_view_read_download = { .handle = handle_download };
