/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-problem.h"

#include "registry/loft-json.h"
#include "registry/loft-message-id.h"
#include "registry/loft-registry-error.h"

#include <string.h>

/* How long a client shall wait before it asks again. */
#define RETRY_SOON "5"
#define RETRY_LATER "300"

/* The same failure, met by every request, is worth one line a minute. */
#define REPORT_INTERVAL (60 * G_USEC_PER_SEC)

/* So many refusals a minute are told of: enough to see who errs, and that
 * somebody guesses. */
#define REFUSALS_MAX 60

/* libsoup has no name for it (RFC 6585, 4). */
#define STATUS_TOO_MANY_REQUESTS 429

/* So many failures a minute that each name something else, as where there is no
 * space for whatever is published. */
#define FAILURES_MAX 20

G_DEFINE_QUARK (loft_http_error, loft_http_error)

static SoupStatus
status_for_registry_error (LoftRegistryError code)
{
  switch (code)
    {
    case LOFT_REGISTRY_ERROR_MALFORMED:
      return SOUP_STATUS_BAD_REQUEST;
    case LOFT_REGISTRY_ERROR_TOKEN_NEEDED:
      return SOUP_STATUS_UNAUTHORIZED;
    case LOFT_REGISTRY_ERROR_FORBIDDEN:
      return SOUP_STATUS_FORBIDDEN;
    case LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE:
    case LOFT_REGISTRY_ERROR_NO_SUCH_VERSION:
    case LOFT_REGISTRY_ERROR_NOT_FOUND:
      return SOUP_STATUS_NOT_FOUND;
    case LOFT_REGISTRY_ERROR_EXISTS:
      return SOUP_STATUS_CONFLICT;
    case LOFT_REGISTRY_ERROR_TOO_LARGE:
      return SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE;
    case LOFT_REGISTRY_ERROR_RULES:
      return SOUP_STATUS_UNPROCESSABLE_ENTITY;
    case LOFT_REGISTRY_ERROR_READ_ONLY:
    case LOFT_REGISTRY_ERROR_NOT_READY:
    case LOFT_REGISTRY_ERROR_BUSY:
    case LOFT_REGISTRY_ERROR_UNAVAILABLE:
      return SOUP_STATUS_SERVICE_UNAVAILABLE;
    case LOFT_REGISTRY_ERROR_NO_SPACE:
      return SOUP_STATUS_INSUFFICIENT_STORAGE;
    case LOFT_REGISTRY_ERROR_CORRUPT:
    case LOFT_REGISTRY_ERROR_FAILED:
    default:
      return SOUP_STATUS_INTERNAL_SERVER_ERROR;
    }
}

static SoupStatus
status_for_http_error (LoftHttpError code)
{
  switch (code)
    {
    case LOFT_HTTP_ERROR_BAD_REQUEST:
      return SOUP_STATUS_BAD_REQUEST;
    case LOFT_HTTP_ERROR_NO_SUCH_PAGE:
      return SOUP_STATUS_NOT_FOUND;
    case LOFT_HTTP_ERROR_METHOD:
      return SOUP_STATUS_METHOD_NOT_ALLOWED;
    case LOFT_HTTP_ERROR_CROSS_SITE:
      return SOUP_STATUS_FORBIDDEN;
    case LOFT_HTTP_ERROR_PRECONDITION:
      return SOUP_STATUS_PRECONDITION_FAILED;
    case LOFT_HTTP_ERROR_LENGTH_REQUIRED:
      return SOUP_STATUS_LENGTH_REQUIRED;
    case LOFT_HTTP_ERROR_BODY_TOO_LARGE:
      return SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE;
    case LOFT_HTTP_ERROR_TARGET_TOO_LONG:
      return SOUP_STATUS_REQUEST_URI_TOO_LONG;
    case LOFT_HTTP_ERROR_MEDIA_TYPE:
      return SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE;
    case LOFT_HTTP_ERROR_RANGE:
      return SOUP_STATUS_REQUESTED_RANGE_NOT_SATISFIABLE;
    case LOFT_HTTP_ERROR_TOO_MANY:
      return (SoupStatus) STATUS_TOO_MANY_REQUESTS;
    default:
      return SOUP_STATUS_INTERNAL_SERVER_ERROR;
    }
}

/**
 * loft_problem_get_status:
 * @error: why a request failed
 *
 * Tells which status stands for a failure. Statuses of failures are named here
 * and nowhere else.
 *
 * Returns: a status of 400 or more
 */
SoupStatus
loft_problem_get_status (const GError *error)
{
  g_return_val_if_fail (error != NULL, SOUP_STATUS_INTERNAL_SERVER_ERROR);

  if (error->domain == LOFT_REGISTRY_ERROR)
    return status_for_registry_error ((LoftRegistryError) error->code);
  if (error->domain == LOFT_HTTP_ERROR)
    return status_for_http_error ((LoftHttpError) error->code);

  return SOUP_STATUS_INTERNAL_SERVER_ERROR;
}

/**
 * loft_problem_get_kind:
 * @error: why a request failed
 *
 * Returns: what people are told of it
 */
LoftPagesProblem
loft_problem_get_kind (const GError *error)
{
  static const struct
  {
    gboolean is_http;
    int code;
    LoftPagesProblem kind;
  } kinds[] = {
    { FALSE,
      LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE,
      LOFT_PAGES_PROBLEM_NO_PACKAGE },
    { FALSE,
      LOFT_REGISTRY_ERROR_NO_SUCH_VERSION,
      LOFT_PAGES_PROBLEM_NO_VERSION },
    { FALSE, LOFT_REGISTRY_ERROR_NOT_FOUND, LOFT_PAGES_PROBLEM_NOTHING },
    { FALSE, LOFT_REGISTRY_ERROR_MALFORMED, LOFT_PAGES_PROBLEM_MALFORMED },
    { FALSE, LOFT_REGISTRY_ERROR_NOT_READY, LOFT_PAGES_PROBLEM_STARTING },
    { FALSE, LOFT_REGISTRY_ERROR_BUSY, LOFT_PAGES_PROBLEM_BUSY },
    { FALSE, LOFT_REGISTRY_ERROR_UNAVAILABLE, LOFT_PAGES_PROBLEM_AWAY },
    { TRUE, LOFT_HTTP_ERROR_NO_SUCH_PAGE, LOFT_PAGES_PROBLEM_NO_PAGE },
    { TRUE, LOFT_HTTP_ERROR_BAD_REQUEST, LOFT_PAGES_PROBLEM_MALFORMED },
    { TRUE, LOFT_HTTP_ERROR_TOO_MANY, LOFT_PAGES_PROBLEM_TOO_OFTEN },
  };

  g_return_val_if_fail (error != NULL, LOFT_PAGES_PROBLEM_OTHER);

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (error->domain ==
          (kinds[i].is_http ? LOFT_HTTP_ERROR : LOFT_REGISTRY_ERROR) &&
        error->code == kinds[i].code)
      return kinds[i].kind;

  return LOFT_PAGES_PROBLEM_OTHER;
}

/**
 * loft_problem_get_phrase:
 * @status: a status
 *
 * Returns: (transfer none): what it is called
 */
const char *
loft_problem_get_phrase (guint status)
{
  return status == STATUS_TOO_MANY_REQUESTS ? "Too Many Requests"
                                            : soup_status_get_phrase (status);
}

/* What a client may know of a failure of ours: what it should do now, and
 * nothing of what our storage said. */
static const char *
describe_own_failure (const GError *error)
{
  if (g_error_matches (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_READ_ONLY))
    return "This registry takes no changes at present";
  if (g_error_matches (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_NOT_READY))
    return "This registry is still reading its storage; try again soon";
  if (g_error_matches (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_BUSY))
    return "Too many ask this registry for the same at once; try again soon";
  if (g_error_matches (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_UNAVAILABLE))
    return "The storage of this registry does not answer; try again soon";
  if (g_error_matches (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_NO_SPACE))
    return "This registry has no space left";
  if (g_error_matches (error, LOFT_REGISTRY_ERROR, LOFT_REGISTRY_ERROR_CORRUPT))
    return "What this registry has stored here can't be read";

  return "Something went wrong in this registry, not in the request";
}

static void
add_findings (JsonBuilder *builder, LoftFindings *findings)
{
  json_builder_set_member_name (builder, "errors");
  json_builder_begin_array (builder);
  for (guint i = 0; i < loft_findings_get_length (findings); i++)
    {
      const LoftFinding *finding = loft_findings_get (findings, i);

      json_builder_begin_object (builder);
      json_builder_set_member_name (builder, "detail");
      json_builder_add_string_value (builder, finding->detail);
      json_builder_set_member_name (builder, "rule");
      json_builder_add_string_value (builder, finding->rule);
      json_builder_set_member_name (builder, "subject");
      if (finding->subject != NULL)
        json_builder_add_string_value (builder, finding->subject);
      else
        json_builder_add_null_value (builder);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

/**
 * loft_problem_render:
 * @error: why a request failed
 * @request_id: (nullable): the request's id
 *
 * Writes a problem as RFC 9457 has it. `detail` comes first, since the released
 * client prints the body as it is. A client is told what it did wrong, but not
 * what broke on our side.
 *
 * Returns: (transfer full): a JSON object
 */
GBytes *
loft_problem_render (const GError *error, const char *request_id)
{
  g_return_val_if_fail (error != NULL, NULL);

  SoupStatus status = loft_problem_get_status (error);
  gboolean ours = SOUP_STATUS_IS_SERVER_ERROR (status);
  g_autofree char *detail =
    g_utf8_make_valid (ours ? describe_own_failure (error) : error->message,
                       -1);
  g_autoptr (JsonBuilder) builder = json_builder_new_immutable ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "detail");
  json_builder_add_string_value (builder, detail);
  json_builder_set_member_name (builder, "title");
  json_builder_add_string_value (builder, loft_problem_get_phrase (status));
  json_builder_set_member_name (builder, "status");
  json_builder_add_int_value (builder, status);

  LoftFindings *findings = ours ? NULL : loft_findings_from_error (error);
  if (findings != NULL)
    add_findings (builder, findings);

  if (request_id != NULL)
    {
      json_builder_set_member_name (builder, "request_id");
      json_builder_add_string_value (builder, request_id);
    }
  json_builder_end_object (builder);

  g_autoptr (JsonNode) root = json_builder_get_root (builder);

  return loft_json_to_bytes (root);
}

/**
 * loft_problem_add_headers:
 * @error: why a request failed
 * @headers: headers of the answer
 *
 * Adds what an answer to such a failure has to carry beside its body.
 */
void
loft_problem_add_headers (const GError *error, SoupMessageHeaders *headers)
{
  g_return_if_fail (error != NULL);
  g_return_if_fail (headers != NULL);

  SoupStatus status = loft_problem_get_status (error);

  if (status == SOUP_STATUS_UNAUTHORIZED)
    soup_message_headers_replace (headers, "WWW-Authenticate", "Bearer");
  if (status == SOUP_STATUS_SERVICE_UNAVAILABLE)
    soup_message_headers_replace (
      headers,
      "Retry-After",
      g_error_matches (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_READ_ONLY)
        ? RETRY_LATER
        : RETRY_SOON);
  soup_message_headers_replace (headers, "Cache-Control", "no-store");
}

/* Whether the administrator has to do something about it. What a healthy
 * server answers while it starts, or because it was told to, is no failure. */
static gboolean
is_alarming (const GError *error)
{
  return !g_error_matches (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_NOT_READY) &&
         !g_error_matches (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_BUSY) &&
         !g_error_matches (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_READ_ONLY);
}

/* Lines of one kind that were written within a minute. */
typedef struct
{
  gint64 begin;
  guint n;
} Lines;

static gboolean
may_write (Lines *lines, guint max)
{
  gint64 now = g_get_monotonic_time ();

  if (lines->begin == 0 || now - lines->begin >= REPORT_INTERVAL)
    *lines = (Lines){ .begin = now };

  return lines->n++ < max;
}

/* Who is refused leaves no trace but this: nobody who may not shall make us
 * store anything. */
static void
report_refusal (const GError *error, const char *request_id)
{
  static Lines lines = { 0, 0 };

  if (may_write (&lines, REFUSALS_MAX))
    g_log_structured (G_LOG_DOMAIN,
                      G_LOG_LEVEL_MESSAGE,
                      "MESSAGE_ID",
                      LOFT_MESSAGE_REFUSED,
                      "MESSAGE",
                      "Request %s was refused: %s",
                      request_id,
                      error->message);
  else
    g_info ("Request %s was refused: %s", request_id, error->message);
}

/**
 * loft_problem_report:
 * @error: why a request failed
 * @request_id: the request's id
 *
 * Tells the journal of a failure of ours, and of who was refused; what else
 * clients do wrong is not worth a line beside that of the access log. A failure
 * that repeats itself is reported once a minute, and no more than a few others
 * beside it. Call it on the main thread,
 * once for each failed request.
 */
void
loft_problem_report (const GError *error, const char *request_id)
{
  static char *last_message = NULL;
  static gint64 last_time = 0;
  static Lines lines = { 0, 0 };

  g_return_if_fail (error != NULL);
  g_return_if_fail (request_id != NULL);

  SoupStatus status = loft_problem_get_status (error);
  if (status == SOUP_STATUS_UNAUTHORIZED || status == SOUP_STATUS_FORBIDDEN)
    report_refusal (error, request_id);
  if (!SOUP_STATUS_IS_SERVER_ERROR (status))
    return;

  gint64 now = g_get_monotonic_time ();
  gboolean repeated = g_strcmp0 (last_message, error->message) == 0 &&
                      now - last_time < REPORT_INTERVAL;
  if (!is_alarming (error) || repeated || !may_write (&lines, FAILURES_MAX))
    {
      g_info ("Request %s failed: %s", request_id, error->message);
      return;
    }

  g_free (last_message);
  last_message = g_strdup (error->message);
  last_time = now;
  if (g_error_matches (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_NO_SPACE))
    g_log_structured (G_LOG_DOMAIN,
                      G_LOG_LEVEL_WARNING,
                      "MESSAGE_ID",
                      LOFT_MESSAGE_NO_SPACE,
                      "MESSAGE",
                      "Request %s failed: %s",
                      request_id,
                      error->message);
  else
    g_warning ("Request %s failed: %s", request_id, error->message);
}
