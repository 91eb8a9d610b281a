/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-http-publish.h"

#include "http/loft-body.h"
#include "http/loft-limit.h"
#include "http/loft-link.h"
#include "http/loft-problem.h"
#include "http/loft-refusal.h"
#include "http/loft-representation.h"
#include "http/loft-response.h"
#include "http/loft-upload.h"

/* What a JSON body may hold beside the tarball. */
#define JSON_EXTRA (1024 * 1024)

static const char *const tarball_types[] = { "application/gzip",
                                             "application/x-gzip",
                                             "application/octet-stream",
                                             NULL };

static gboolean
is_new_required (LoftRequest *request)
{
  return g_strcmp0 (loft_request_get_header (request, "If-None-Match"), "*") ==
         0;
}

static GError *
make_exists_error (void)
{
  return g_error_new_literal (LOFT_HTTP_ERROR,
                              LOFT_HTTP_ERROR_PRECONDITION,
                              "That version exists already");
}

static gboolean
receive (LoftRequest *request, LoftUploadFormat format, GError **error)
{
  LoftRegistry *registry = loft_request_get_registry (request);
  goffset max = loft_registry_get_max_tarball (registry);

  /* That there is no space is better said before the body is sent than after.
   * Decoded, it is never longer. */
  g_autoptr (LoftSpool) spool =
    loft_registry_new_spool (registry,
                             loft_request_get_length (request),
                             error);
  if (spool == NULL)
    return FALSE;

  loft_upload_receive (loft_upload_new (spool, format, max), request);

  return TRUE;
}

static LoftLimitKind
find_limit (LoftRequest *request, const char *name)
{
  return loft_registry_has_package (loft_request_get_registry (request), name)
           ? LOFT_LIMIT_UPDATES
           : LOFT_LIMIT_NEW;
}

static gboolean
prepare_put (LoftRequest *request, GError **error)
{
  g_autofree char *token = NULL;
  gboolean exists = FALSE;

  if (!loft_request_get_token (request, &token, error) ||
      !loft_registry_check_publish (
        loft_request_get_registry (request),
        loft_request_get_parameter (request, "name"),
        loft_request_get_parameter (request, "version"),
        loft_request_get_length (request),
        token,
        &exists,
        error))
    return FALSE;
  if (exists && is_new_required (request))
    {
      g_propagate_error (error, make_exists_error ());
      return FALSE;
    }

  return loft_limit_take (
           request,
           find_limit (request, loft_request_get_parameter (request, "name")),
           error) &&
         receive (request, LOFT_UPLOAD_TARBALL, error);
}

static void
consult_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;

  loft_registry_check_publish_finish (LOFT_REGISTRY (source_object),
                                      result,
                                      NULL,
                                      &local_error);
  loft_refusal_decide (request, g_steal_pointer (&local_error));
}

/* Whose the package is stands in the storage, not in the catalog. */
static void
consult_put (LoftRequest *request)
{
  g_autofree char *token = NULL;

  loft_request_get_token (request, &token, NULL);
  loft_registry_check_publish_async (
    loft_request_get_registry (request),
    loft_request_get_parameter (request, "name"),
    loft_request_get_parameter (request, "version"),
    loft_request_get_length (request),
    token,
    loft_request_get_cancellable (request),
    consult_cb,
    g_object_ref (request));
}

/* Name and version are in the body, so all that can be asked now is whether
 * anything at all could be published. */
static gboolean
check_state (LoftRegistry *registry, GError **error)
{
  LoftRegistryStatus status = { 0 };

  loft_registry_get_status (registry, &status);
  if (status.phase != LOFT_REGISTRY_READY)
    {
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           status.phase == LOFT_REGISTRY_FAILING
                             ? LOFT_REGISTRY_ERROR_UNAVAILABLE
                             : LOFT_REGISTRY_ERROR_NOT_READY,
                           "The registry is not ready to publish");
      return FALSE;
    }
  if (status.read_only)
    {
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_READ_ONLY,
                           "The storage takes no writes");
      return FALSE;
    }

  return TRUE;
}

static gboolean
prepare_publish (LoftRequest *request, GError **error)
{
  LoftRegistry *registry = loft_request_get_registry (request);
  goffset max = loft_registry_get_max_tarball (registry);
  g_autofree char *token = NULL;

  if (!loft_request_get_token (request, &token, error) ||
      !check_state (registry, error))
    return FALSE;
  if (loft_request_get_length (request) > max / 3 * 4 + 4 + JSON_EXTRA)
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_TOO_LARGE,
                   "The tarball is larger than %" G_GOFFSET_FORMAT " bytes",
                   max);
      return FALSE;
    }

  /* It is counted when it is known as what. */
  return loft_limit_check_publish (request, error) &&
         receive (request, LOFT_UPLOAD_JSON, error);
}

static void
check_token_cb (GObject *source_object,
                GAsyncResult *result,
                gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;

  loft_registry_check_token_finish (LOFT_REGISTRY (source_object),
                                    result,
                                    &local_error);
  loft_refusal_decide (request, g_steal_pointer (&local_error));
}

/* Who can publish nothing need not send it. */
static void
consult_publish (LoftRequest *request)
{
  g_autofree char *token = NULL;

  loft_request_get_token (request, &token, NULL);
  loft_registry_check_token_async (loft_request_get_registry (request),
                                   token,
                                   loft_request_get_cancellable (request),
                                   check_token_cb,
                                   g_object_ref (request));
}

static gboolean
take_manifest (JsonObject *object, JsonNode **out_manifest, GError **error)
{
  JsonNode *node = json_object_get_member (object, "manifest");

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return TRUE;
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return loft_body_refuse ("manifest", "an object", error);
  *out_manifest = json_node_copy (node);

  return TRUE;
}

/* Whether the members mean anything is for the registry to say; here they only
 * have to be of the right type. */
static gboolean
take_members (LoftPublishRequest *publish, JsonNode *json, GError **error)
{
  if (!JSON_NODE_HOLDS_OBJECT (json))
    {
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_MALFORMED,
                           "The body must be a JSON object");
      return FALSE;
    }

  JsonObject *object = json_node_get_object (json);
  if (loft_json_get_string (object, "tarball") == NULL)
    return loft_body_refuse ("tarball", "a string", error);

  return loft_body_take_string (object, "name", TRUE, &publish->name, error) &&
         loft_body_take_string (object,
                                "version",
                                TRUE,
                                &publish->version,
                                error) &&
         loft_body_take_string (object,
                                "description",
                                FALSE,
                                &publish->description,
                                error) &&
         loft_body_take_string (object,
                                "repository",
                                FALSE,
                                &publish->repository,
                                error) &&
         loft_body_take_string (object,
                                "license",
                                FALSE,
                                &publish->license,
                                error) &&
         loft_body_take_strings (object,
                                 "authors",
                                 FALSE,
                                 &publish->authors,
                                 error) &&
         take_manifest (object, &publish->manifest, error);
}

static gboolean
is_post (LoftRequest *request)
{
  return g_str_equal (loft_request_get_method (request), "POST");
}

static void
send_published (LoftRequest *request, GBytes *element, gboolean created)
{
  g_autoptr (GError) local_error = NULL;

  if (is_post (request))
    {
      loft_response_send (request,
                          SOUP_STATUS_OK,
                          LOFT_MEDIA_TYPE_JSON,
                          element);
      return;
    }
  if (!created && is_new_required (request))
    {
      local_error = make_exists_error ();
      loft_response_send_problem (request, local_error);
      return;
    }

  GUri *uri = soup_server_message_get_uri (loft_request_get_message (request));
  g_autofree char *location =
    loft_link_format_location (g_uri_get_path (uri),
                               loft_request_get_parameter (request, "version"));
  soup_message_headers_replace (loft_request_get_response_headers (request),
                                created ? "Location" : "Content-Location",
                                location);
  loft_response_send (request,
                      created ? SOUP_STATUS_CREATED : SOUP_STATUS_OK,
                      LOFT_MEDIA_TYPE_JSON,
                      element);
}

static void
publish_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  gboolean created = FALSE;
  g_autoptr (GBytes) element =
    loft_registry_publish_finish (LOFT_REGISTRY (source_object),
                                  result,
                                  &created,
                                  &local_error);

  if (!loft_request_is_alive (request))
    return;
  if (g_error_matches (local_error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_EXISTS) &&
      is_new_required (request))
    {
      g_clear_error (&local_error);
      local_error = make_exists_error ();
    }

  if (element == NULL)
    loft_response_send_problem (request, local_error);
  else
    send_published (request, element, created);
}

/* Refuses a body of which it is not known yet what it was to be. One that was
 * to be put somewhere is counted already. */
static void
refuse_body (LoftRequest *request, const GError *error)
{
  if (is_post (request) &&
      loft_problem_get_status (error) < SOUP_STATUS_INTERNAL_SERVER_ERROR)
    loft_limit_count_upload (request);
  loft_response_send_problem (request, error);
}

static void
received_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (LoftPublishRequest) publish = g_new0 (LoftPublishRequest, 1);
  g_autoptr (JsonNode) json = NULL;
  g_autoptr (GError) local_error = NULL;
  gboolean received = loft_upload_finish (LOFT_UPLOAD (source_object),
                                          result,
                                          &publish->spool,
                                          &json,
                                          &local_error);

  if (!loft_request_is_alive (request))
    return;
  if (!received ||
      (json != NULL && !take_members (publish, json, &local_error)))
    {
      refuse_body (request, local_error);
      return;
    }
  if (json != NULL && !loft_limit_take (request,
                                        find_limit (request, publish->name),
                                        &local_error))
    {
      loft_response_send_problem (request, local_error);
      return;
    }
  if (json == NULL)
    {
      publish->name = g_strdup (loft_request_get_parameter (request, "name"));
      publish->version =
        g_strdup (loft_request_get_parameter (request, "version"));
    }
  loft_request_get_token (request, &publish->token, NULL);
  publish->request_id = g_strdup (loft_request_get_id (request));

  /* Not cancellable: what was begun is published, whether or not somebody waits
   * for the answer. */
  loft_registry_publish_async (loft_request_get_registry (request),
                               g_steal_pointer (&publish),
                               NULL,
                               publish_cb,
                               g_object_ref (request));
}

static void
handle_publish (LoftRequest *request)
{
  LoftUpload *upload = loft_request_get_data (request);

  loft_request_pause (request);
  loft_upload_finish_async (upload,
                            request,
                            received_cb,
                            g_object_ref (request));
}

const LoftEndpoint loft_write_publish = {
  .handle = handle_publish,
  .prepare = prepare_publish,
  .consult = consult_publish,
  .media_types = loft_body_types,
  .body_required = TRUE,
  .guarded = TRUE,
};
const LoftEndpoint loft_write_put = {
  .handle = handle_publish,
  .prepare = prepare_put,
  .consult = consult_put,
  .media_types = tarball_types,
  .body_required = TRUE,
  .guarded = TRUE,
};
