/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-security.h"

#include "http/loft-problem.h"
#include "http/loft-representation.h"
#include "http/loft-response.h"

/* Whom to tell of a hole in the registry (RFC 9116). */

#define PATH "/.well-known/security.txt"

/* The file must say until when it is good, for less than a year. Each day it is
 * another one, so it is not kept ready. */
#define DAYS 180

static char *
format_end (void)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autoptr (GDateTime) end = g_date_time_add_days (now, DAYS);

  return g_date_time_format (end, "%Y-%m-%dT00:00:00Z");
}

static void
handle_security (LoftRequest *request)
{
  const LoftHttpSettings *settings =
    &loft_request_get_shared (request)->settings;
  const char *url = settings->public_url;

  if (settings->security_contact == NULL)
    {
      g_autoptr (GError) local_error =
        g_error_new_literal (LOFT_HTTP_ERROR,
                             LOFT_HTTP_ERROR_NO_SUCH_PAGE,
                             "Nothing is served at this path");

      loft_response_send_problem (request, local_error);
      return;
    }

  GString *text = g_string_new (NULL);
  g_autofree char *end = format_end ();

  g_string_append_printf (text, "Contact: %s\n", settings->security_contact);
  g_string_append_printf (text, "Expires: %s\n", end);
  if (settings->security_policy != NULL)
    g_string_append_printf (text, "Policy: %s\n", settings->security_policy);

  /* No other scheme may stand there. */
  if (url != NULL && g_str_has_prefix (url, "https://"))
    g_string_append_printf (text, "Canonical: %s" PATH "\n", url);

  g_autoptr (GBytes) body = g_string_free_to_bytes (text);
  loft_representation_send (request, LOFT_MEDIA_TYPE_TEXT, body, NULL);
}

const LoftEndpoint loft_read_security = { .handle = handle_security };
