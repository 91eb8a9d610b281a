/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-badge-read.h"

#include "http/loft-hot.h"
#include "http/loft-problem.h"
#include "http/loft-representation.h"
#include "http/loft-response.h"
#include "pages/loft-badge.h"
#include "registry/loft-news.h"
#include "registry/loft-version.h"

#include <string.h>

#define SUFFIX ".svg"

/* A picture, and nothing that it could load, show or do besides. */
#define SECURITY_POLICY "default-src 'none'; style-src 'none'; sandbox"

/* Sites that show it ask for it again and again. */
#define CACHE_SHORT "public, max-age=300"

static LoftBadgeColor
choose_color (const char *version)
{
  return *version == '0' || loft_version_is_prerelease (version)
           ? LOFT_BADGE_EARLY
           : LOFT_BADGE_GOOD;
}

static void
send_unknown (LoftRequest *request, const char *name)
{
  SoupMessageHeaders *headers = loft_request_get_response_headers (request);
  g_autoptr (GBytes) body =
    loft_badge_render (name, "unknown", LOFT_BADGE_GREY);

  soup_message_headers_replace (headers, "Cache-Control", CACHE_SHORT);
  loft_response_send (request,
                      SOUP_STATUS_NOT_FOUND,
                      LOFT_MEDIA_TYPE_SVG,
                      body);
}

static void
send_version (LoftRequest *request, const char *name, const char *version)
{
  g_autofree char *text =
    version != NULL ? g_strconcat ("v", version, NULL) : NULL;
  g_autoptr (GBytes) body =
    text != NULL ? loft_badge_render (name, text, choose_color (version))
                 : loft_badge_render (name, "yanked", LOFT_BADGE_GREY);

  loft_hot_mark (request, name);
  loft_representation_send_file (request,
                                 LOFT_MEDIA_TYPE_SVG,
                                 body,
                                 CACHE_SHORT);
}

static void
handle_badge (LoftRequest *request)
{
  const char *file = loft_request_get_parameter (request, "file");
  g_autofree char *name = g_str_has_suffix (file, SUFFIX)
                            ? g_strndup (file, strlen (file) - strlen (SUFFIX))
                            : NULL;
  g_autofree char *version = NULL;
  g_autoptr (GError) local_error = NULL;

  if (name == NULL)
    {
      g_set_error_literal (&local_error,
                           LOFT_HTTP_ERROR,
                           LOFT_HTTP_ERROR_NO_SUCH_PAGE,
                           "Nothing is served at this path");
      loft_response_send_problem (request, local_error);
      return;
    }

  gboolean found =
    loft_registry_find_newest (loft_request_get_registry (request),
                               name,
                               &version,
                               &local_error);
  if (!found && !g_error_matches (local_error,
                                  LOFT_REGISTRY_ERROR,
                                  LOFT_REGISTRY_ERROR_NO_SUCH_PACKAGE))
    {
      loft_response_send_problem (request, local_error);
      return;
    }

  soup_message_headers_replace (loft_request_get_response_headers (request),
                                "Content-Security-Policy",
                                SECURITY_POLICY);
  if (found)
    send_version (request, name, version);
  else
    send_unknown (request, name);
}

const LoftEndpoint loft_read_badge = { .handle = handle_badge };
