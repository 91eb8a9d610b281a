/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-diff-read.h"

#include "http/loft-hot.h"
#include "http/loft-html-read.h"
#include "http/loft-link.h"
#include "http/loft-representation.h"
#include "http/loft-response.h"
#include "registry/loft-json.h"
#include "registry/loft-registry-diff.h"
#include "registry/loft-version.h"

/* What differs between two versions of a package. */

/* For so long nobody tries again what took too long. */
#define PARTIAL_TIME (10 * G_TIME_SPAN_MINUTE)

/* What a page is made of, in a thread. */
typedef struct
{
  LoftPagesPlace *place; /* owned */
  LoftDiff *diff;        /* owned */
  char *next;            /* owned, nullable */
  gboolean is_further;
} Page;

static void
page_free (Page *page)
{
  loft_html_free_place (page->place);
  loft_diff_free (page->diff);
  g_free (page->next);
  g_free (page);
}

static LoftHtml *
render_page (gconstpointer facts)
{
  const Page *page = facts;

  return loft_pages_render_diff (page->place,
                                 page->diff->root,
                                 page->is_further,
                                 page->next);
}

/* NULL where only what differs tells it from all else. */
static char *
make_page_digest (const LoftPagesPlace *place, const LoftDiff *diff)
{
  return diff->digest != NULL ? loft_pages_make_digest (place, diff->digest)
                              : NULL;
}

static void
send_page (LoftRequest *request, LoftHtml *html, gconstpointer facts)
{
  const Page *page = facts;
  g_autofree char *digest = make_page_digest (page->place, page->diff);

  loft_html_send_lasting (request, html, digest);
}

/* Takes what differs. */
static void
render_later (LoftRequest *request, LoftDiff *diff)
{
  Page *page = g_new0 (Page, 1);

  page->place = loft_html_new_place (request);
  page->diff = diff;
  page->is_further = loft_request_get_query (request, "after") != NULL;
  if (diff->next != NULL)
    page->next = loft_link_format_next (request, "after", diff->next);
  loft_html_render (request,
                    render_page,
                    send_page,
                    page,
                    (GDestroyNotify) page_free);
}

static void
diff_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftDiff) diff =
    loft_registry_diff_finish (LOFT_REGISTRY (source_object),
                               result,
                               &local_error);

  if (!loft_request_is_alive (request))
    return;
  loft_request_set_hurry (request, NULL);
  if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_clear_error (&local_error);
      local_error = g_error_new_literal (LOFT_REGISTRY_ERROR,
                                         LOFT_REGISTRY_ERROR_BUSY,
                                         "The comparison was given up");
    }
  if (diff == NULL)
    {
      loft_response_send_problem (request, local_error);
      return;
    }

  if (diff->is_partial)
    loft_hot_limit (request, g_get_real_time () + PARTIAL_TIME);
  loft_link_add_next (request, "after", diff->next);
  if (loft_html_is_wanted (request))
    {
      render_later (request, g_steal_pointer (&diff));
      return;
    }

  g_autoptr (GBytes) body = loft_json_to_bytes (diff->root);
  loft_representation_send (request, LOFT_MEDIA_TYPE_JSON, body, diff->digest);
}

/* Nobody compares for a client that has left. */
static void
give_up (LoftRequest *request)
{
  g_cancellable_cancel (loft_request_get_cancellable (request));
}

/* Asks for what differs, or only for what that is told by. */
static void
ask (LoftRequest *request, gboolean find, GAsyncReadyCallback callback)
{
  const char *const *rest = loft_request_get_rest (request);
  g_autofree char *path =
    rest != NULL && *rest != NULL ? g_strjoinv ("/", (char **) rest) : NULL;
  const LoftDiffWish wish = {
    .view = loft_request_get_view (request),
    .name = loft_request_get_parameter (request, "name"),
    .old_version = loft_request_get_parameter (request, "old"),
    .new_version = loft_request_get_parameter (request, "new"),
    .path = path,
    .after = loft_request_get_query (request, "after"),
  };
  LoftRegistry *registry = loft_request_get_registry (request);
  GCancellable *cancellable = loft_request_get_cancellable (request);

  if (find)
    {
      loft_registry_find_diff_async (registry,
                                     &wish,
                                     cancellable,
                                     callback,
                                     g_object_ref (request));
      return;
    }

  loft_request_set_hurry (request, give_up);
  loft_registry_diff_async (registry,
                            &wish,
                            cancellable,
                            callback,
                            g_object_ref (request));
}

/* Tells who has it already, which takes no look into the tarballs. */
static gboolean
send_known (LoftRequest *request, const LoftDiff *diff)
{
  gboolean is_page = loft_html_is_wanted (request);
  const char *media_type =
    is_page ? LOFT_MEDIA_TYPE_HTML : LOFT_MEDIA_TYPE_JSON;
  g_autoptr (LoftPagesPlace) place = loft_html_new_place (request);
  g_autofree char *digest =
    is_page ? make_page_digest (place, diff) : g_strdup (diff->digest);
  g_autofree char *etag =
    loft_representation_find_known (request, media_type, digest);

  if (etag == NULL)
    return FALSE;
  if (is_page)
    loft_html_add_page_headers (request);
  loft_representation_send_known (request, media_type, etag, FALSE);

  return TRUE;
}

static void
find_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftDiff) diff =
    loft_registry_diff_finish (LOFT_REGISTRY (source_object),
                               result,
                               &local_error);

  if (!loft_request_is_alive (request))
    return;
  if (diff == NULL)
    loft_response_send_problem (request, local_error);
  else if (!send_known (request, diff))
    ask (request, FALSE, diff_cb);
}

static void
handle_diff (LoftRequest *request)
{
  gboolean has_some =
    loft_request_get_header (request, "If-None-Match") != NULL;

  loft_hot_mark (request, loft_request_get_parameter (request, "name"));
  loft_request_pause (request);
  ask (request, has_some, has_some ? find_cb : diff_cb);
}

static char *
format_location (LoftRequest *request, const char *older, const char *newer)
{
  g_autoptr (LoftPagesPlace) place = loft_html_new_place (request);
  g_autoptr (GString) location = g_string_new (place->base);

  g_string_append (location, "packages/");
  g_string_append_uri_escaped (location,
                               loft_request_get_parameter (request, "name"),
                               NULL,
                               FALSE);
  g_string_append (location, "/diff/");
  g_string_append_uri_escaped (location, older, "+", FALSE);
  g_string_append_c (location, '/');
  g_string_append_uri_escaped (location, newer, "+", FALSE);

  return g_string_free (g_steal_pointer (&location), FALSE);
}

/* What was written into a field, of which only the ends may be blank. %NULL if
 * it is no version. */
static char *
dup_version (LoftRequest *request, const char *field, GError **error)
{
  const char *written = loft_request_get_query (request, field);

  if (written == NULL)
    {
      g_set_error_literal (
        error,
        LOFT_REGISTRY_ERROR,
        LOFT_REGISTRY_ERROR_MALFORMED,
        "Which versions to compare is missing: it takes “old” and “new”");
      return NULL;
    }

  g_autofree char *version = g_strstrip (g_strdup (written));

  return loft_version_check (version, error) ? g_steal_pointer (&version)
                                             : NULL;
}

/* A form can't write a path. Where nothing was filled in, versions are shown to
 * choose from. */
static void
handle_choice (LoftRequest *request)
{
  SoupMessageHeaders *headers = loft_request_get_response_headers (request);
  g_autoptr (GError) local_error = NULL;

  if (loft_request_get_query (request, "old") == NULL &&
      loft_request_get_query (request, "new") == NULL &&
      loft_html_is_wanted (request))
    {
      loft_html_handle_package (request, NULL);
      return;
    }

  g_autofree char *older = dup_version (request, "old", &local_error);
  g_autofree char *newer =
    older != NULL ? dup_version (request, "new", &local_error) : NULL;
  if (newer == NULL)
    {
      loft_response_send_problem (request, local_error);
      return;
    }

  g_autofree char *location = format_location (request, older, newer);
  g_autoptr (GBytes) body = g_bytes_new_static ("It is elsewhere.\n", 17);
  soup_message_headers_replace (headers, "Location", location);
  soup_message_headers_replace (headers, "Cache-Control", "public, no-cache");
  loft_response_send (request, SOUP_STATUS_SEE_OTHER, "text/plain", body);
}

const LoftEndpoint loft_read_diff = { .handle = handle_diff };
const LoftEndpoint loft_read_diff_choice = { .handle = handle_choice };
