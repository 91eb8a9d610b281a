/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-files-read.h"

#include "http/loft-hot.h"
#include "http/loft-html-read.h"
#include "http/loft-problem.h"
#include "http/loft-representation.h"
#include "http/loft-response.h"
#include "registry/loft-description.h"
#include "registry/loft-json.h"
#include "registry/loft-registry-files.h"

#include <string.h>

/*
 * Files of packages: the list of them, each one on a page, and each one as it
 * is. A browser that opens the last takes it for a page of nobody, which loads
 * nothing and does nothing; what is no picture is to be saved, and so are
 * pictures that could have scripts, which pages show all the same.
 */
#define SECURITY_POLICY "default-src 'none'; sandbox"

#define MEDIA_TYPE_SVG "image/svg+xml"

/* Of a text only so much is shown. */
#define SHOWN_MAX (1024 * 1024)

static const struct
{
  const char *suffix;
  const char *media_type;
} images[] = {
  { ".png", "image/png" },    { ".jpg", "image/jpeg" },
  { ".jpeg", "image/jpeg" },  { ".gif", "image/gif" },
  { ".webp", "image/webp" },  { ".avif", "image/avif" },
  { ".svg", MEDIA_TYPE_SVG },
};

static const char *
find_image_type (const char *path)
{
  const char *suffix = strrchr (path, '.');

  for (gsize i = 0; suffix != NULL && i < G_N_ELEMENTS (images); i++)
    if (g_ascii_strcasecmp (images[i].suffix, suffix) == 0)
      return images[i].media_type;

  return NULL;
}

/* What a page is made of, in a thread. */
typedef struct
{
  LoftPagesPlace *place; /* owned */
  char *name;            /* owned */
  char *after;           /* owned, nullable */
  LoftFile *file;        /* owned, nullable */
  JsonNode *version;     /* owned, nullable */
} Page;

static Page *
page_new (LoftRequest *request)
{
  Page *page = g_new0 (Page, 1);

  page->place = loft_html_new_place (request);
  page->name = g_strdup (loft_request_get_parameter (request, "name"));
  page->after = g_strdup (loft_request_get_query (request, "after"));

  return page;
}

static void
page_free (Page *page)
{
  loft_html_free_place (page->place);
  g_free (page->name);
  g_free (page->after);
  g_clear_pointer (&page->file, loft_file_free);
  g_clear_pointer (&page->version, json_node_unref);
  g_free (page);
}

static LoftHtml *
render_page (gconstpointer facts)
{
  const Page *page = facts;

  if (page->file == NULL)
    return loft_pages_render_files (page->place, page->version, page->after);

  const LoftPagesFile file = {
    .name = page->name,
    .version = page->file->version,
    .path = page->file->path,
    .bytes = page->file->bytes,
    .size = page->file->size,
    .is_image = find_image_type (page->file->path) != NULL,
  };

  return loft_pages_render_file (page->place, &file);
}

static char *
make_page_digest (const LoftPagesPlace *place,
                  const char *name,
                  const LoftFile *file)
{
  g_autofree char *content =
    g_strconcat (name, "/", file->version, "/", file->digest, NULL);

  return loft_pages_make_digest (place, content);
}

/* The page of a file says nothing that time changes. */
static void
send_page (LoftRequest *request, LoftHtml *html, gconstpointer facts)
{
  const Page *page = facts;
  const LoftFile *file = page->file;
  g_autofree char *digest = file != NULL && file->digest != NULL
                              ? make_page_digest (page->place, page->name, file)
                              : NULL;

  if (file == NULL)
    loft_html_send (request, html, NULL);
  else
    loft_html_send_lasting (request, html, digest);
}

/* Takes the page. */
static void
render_later (LoftRequest *request, Page *page)
{
  loft_html_render (request,
                    render_page,
                    send_page,
                    page,
                    (GDestroyNotify) page_free);
}

static void
send_list (LoftRequest *request, JsonNode *version)
{
  JsonArray *files =
    loft_json_get_array (json_node_get_object (version), "files");
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_ARRAY);

  if (files != NULL)
    json_node_set_array (root, files);
  else
    json_node_take_array (root, json_array_new ());

  g_autoptr (GBytes) body = loft_json_to_bytes (root);
  loft_representation_send (request, LOFT_MEDIA_TYPE_JSON, body, NULL);
}

static void
describe_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftDescription) description =
    loft_registry_describe_finish (LOFT_REGISTRY (source_object),
                                   result,
                                   &local_error);

  if (!loft_request_is_alive (request))
    return;
  if (description == NULL)
    loft_response_send_problem (request, local_error);
  else if (loft_html_is_wanted (request))
    {
      Page *page = page_new (request);

      page->version = json_node_ref (description->version);
      render_later (request, page);
    }
  else
    send_list (request, description->version);
}

static void
handle_files (LoftRequest *request)
{
  loft_hot_mark (request, loft_request_get_parameter (request, "name"));
  loft_request_pause (request);
  loft_registry_describe_async (loft_request_get_registry (request),
                                loft_request_get_view (request),
                                loft_request_get_parameter (request, "name"),
                                loft_request_get_parameter (request, "version"),
                                1,
                                loft_request_get_cancellable (request),
                                describe_cb,
                                g_object_ref (request));
}

static void
send_about (LoftRequest *request, const LoftFile *file)
{
  g_autoptr (JsonBuilder) builder = json_builder_new_immutable ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "path");
  json_builder_add_string_value (builder, file->path);
  json_builder_set_member_name (builder, "size");
  json_builder_add_int_value (builder, (gint64) file->size);
  json_builder_end_object (builder);

  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  g_autoptr (GBytes) body = loft_json_to_bytes (root);
  loft_representation_send (request, LOFT_MEDIA_TYPE_JSON, body, file->digest);
}

static void
file_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftFile) file =
    loft_registry_read_file_finish (LOFT_REGISTRY (source_object),
                                    result,
                                    &local_error);

  if (!loft_request_is_alive (request))
    return;
  if (file == NULL)
    loft_response_send_problem (request, local_error);
  else if (loft_html_is_wanted (request))
    {
      Page *page = page_new (request);

      page->file = g_steal_pointer (&file);
      render_later (request, page);
    }
  else
    send_about (request, file);
}

static const char *
get_raw_type (const char *path)
{
  const char *media_type = find_image_type (path);

  return media_type != NULL ? media_type : "application/octet-stream";
}

static void
add_raw_headers (LoftRequest *request, const char *path)
{
  SoupMessageHeaders *headers = loft_request_get_response_headers (request);
  const char *media_type = find_image_type (path);
  const char *slash = strrchr (path, '/');

  soup_message_headers_replace (headers,
                                "Content-Security-Policy",
                                SECURITY_POLICY);
  soup_message_headers_replace (headers, "Referrer-Policy", "no-referrer");
  if (media_type == NULL || g_str_equal (media_type, MEDIA_TYPE_SVG))
    {
      g_autofree char *disposition = loft_representation_format_disposition (
        slash != NULL ? slash + 1 : path);

      soup_message_headers_replace (headers,
                                    "Content-Disposition",
                                    disposition);
    }
}

static void
raw_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftFile) file =
    loft_registry_read_file_finish (LOFT_REGISTRY (source_object),
                                    result,
                                    &local_error);

  if (!loft_request_is_alive (request))
    return;
  if (file != NULL && file->size > LOFT_PAGES_RAW_MAX)
    local_error = g_error_new_literal (
      LOFT_REGISTRY_ERROR,
      LOFT_REGISTRY_ERROR_TOO_LARGE,
      "This file is only to be had with the whole tarball");
  if (local_error != NULL)
    {
      loft_response_send_problem (request, local_error);
      return;
    }

  add_raw_headers (request, file->path);
  loft_representation_send_as_it_is (request,
                                     get_raw_type (file->path),
                                     file->bytes,
                                     file->digest,
                                     TRUE);
}

/* What is wanted of a file. */
typedef enum
{
  WANTED_ABOUT,
  WANTED_PAGE,
  WANTED_RAW,
} Wanted;

static Wanted
find_wanted (LoftRequest *request)
{
  if (loft_request_get_endpoint (request) == &loft_read_raw_file)
    return WANTED_RAW;

  return loft_html_is_wanted (request) ? WANTED_PAGE : WANTED_ABOUT;
}

static void
ask (LoftRequest *request)
{
  static const gsize lengths[] = { 0, SHOWN_MAX, LOFT_PAGES_RAW_MAX };
  Wanted wanted = find_wanted (request);
  g_autofree char *path =
    g_strjoinv ("/", (char **) loft_request_get_rest (request));

  loft_registry_read_file_async (
    loft_request_get_registry (request),
    loft_request_get_view (request),
    loft_request_get_parameter (request, "name"),
    loft_request_get_parameter (request, "version"),
    path,
    lengths[wanted],
    loft_request_get_cancellable (request),
    wanted == WANTED_RAW ? raw_cb : file_cb,
    g_object_ref (request));
}

static char *
make_wanted_digest (LoftRequest *request, const LoftFile *file, Wanted wanted)
{
  const char *name = loft_request_get_parameter (request, "name");
  g_autoptr (LoftPagesPlace) place = loft_html_new_place (request);

  if (wanted != WANTED_PAGE || file->digest == NULL)
    return g_strdup (file->digest);

  return make_page_digest (place, name, file);
}

/* Tells who has it already, which takes no look into the tarball. */
static gboolean
send_known (LoftRequest *request, const LoftFile *file)
{
  Wanted wanted = find_wanted (request);
  const char *const types[] = { LOFT_MEDIA_TYPE_JSON,
                                LOFT_MEDIA_TYPE_HTML,
                                get_raw_type (file->path) };
  g_autofree char *digest = make_wanted_digest (request, file, wanted);
  g_autofree char *etag =
    loft_representation_find_known (request, types[wanted], digest);

  if (etag == NULL)
    return FALSE;
  if (wanted == WANTED_RAW)
    add_raw_headers (request, file->path);
  if (wanted == WANTED_PAGE)
    loft_html_add_page_headers (request);
  loft_representation_send_known (request,
                                  types[wanted],
                                  etag,
                                  wanted == WANTED_RAW);

  return TRUE;
}

static void
find_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftFile) file =
    loft_registry_read_file_finish (LOFT_REGISTRY (source_object),
                                    result,
                                    &local_error);

  if (!loft_request_is_alive (request))
    return;
  if (file == NULL)
    loft_response_send_problem (request, local_error);
  else if (!send_known (request, file))
    ask (request);
}

static void
handle_file (LoftRequest *request)
{
  loft_hot_mark (request, loft_request_get_parameter (request, "name"));
  loft_request_pause (request);
  if (loft_request_get_header (request, "If-None-Match") == NULL ||
      loft_request_get_header (request, "If-Match") != NULL)
    {
      ask (request);
      return;
    }

  g_autofree char *path =
    g_strjoinv ("/", (char **) loft_request_get_rest (request));
  loft_registry_find_file_async (
    loft_request_get_registry (request),
    loft_request_get_view (request),
    loft_request_get_parameter (request, "name"),
    loft_request_get_parameter (request, "version"),
    path,
    loft_request_get_cancellable (request),
    find_cb,
    g_object_ref (request));
}

const LoftEndpoint loft_read_files = { .handle = handle_files };
const LoftEndpoint loft_read_file = { .handle = handle_file };
const LoftEndpoint loft_read_raw_file = { .handle = handle_file };
