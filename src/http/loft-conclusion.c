/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-conclusion.h"

/*
 * Why an early answer is a matter of its own: libsoup answers a request only
 * after the last byte of its body, and after a refusal that was written in
 * place of a 100 it takes a body that comes nevertheless for the next request.
 * So the connection is taken away from it, and the gate ends it.
 */

/* What to write was put on the message as if libsoup would do it. */
static GBytes *
serialise_answer (SoupServerMessage *message)
{
  SoupMessageHeaders *headers =
    soup_server_message_get_response_headers (message);
  SoupMessageBody *body = soup_server_message_get_response_body (message);
  GString *answer = g_string_new (NULL);
  SoupMessageHeadersIter iter;
  const char *name = NULL;
  const char *value = NULL;

  g_string_printf (answer,
                   "HTTP/1.1 %u %s\r\n",
                   soup_server_message_get_status (message),
                   soup_server_message_get_reason_phrase (message));
  soup_message_headers_replace (headers, "Connection", "close");
  soup_message_headers_iter_init (&iter, headers);
  while (soup_message_headers_iter_next (&iter, &name, &value))
    g_string_append_printf (answer, "%s: %s\r\n", name, value);
  g_string_append (answer, "\r\n");

  for (goffset offset = 0; offset < body->length;)
    {
      g_autoptr (GBytes) chunk = soup_message_body_get_chunk (body, offset);
      gsize size = 0;
      const char *data = g_bytes_get_data (chunk, &size);

      g_string_append_len (answer, data, (gssize) size);
      offset += (goffset) size;
    }

  return g_string_free_to_bytes (answer);
}

/**
 * loft_conclusion_send:
 * @request: a request that was answered before its body was read
 *
 * Takes the connection away from libsoup, and lets the gate send the answer and
 * close the connection when the client has had the chance to read it. The
 * request ends with that.
 */
void
loft_conclusion_send (LoftRequest *request)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));
  g_return_if_fail (loft_request_is_alive (request));

  SoupServerMessage *message = loft_request_get_message (request);
  g_autoptr (LoftRequest) held = g_object_ref (request);
  g_autoptr (GBytes) answer = serialise_answer (message);
  g_autoptr (GIOStream) stolen = soup_server_message_steal_connection (message);

  loft_gate_stream_conclude (loft_request_get_stream (request), answer);
  loft_request_end (request, FALSE);
}
