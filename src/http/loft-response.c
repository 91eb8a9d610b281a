/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-response.h"

#include "http/loft-html-read.h"
#include "http/loft-limit.h"
#include "http/loft-problem.h"
#include "http/loft-representation.h"

/* A body is handed to libsoup in slices of this size, none of which is copied:
 * so one write is never long, however fast the client reads. */
#define SLICE_SIZE (256 * 1024)

#define EXPOSED_HEADERS                                                        \
  "Accept-Ranges, Content-Disposition, Content-Range, ETag, Link, "            \
  "RateLimit, RateLimit-Policy, Repr-Digest, Retry-After, X-Request-Id"

static void
wrote_body_data_cb (SoupServerMessage *message, guint size, gpointer user_data)
{
  loft_request_add_sent (LOFT_REQUEST (user_data), size);
}

/* While it writes a 204 libsoup forgets that it has no body, and would then end
 * the connection to end that body. */
static void
wrote_headers_cb (SoupServerMessage *message, gpointer user_data)
{
  soup_message_headers_set_encoding (
    soup_server_message_get_response_headers (message),
    SOUP_ENCODING_NONE);
}

static void
append_slices (SoupMessageBody *target, GBytes *body)
{
  gsize size = g_bytes_get_size (body);

  for (gsize offset = 0; offset < size; offset += SLICE_SIZE)
    {
      g_autoptr (GBytes) slice =
        g_bytes_new_from_bytes (body, offset, MIN (SLICE_SIZE, size - offset));

      soup_message_body_append_bytes (target, slice);
    }
}

static void
set_body (LoftRequest *request,
          SoupServerMessage *message,
          GBytes *body,
          goffset length)
{
  SoupMessageBody *target = soup_server_message_get_response_body (message);

  soup_message_headers_set_content_length (
    soup_server_message_get_response_headers (message),
    length);

  /* With this set libsoup keeps nothing of what it has sent, and leaves Range
   * alone, which it would answer with as many copies as were asked for. */
  soup_message_body_set_accumulate (target, FALSE);
  if (length == 0 || body == NULL ||
      soup_server_message_get_method (message) == SOUP_METHOD_HEAD)
    return;

  append_slices (target, body);
  if (length > SLICE_SIZE)
    g_signal_connect_object (message,
                             "wrote-body-data",
                             G_CALLBACK (wrote_body_data_cb),
                             request,
                             0);
  else
    loft_request_add_sent (request, (gsize) length);
}

/* All of this belongs to the answer itself, after a 100 too, with which libsoup
 * forgets the headers that it has set at first. */
/* What the storage may know better by now. */
static void
add_age (LoftRequest *request, SoupMessageHeaders *headers)
{
  guint age = loft_registry_get_age (loft_request_get_registry (request));
  g_autofree char *text = g_strdup_printf ("%u", age);

  if (age > 0)
    soup_message_headers_replace (headers, "Age", text);
}

static void
add_common_headers (LoftRequest *request, SoupMessageHeaders *headers)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *date = soup_date_time_to_string (now, SOUP_DATE_HTTP);

  soup_message_headers_replace (headers, "Date", date);
  soup_message_headers_replace (headers,
                                "X-Request-Id",
                                loft_request_get_id (request));
  soup_message_headers_replace (headers, "X-Content-Type-Options", "nosniff");
  if (loft_request_is_read (request))
    {
      add_age (request, headers);
      soup_message_headers_replace (headers,
                                    "Access-Control-Allow-Origin",
                                    "*");
      soup_message_headers_replace (headers,
                                    "Access-Control-Expose-Headers",
                                    EXPOSED_HEADERS);
    }
  else
    soup_message_headers_replace (headers, "Cache-Control", "no-store");
  /* Who is not told may send the next request before seeing the end. */
  if (loft_request_get_shared (request)->stopping ||
      soup_message_headers_header_contains (
        soup_server_message_get_request_headers (
          loft_request_get_message (request)),
        "Connection",
        "close"))
    soup_message_headers_replace (headers, "Connection", "close");
}

/**
 * loft_response_begin:
 * @request: a request
 * @status: the answer's status
 * @media_type: (nullable): type of the body
 * @first: (nullable): the bytes with which the body begins, none of which is
 *   copied
 * @length: how many bytes the body has, if it has a type
 *
 * Answers a request, if it is still alive. Further headers are set before.
 * Where there are more bytes than in @first, they are for the caller to add.
 */
void
loft_response_begin (LoftRequest *request,
                     SoupStatus status,
                     const char *media_type,
                     GBytes *first,
                     goffset length)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));
  g_return_if_fail (media_type != NULL || first == NULL);

  if (!loft_request_is_alive (request))
    return;

  SoupServerMessage *message = loft_request_get_message (request);
  SoupMessageHeaders *headers = loft_request_get_response_headers (request);

  add_common_headers (request, headers);
  loft_limit_add_headers (request, headers);
  if (media_type != NULL)
    {
      soup_message_headers_replace (headers, "Content-Type", media_type);
      set_body (request, message, first, length);
    }
  else
    {
      soup_message_headers_set_encoding (headers, SOUP_ENCODING_NONE);
      g_signal_connect_object (message,
                               "wrote-headers",
                               G_CALLBACK (wrote_headers_cb),
                               request,
                               0);
    }

  soup_server_message_set_status (message,
                                  status,
                                  loft_problem_get_phrase (status));
  loft_request_answered (request, status);
  loft_request_resume (request);
}

/**
 * loft_response_send:
 * @request: a request
 * @status: the answer's status
 * @media_type: (nullable): type of @body
 * @body: (nullable): the body, no byte of which is copied; %NULL where the
 *   status knows none
 *
 * Answers a request, if it is still alive. Further headers are set before.
 */
void
loft_response_send (LoftRequest *request,
                    SoupStatus status,
                    const char *media_type,
                    GBytes *body)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));
  g_return_if_fail (media_type != NULL || body == NULL);

  loft_response_begin (request,
                       status,
                       body != NULL ? media_type : NULL,
                       body,
                       body != NULL ? (goffset) g_bytes_get_size (body) : 0);
}

/* Who reads a page is shown one in its place. Takes the body. */
static GBytes *
make_page (LoftRequest *request, GBytes *problem, LoftPagesProblem kind)
{
  g_autoptr (GBytes) owned = problem;
  g_autoptr (LoftPagesPlace) place = loft_html_new_place (request);
  g_autoptr (LoftHtml) html = loft_pages_render_problem (place, owned, kind);

  loft_html_add_page_headers (request);
  soup_message_headers_replace (loft_request_get_response_headers (request),
                                "Vary",
                                "Accept, Accept-Language");

  return loft_html_to_bytes (html);
}

/**
 * loft_response_send_problem:
 * @request: a request
 * @error: why it failed
 *
 * Answers a request, if it is still alive, with what stands for a failure.
 * Failures of ours are logged here.
 */
void
loft_response_send_problem (LoftRequest *request, const GError *error)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));
  g_return_if_fail (error != NULL);

  if (!loft_request_is_alive (request))
    return;

  const char *id = loft_request_get_id (request);
  gboolean html =
    loft_request_is_read (request) && loft_html_is_wanted (request);
  g_autoptr (GBytes) body = loft_problem_render (error, id);

  if (html)
    body = make_page (request,
                      g_steal_pointer (&body),
                      loft_problem_get_kind (error));
  loft_problem_report (error, id);
  if (loft_problem_get_status (error) == SOUP_STATUS_UNAUTHORIZED)
    loft_limit_count_failure (request);
  loft_problem_add_headers (error, loft_request_get_response_headers (request));
  loft_response_send (request,
                      loft_problem_get_status (error),
                      html ? LOFT_MEDIA_TYPE_HTML : LOFT_PROBLEM_MEDIA_TYPE,
                      body);
}
