/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-read.h"

#include "http/loft-hot.h"
#include "http/loft-html-read.h"
#include "http/loft-link.h"
#include "http/loft-problem.h"
#include "http/loft-representation.h"
#include "http/loft-response.h"
#include "registry/loft-json.h"

#define LIMIT_DEFAULT 50
#define LIMIT_MAX 1000

static GBytes *
finish_object (JsonBuilder *builder)
{
  json_builder_end_object (builder);

  g_autoptr (JsonNode) root = json_builder_get_root (builder);

  return loft_json_to_bytes (root);
}

/* The state of this very moment is of no use later. */
static void
send_state (LoftRequest *request, gboolean good, JsonBuilder *builder)
{
  SoupMessageHeaders *headers = loft_request_get_response_headers (request);
  g_autoptr (GBytes) body = finish_object (builder);

  soup_message_headers_replace (headers, "Cache-Control", "no-store");
  if (!good)
    soup_message_headers_replace (headers, "Retry-After", "5");
  loft_response_send (request,
                      good ? SOUP_STATUS_OK : SOUP_STATUS_SERVICE_UNAVAILABLE,
                      LOFT_MEDIA_TYPE_JSON,
                      body);
}

static void
add_number (JsonBuilder *builder, const char *name, guint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, (gint64) value);
}

/**
 * loft_read_render_root:
 * @packages: how many packages there are
 *
 * Writes what the registry says of itself.
 *
 * Returns: (transfer full): a JSON object
 */
GBytes *
loft_read_render_root (guint64 packages)
{
  g_autoptr (JsonBuilder) builder = json_builder_new_immutable ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "name");
  json_builder_add_string_value (builder, "loft Package Registry");
  json_builder_set_member_name (builder, "version");
  json_builder_add_string_value (builder, PACKAGE_VERSION);
  add_number (builder, "packages_count", packages);
  add_number (builder, "users_count", 0);

  return finish_object (builder);
}

static void
handle_root (LoftRequest *request)
{
  if (loft_html_is_wanted (request))
    {
      loft_html_handle_root (request);
      return;
    }

  LoftRegistryStatus status = { 0 };

  loft_registry_get_status (loft_request_get_registry (request), &status);

  g_autoptr (GBytes) body = loft_read_render_root (status.packages);
  loft_hot_mark (request, NULL);
  loft_representation_send (request, LOFT_MEDIA_TYPE_JSON, body, NULL);
}

static const char *
get_phase_name (LoftRegistryPhase phase)
{
  switch (phase)
    {
    case LOFT_REGISTRY_STARTING:
      return "starting";
    case LOFT_REGISTRY_REBUILDING:
      return "rebuilding";
    case LOFT_REGISTRY_READY:
      return "ready";
    case LOFT_REGISTRY_FAILING:
    default:
      return "failing";
    }
}

static void
handle_livez (LoftRequest *request)
{
  g_autoptr (JsonBuilder) builder = json_builder_new_immutable ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "status");
  json_builder_add_string_value (builder, "alive");
  send_state (request, TRUE, builder);
}

static const char *
get_status_name (const LoftRegistryStatus *status,
                 GStrv troubles,
                 gboolean stopping)
{
  if (stopping)
    return "stopping";
  if (status->phase == LOFT_REGISTRY_READY && troubles[0] != NULL)
    return get_phase_name (LOFT_REGISTRY_FAILING);

  return get_phase_name (status->phase);
}

static void
add_troubles (JsonBuilder *builder, GStrv troubles)
{
  json_builder_set_member_name (builder, "troubles");
  json_builder_begin_array (builder);
  for (guint i = 0; troubles[i] != NULL; i++)
    json_builder_add_string_value (builder, troubles[i]);
  json_builder_end_array (builder);
}

static void
handle_readyz (LoftRequest *request)
{
  g_autoptr (JsonBuilder) builder = json_builder_new_immutable ();
  LoftRegistry *registry = loft_request_get_registry (request);
  gboolean stopping = loft_request_get_shared (request)->stopping;
  g_auto (GStrv) troubles = loft_registry_list_troubles (registry);
  LoftRegistryStatus status = { 0 };

  loft_registry_get_status (registry, &status);
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "status");
  json_builder_add_string_value (builder,
                                 get_status_name (&status, troubles, stopping));
  add_troubles (builder, troubles);
  add_number (builder, "sequence", status.sequence);
  add_number (builder, "packages", status.packages);
  add_number (builder, "versions", status.versions);
  add_number (builder, "scanned", status.scanned);
  add_number (builder, "problems", status.problems);
  json_builder_set_member_name (builder, "read_only");
  json_builder_add_boolean_value (builder, status.read_only);
  send_state (request, troubles[0] == NULL && !stopping, builder);
}

static void
list_packages_cb (GObject *source_object,
                  GAsyncResult *result,
                  gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  g_autofree char *digest = NULL;
  g_autoptr (GBytes) body =
    loft_registry_list_packages_finish (LOFT_REGISTRY (source_object),
                                        result,
                                        &digest,
                                        &local_error);

  if (body == NULL)
    loft_response_send_problem (request, local_error);
  else
    loft_representation_send (request, LOFT_MEDIA_TYPE_JSON, body, digest);
}

static void
search_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  g_autofree char *next = NULL;
  g_autoptr (GBytes) body =
    loft_registry_search_finish (LOFT_REGISTRY (source_object),
                                 result,
                                 &next,
                                 &local_error);

  if (body == NULL)
    {
      loft_response_send_problem (request, local_error);
      return;
    }
  loft_link_add_next (request, "after", next);
  loft_representation_send (request, LOFT_MEDIA_TYPE_JSON, body, NULL);
}

/**
 * loft_read_parse_sort:
 * @request: a request for packages
 * @out_sort: (out): the order
 * @error: return location for a #GError
 *
 * Reads in what order a list is wanted.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_HTTP_ERROR_BAD_REQUEST
 */
gboolean
loft_read_parse_sort (LoftRequest *request, LoftSort *out_sort, GError **error)
{
  const char *text = loft_request_get_query (request, "sort");

  if (text == NULL || g_str_equal (text, "relevance"))
    *out_sort = LOFT_SORT_RELEVANCE;
  else if (g_str_equal (text, "name"))
    *out_sort = LOFT_SORT_NAME;
  else if (g_str_equal (text, "updated"))
    *out_sort = LOFT_SORT_UPDATED;
  else if (g_str_equal (text, "dependents"))
    *out_sort = LOFT_SORT_DEPENDENTS;
  else
    {
      g_set_error_literal (error,
                           LOFT_HTTP_ERROR,
                           LOFT_HTTP_ERROR_BAD_REQUEST,
                           "“sort” must be relevance, name, updated or "
                           "dependents");
      return FALSE;
    }

  return TRUE;
}

/**
 * loft_read_parse_limit:
 * @request: a request for a page
 * @out_limit: (out): how many elements it has at most
 * @error: return location for a #GError
 *
 * Reads how long a page is wanted.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_HTTP_ERROR_BAD_REQUEST
 */
gboolean
loft_read_parse_limit (LoftRequest *request, guint64 *out_limit, GError **error)
{
  if (!loft_request_get_query_number (request,
                                      "limit",
                                      LIMIT_DEFAULT,
                                      LIMIT_MAX,
                                      out_limit,
                                      error))
    return FALSE;

  /* A page with nothing on it would have no next one. */
  *out_limit = MAX (*out_limit, 1);

  return TRUE;
}

static void
search (LoftRequest *request, gboolean html)
{
  g_autoptr (GError) local_error = NULL;
  LoftSort sort = LOFT_SORT_RELEVANCE;
  guint64 limit = 0;

  if (!loft_read_parse_sort (request, &sort, &local_error) ||
      !loft_read_parse_limit (request, &limit, &local_error))
    {
      loft_response_send_problem (request, local_error);
      return;
    }
  if (html)
    {
      loft_html_handle_packages (request, sort, (guint) limit);
      return;
    }

  loft_request_pause (request);
  loft_registry_search_async (loft_request_get_registry (request),
                              loft_request_get_query (request, "q"),
                              sort,
                              loft_request_get_query (request, "after"),
                              (guint) limit,
                              loft_request_get_cancellable (request),
                              search_cb,
                              g_object_ref (request));
}

/**
 * loft_read_is_page:
 * @request: a request for packages
 *
 * Tells whether a page is wanted.
 *
 * Returns: %FALSE if the full list is
 */
gboolean
loft_read_is_page (LoftRequest *request)
{
  return loft_request_get_query (request, "q") != NULL ||
         loft_request_get_query (request, "limit") != NULL ||
         loft_request_get_query (request, "after") != NULL ||
         loft_request_get_query (request, "sort") != NULL;
}

static void
handle_packages (LoftRequest *request)
{
  gboolean html = loft_html_is_wanted (request);

  if (html || loft_read_is_page (request))
    {
      search (request, html);
      return;
    }

  loft_hot_mark (request, NULL);
  loft_request_pause (request);
  loft_registry_list_packages_async (loft_request_get_registry (request),
                                     loft_request_get_cancellable (request),
                                     list_packages_cb,
                                     g_object_ref (request));
}

static void
list_versions_cb (GObject *source_object,
                  GAsyncResult *result,
                  gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GBytes) body =
    loft_registry_list_versions_finish (LOFT_REGISTRY (source_object),
                                        result,
                                        &local_error);

  if (body == NULL)
    loft_response_send_problem (request, local_error);
  else
    loft_representation_send (request, LOFT_MEDIA_TYPE_JSON, body, NULL);
}

/* The one question that nearly all clients ask: answered at once, unless the
 * catalog is still being filled, when the storage has to be asked instead. */
static void
handle_versions (LoftRequest *request)
{
  if (loft_html_is_wanted (request))
    {
      loft_html_handle_package (request, NULL);
      return;
    }

  LoftRegistry *registry = loft_request_get_registry (request);
  const char *name = loft_request_get_parameter (request, "name");
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GBytes) body =
    loft_registry_list_versions (registry, name, &local_error);

  if (body != NULL)
    {
      loft_hot_mark (request, name);
      loft_representation_send (request, LOFT_MEDIA_TYPE_JSON, body, NULL);
    }
  else if (g_error_matches (local_error,
                            LOFT_REGISTRY_ERROR,
                            LOFT_REGISTRY_ERROR_NOT_READY))
    {
      loft_request_pause (request);
      loft_registry_list_versions_async (registry,
                                         name,
                                         loft_request_get_cancellable (request),
                                         list_versions_cb,
                                         g_object_ref (request));
    }
  else
    loft_response_send_problem (request, local_error);
}

static void
show_version_cb (GObject *source_object,
                 GAsyncResult *result,
                 gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GBytes) body =
    loft_registry_show_version_finish (LOFT_REGISTRY (source_object),
                                       result,
                                       &local_error);

  if (body == NULL)
    loft_response_send_problem (request, local_error);
  else
    loft_representation_send (request, LOFT_MEDIA_TYPE_JSON, body, NULL);
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
  loft_registry_show_version_async (
    loft_request_get_registry (request),
    loft_request_get_parameter (request, "name"),
    loft_request_get_parameter (request, "version"),
    loft_request_get_cancellable (request),
    show_version_cb,
    g_object_ref (request));
}

static void
dependents_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  g_autofree char *next = NULL;
  g_autoptr (GBytes) body =
    loft_registry_list_dependents_finish (LOFT_REGISTRY (source_object),
                                          result,
                                          &next,
                                          &local_error);

  if (body == NULL)
    {
      loft_response_send_problem (request, local_error);
      return;
    }
  loft_link_add_next (request, "after", next);
  loft_representation_send (request, LOFT_MEDIA_TYPE_JSON, body, NULL);
}

static void
handle_dependents (LoftRequest *request)
{
  g_autoptr (GError) local_error = NULL;
  guint64 limit = 0;

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
  loft_registry_list_dependents_async (
    loft_request_get_registry (request),
    loft_request_get_parameter (request, "name"),
    loft_request_get_query (request, "after"),
    (guint) limit,
    loft_request_get_cancellable (request),
    dependents_cb,
    g_object_ref (request));
}

/* What a browser asks before a page of another site may read; `Allow` was set
 * when the path was looked up. */
static void
handle_options (LoftRequest *request)
{
  SoupMessageHeaders *headers = loft_request_get_response_headers (request);

  soup_message_headers_replace (headers,
                                "Access-Control-Allow-Methods",
                                "GET, HEAD, OPTIONS");
  soup_message_headers_replace (headers,
                                "Access-Control-Allow-Headers",
                                "Accept, If-Match, If-None-Match, If-Range, "
                                "Range, X-Request-Id");
  soup_message_headers_replace (headers, "Access-Control-Max-Age", "86400");
  loft_response_send (request, SOUP_STATUS_NO_CONTENT, NULL, NULL);
}

const LoftEndpoint loft_read_root = { .handle = handle_root };
const LoftEndpoint loft_read_livez = { .handle = handle_livez };
const LoftEndpoint loft_read_readyz = { .handle = handle_readyz };
const LoftEndpoint loft_read_packages = { .handle = handle_packages };
const LoftEndpoint loft_read_versions = { .handle = handle_versions };
const LoftEndpoint loft_read_version = { .handle = handle_version };
const LoftEndpoint loft_read_dependents = { .handle = handle_dependents };
const LoftEndpoint loft_read_options = { .handle = handle_options };
