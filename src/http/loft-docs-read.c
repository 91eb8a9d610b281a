/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-docs-read.h"

#include "http/loft-hot.h"
#include "http/loft-html-read.h"
#include "http/loft-representation.h"
#include "http/loft-response.h"
#include "registry/loft-registry-docs.h"

#include <string.h>

/*
 * Documentation of packages.
 *
 * A stranger's tool has written it, of a stranger's sources, and it is shown
 * under the registry's own name. So a browser is told to take it for a page of
 * nobody: an opaque origin, in which no script runs, no form is sent, nothing
 * is opened, nothing moves the page elsewhere, and from which nothing is
 * fetched but styles, pictures and fonts of this server. Scripts stay out
 * altogether: one could lead the page anywhere, and so reach the network in
 * spite of all that is forbidden to it.
 */
#define SECURITY_POLICY                                                        \
  "sandbox; default-src 'none'; style-src 'self' 'unsafe-inline'; img-src "    \
  "'self' data:; font-src 'self' data:; media-src 'self'; form-action "        \
  "'none'; base-uri 'none'; frame-ancestors 'none'"

/* What the original server has left there may be changed by hand. */
#define HAND_PAUSE G_TIME_SPAN_MINUTE

/* Everything else is to be saved, and not to be shown. Scripts are none here:
 * in the sandbox of these pages they don't run, and those of the registry may
 * run what has the type of one. */
static const struct
{
  const char *suffix;
  const char *media_type;
  gboolean is_text;
} types[] = {
  { ".html", LOFT_MEDIA_TYPE_HTML, TRUE },
  { ".htm", LOFT_MEDIA_TYPE_HTML, TRUE },
  { ".css", "text/css; charset=utf-8", TRUE },
  { ".json", "application/json", TRUE },
  { ".js", "text/plain; charset=utf-8", TRUE },
  { ".mjs", "text/plain; charset=utf-8", TRUE },
  { ".txt", "text/plain; charset=utf-8", TRUE },
  { ".md", "text/plain; charset=utf-8", TRUE },
  { ".lf", "text/plain; charset=utf-8", TRUE },
  { ".svg", "image/svg+xml", TRUE },
  { ".png", "image/png", FALSE },
  { ".jpg", "image/jpeg", FALSE },
  { ".jpeg", "image/jpeg", FALSE },
  { ".gif", "image/gif", FALSE },
  { ".webp", "image/webp", FALSE },
  { ".avif", "image/avif", FALSE },
  { ".ico", "image/x-icon", FALSE },
  { ".woff", "font/woff", FALSE },
  { ".woff2", "font/woff2", FALSE },
  { ".ttf", "font/ttf", FALSE },
  { ".otf", "font/otf", FALSE },
};

static const char *
find_type (const char *path, gboolean *out_is_text)
{
  const char *slash = strrchr (path, '/');
  const char *suffix = strrchr (slash != NULL ? slash : path, '.');

  *out_is_text = FALSE;
  for (gsize i = 0; suffix != NULL && i < G_N_ELEMENTS (types); i++)
    if (g_ascii_strcasecmp (types[i].suffix, suffix) == 0)
      {
        *out_is_text = types[i].is_text;
        return types[i].media_type;
      }

  return "application/octet-stream";
}

static void
send_elsewhere (LoftRequest *request, const char *location)
{
  SoupMessageHeaders *headers = loft_request_get_response_headers (request);
  g_autoptr (GBytes) body = g_bytes_new_static ("It is elsewhere.\n", 17);

  soup_message_headers_replace (headers, "Location", location);
  soup_message_headers_replace (headers, "Cache-Control", "public, no-cache");
  loft_response_send (request,
                      SOUP_STATUS_TEMPORARY_REDIRECT,
                      "text/plain",
                      body);
}

/* A folder's address ends in a slash, or what its pages link to would be
 * elsewhere. A query is of no concern to files. */
static void
send_to_folder (LoftRequest *request)
{
  GUri *uri = soup_server_message_get_uri (loft_request_get_message (request));
  const char *last = strrchr (g_uri_get_path (uri), '/');
  g_autofree char *location = g_strconcat ("./", last + 1, "/", NULL);

  send_elsewhere (request, location);
}

static gboolean
is_folder (LoftRequest *request)
{
  GUri *uri = soup_server_message_get_uri (loft_request_get_message (request));

  return g_str_has_suffix (g_uri_get_path (uri), "/");
}

static char *
make_path (LoftRequest *request)
{
  g_autofree char *joined =
    g_strjoinv ("/", (char **) loft_request_get_rest (request));

  return g_strconcat (joined,
                      *joined != '\0' && is_folder (request) ? "/" : "",
                      NULL);
}

static void
send_file (LoftRequest *request, GBytes *bytes)
{
  SoupMessageHeaders *headers = loft_request_get_response_headers (request);
  g_autofree char *path = make_path (request);
  gboolean is_text = FALSE;
  const char *media_type =
    find_type (is_folder (request) ? "index.html" : path, &is_text);

  soup_message_headers_replace (headers,
                                "Content-Security-Policy",
                                SECURITY_POLICY);
  soup_message_headers_replace (headers, "Referrer-Policy", "no-referrer");
  loft_hot_limit (request, g_get_real_time () + HAND_PAUSE);
  if (is_text)
    loft_representation_send (request, media_type, bytes, NULL);
  else
    loft_representation_send_as_it_is (request, media_type, bytes, NULL, FALSE);
}

static void
file_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftDocsAnswer) answer =
    loft_registry_docs_finish (LOFT_REGISTRY (source_object),
                               result,
                               &local_error);

  if (!loft_request_is_alive (request))
    return;
  if (answer == NULL)
    loft_response_send_problem (request, local_error);
  else if (answer->is_folder)
    send_to_folder (request);
  else
    send_file (request, answer->bytes);
}

static void
handle_file (LoftRequest *request)
{
  if (*loft_request_get_rest (request) == NULL && !is_folder (request))
    {
      send_to_folder (request);
      return;
    }

  g_autofree char *path = make_path (request);

  if (loft_request_get_view (request) == NULL)
    loft_hot_mark (request, loft_request_get_parameter (request, "name"));
  loft_request_pause (request);
  loft_registry_read_docs_async (
    loft_request_get_registry (request),
    loft_request_get_view (request),
    loft_request_get_parameter (request, "name"),
    loft_request_get_parameter (request, "version"),
    path,
    loft_request_get_cancellable (request),
    file_cb,
    g_object_ref (request));
}

static void
find_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftDocsAnswer) answer =
    loft_registry_docs_finish (LOFT_REGISTRY (source_object),
                               result,
                               &local_error);

  if (!loft_request_is_alive (request))
    return;
  if (answer == NULL)
    {
      loft_response_send_problem (request, local_error);
      return;
    }

  g_autoptr (LoftPagesPlace) place = loft_html_new_place (request);
  g_autofree char *version = g_uri_escape_string (answer->version, NULL, FALSE);
  g_autofree char *name =
    g_uri_escape_string (loft_request_get_parameter (request, "name"),
                         NULL,
                         FALSE);
  g_autofree char *location =
    g_strconcat (place->base, "pkg-docs/", name, "/", version, "/", NULL);

  send_elsewhere (request, location);
}

static void
find (LoftRequest *request, const char *version)
{
  loft_request_pause (request);
  loft_registry_find_docs_async (loft_request_get_registry (request),
                                 loft_request_get_view (request),
                                 loft_request_get_parameter (request, "name"),
                                 version,
                                 loft_request_get_cancellable (request),
                                 find_cb,
                                 g_object_ref (request));
}

static void
handle_newest (LoftRequest *request)
{
  find (request, NULL);
}

static void
handle_version (LoftRequest *request)
{
  find (request, loft_request_get_parameter (request, "version"));
}

const LoftEndpoint loft_read_docs = { .handle = handle_newest };
const LoftEndpoint loft_read_docs_version = { .handle = handle_version };
const LoftEndpoint loft_read_docs_file = { .handle = handle_file };
