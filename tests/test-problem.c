/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-problem.h"
#include "kit/log-kit.h"
#include "registry/loft-json.h"
#include "registry/loft-registry-error.h"

#include <string.h>

static char *
render (const GError *error)
{
  g_autoptr (GBytes) body = loft_problem_render (error, "some-id");
  gsize size = 0;
  const char *text = g_bytes_get_data (body, &size);

  return g_strndup (text, size);
}

static JsonNode *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  JsonNode *json = loft_json_parse (text, strlen (text), &error);

  g_assert_no_error (error);

  return json;
}

/* Each failure has its status. */
static void
test_status (void)
{
  static const struct
  {
    LoftRegistryError code;
    guint status;
  } rows[] = {
    { LOFT_REGISTRY_ERROR_MALFORMED, 400 },
    { LOFT_REGISTRY_ERROR_TOKEN_NEEDED, 401 },
    { LOFT_REGISTRY_ERROR_FORBIDDEN, 403 },
    { LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE, 404 },
    { LOFT_REGISTRY_ERROR_NO_SUCH_VERSION, 404 },
    { LOFT_REGISTRY_ERROR_NOT_FOUND, 404 },
    { LOFT_REGISTRY_ERROR_EXISTS, 409 },
    { LOFT_REGISTRY_ERROR_TOO_LARGE, 413 },
    { LOFT_REGISTRY_ERROR_RULES, 422 },
    { LOFT_REGISTRY_ERROR_FAILED, 500 },
    { LOFT_REGISTRY_ERROR_CORRUPT, 500 },
    { LOFT_REGISTRY_ERROR_NOT_READY, 503 },
    { LOFT_REGISTRY_ERROR_BUSY, 503 },
    { LOFT_REGISTRY_ERROR_READ_ONLY, 503 },
    { LOFT_REGISTRY_ERROR_UNAVAILABLE, 503 },
    { LOFT_REGISTRY_ERROR_NO_SPACE, 507 },
  };
  g_autoptr (GError) other =
    g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "x");

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error =
        g_error_new_literal (LOFT_REGISTRY_ERROR, (int) rows[i].code, "x");

      g_assert_cmpuint (loft_problem_get_status (error), ==, rows[i].status);
    }
  g_assert_cmpuint (loft_problem_get_status (other), ==, 500);
}

/* The sentence comes first, since a client may print the body as it is. */
static void
test_body (void)
{
  g_autoptr (GError) error = g_error_new_literal (LOFT_HTTP_ERROR,
                                                  LOFT_HTTP_ERROR_MEDIA_TYPE,
                                                  "A \"quoted\" \xff sentence");
  g_autofree char *text = render (error);
  g_autoptr (JsonNode) json = parse (text);
  JsonObject *object = json_node_get_object (json);

  g_assert_true (g_str_has_prefix (text, "{\"detail\":\"A \\\"quoted\\\""));
  g_assert_cmpint (loft_json_get_int (object, "status", 0), ==, 415);
  g_assert_cmpstr (loft_json_get_string (object, "title"),
                   ==,
                   "Unsupported Media Type");
  g_assert_cmpstr (loft_json_get_string (object, "request_id"), ==, "some-id");
  g_assert_null (loft_json_get_array (object, "errors"));
}

/* Every broken rule is told, with what broke it. */
static void
test_findings (void)
{
  g_autoptr (LoftFindings) findings = loft_findings_new ();
  g_autoptr (GError) error = NULL;

  loft_findings_add (findings, "path-escape", "../x", "No member may escape");
  loft_findings_add (findings, "manifest", NULL, "There is no manifest");
  g_assert_false (loft_findings_to_error (findings, &error));

  g_autofree char *text = render (error);
  g_autoptr (JsonNode) json = parse (text);
  JsonObject *object = json_node_get_object (json);
  JsonArray *errors = loft_json_get_array (object, "errors");
  g_assert_cmpint (loft_json_get_int (object, "status", 0), ==, 422);
  g_assert_cmpuint (json_array_get_length (errors), ==, 2);

  JsonObject *first = json_array_get_object_element (errors, 0);
  g_assert_cmpstr (loft_json_get_string (first, "detail"),
                   ==,
                   "No member may escape");
  g_assert_cmpstr (loft_json_get_string (first, "rule"), ==, "path-escape");
  g_assert_cmpstr (loft_json_get_string (first, "subject"), ==, "../x");
  g_assert_true (
    json_object_get_null_member (json_array_get_object_element (errors, 1),
                                 "subject"));
}

/* What broke on our side is nobody's business. */
static void
test_discretion (void)
{
  static const LoftRegistryError codes[] = {
    LOFT_REGISTRY_ERROR_FAILED,      LOFT_REGISTRY_ERROR_CORRUPT,
    LOFT_REGISTRY_ERROR_UNAVAILABLE, LOFT_REGISTRY_ERROR_NO_SPACE,
    LOFT_REGISTRY_ERROR_READ_ONLY,   LOFT_REGISTRY_ERROR_NOT_READY,
    LOFT_REGISTRY_ERROR_BUSY,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      g_autoptr (GError) error =
        g_error_new_literal (LOFT_REGISTRY_ERROR,
                             (int) codes[i],
                             "Could not open /srv/secret: Permission denied");
      g_autofree char *text = render (error);

      g_assert_null (strstr (text, "secret"));
      g_assert_null (strstr (text, "ermission"));
    }
}

/* Who is told to come back is told why. */
static void
test_reasons (void)
{
  static const struct
  {
    LoftRegistryError code;
    const char *reason;
  } rows[] = {
    { LOFT_REGISTRY_ERROR_NOT_READY, "is still reading its storage" },
    { LOFT_REGISTRY_ERROR_BUSY, "Too many ask this registry for the same" },
    { LOFT_REGISTRY_ERROR_UNAVAILABLE, "does not answer" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error =
        g_error_new_literal (LOFT_REGISTRY_ERROR, (int) rows[i].code, "x");
      g_autofree char *text = render (error);

      g_assert_nonnull (strstr (text, rows[i].reason));
    }
}

/* Some statuses want a header beside them. */
static void
test_headers (void)
{
  g_autoptr (GError) token =
    g_error_new_literal (LOFT_REGISTRY_ERROR,
                         LOFT_REGISTRY_ERROR_TOKEN_NEEDED,
                         "x");
  g_autoptr (GError) busy = g_error_new_literal (LOFT_REGISTRY_ERROR,
                                                 LOFT_REGISTRY_ERROR_NOT_READY,
                                                 "x");
  SoupMessageHeaders *headers =
    soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);

  loft_problem_add_headers (token, headers);
  g_assert_cmpstr (soup_message_headers_get_one (headers, "WWW-Authenticate"),
                   ==,
                   "Bearer");
  g_assert_null (soup_message_headers_get_one (headers, "Retry-After"));
  loft_problem_add_headers (busy, headers);
  g_assert_nonnull (soup_message_headers_get_one (headers, "Retry-After"));
  soup_message_headers_unref (headers);
}

/* A full disk is told of, but not by a line for each of those who publish. */
static void
test_report (void)
{
  for (guint i = 0; i < 20; i++)
    log_kit_expect (G_LOG_LEVEL_WARNING, "Request id failed: No space for *");

  for (guint i = 0; i < 1000; i++)
    {
      g_autoptr (GError) error = g_error_new (LOFT_REGISTRY_ERROR,
                                              LOFT_REGISTRY_ERROR_NO_SPACE,
                                              "No space for %u",
                                              i / 2);

      loft_problem_report (error, "id");
    }
  log_kit_check ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  log_kit_init ();

  g_test_add_func ("/problem/status", test_status);
  g_test_add_func ("/problem/body", test_body);
  g_test_add_func ("/problem/findings", test_findings);
  g_test_add_func ("/problem/discretion", test_discretion);
  g_test_add_func ("/problem/reasons", test_reasons);
  g_test_add_func ("/problem/headers", test_headers);
  g_test_add_func ("/problem/report", test_report);

  return g_test_run ();
}
