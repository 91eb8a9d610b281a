/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-gate-refusal.h"

#include <string.h>

/* What the gate itself may answer; each ends the connection. */
static const struct
{
  guint status;
  const char *phrase;
} phrases[] = {
  { 400, "Bad Request" },         { 408, "Request Timeout" },
  { 411, "Length Required" },     { 414, "URI Too Long" },
  { 417, "Expectation Failed" },  { 431, "Request Header Fields Too Large" },
  { 503, "Service Unavailable" }, { 505, "HTTP Version Not Supported" },
};

static const char *
find_phrase (guint status)
{
  for (gsize i = 0; i < G_N_ELEMENTS (phrases); i++)
    if (phrases[i].status == status)
      return phrases[i].phrase;

  return "Refused";
}

/**
 * loft_gate_refusal_render:
 * @status: the status
 * @reason: why, as a sentence that needs no escaping
 * @date: the date of this moment
 * @id: the request's id
 *
 * Writes the answer to a request that is not worth more: a problem (RFC 9457)
 * with its detail first, after which the connection is closed.
 *
 * Returns: (transfer full): head and body
 */
GBytes *
loft_gate_refusal_render (guint status,
                          const char *reason,
                          const char *date,
                          const char *id)
{
  const char *phrase = find_phrase (status);

  g_autofree char *body =
    g_strdup_printf ("{\"detail\":\"%s\",\"title\":\"%s\","
                     "\"status\":%u,\"request_id\":\"%s\"}",
                     reason,
                     phrase,
                     status,
                     id);
  char *text = g_strdup_printf ("HTTP/1.1 %u %s\r\n"
                                "Date: %s\r\n"
                                "Content-Type: application/problem+json\r\n"
                                "Content-Length: %" G_GSIZE_FORMAT "\r\n"
                                "Cache-Control: no-store\r\n"
                                "X-Request-Id: %s\r\n"
                                "X-Content-Type-Options: nosniff\r\n"
                                "%s"
                                "Connection: close\r\n"
                                "\r\n"
                                "%s",
                                status,
                                phrase,
                                date,
                                strlen (body),
                                id,
                                status == 503 ? "Retry-After: 1\r\n" : "",
                                body);

  return g_bytes_new_take (text, strlen (text));
}
