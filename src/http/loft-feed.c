/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-feed.h"

#include "http/loft-hot.h"
#include "http/loft-html-read.h"
#include "http/loft-representation.h"
#include "http/loft-response.h"
#include "pages/loft-pages-feed.h"
#include "registry/loft-json.h"
#include "registry/loft-news.h"

/* What was published lately, for programs that look now and then. */

#define ENTRIES_MAX 50

/* Whose feed it is; NULL for that of all packages. */
static const char *
get_name (LoftRequest *request)
{
  return loft_request_get_endpoint (request) == &loft_read_package_feed
           ? loft_request_get_parameter (request, "name")
           : NULL;
}

static void
send_feed (LoftRequest *request, const LoftNews *news, JsonNode *elements)
{
  g_autoptr (LoftPagesPlace) place = loft_html_new_place (request);
  const LoftPagesFeed feed = {
    .url = loft_request_get_shared (request)->settings.public_url,
    .name = get_name (request),
    .elements = elements,
    .origin = news->origin,
    .changed = news->changed,
  };
  g_autoptr (LoftHtml) xml = loft_pages_render_feed (place, &feed);
  g_autoptr (GBytes) body = loft_html_to_bytes (xml);

  loft_html_add_headers (request);
  loft_representation_set_modified (request, news->changed);
  loft_representation_send (request, LOFT_MEDIA_TYPE_ATOM, body, NULL);
}

static void
news_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftNews) news =
    loft_registry_list_news_finish (LOFT_REGISTRY (source_object),
                                    result,
                                    &local_error);
  gsize length = 0;
  const char *text =
    news != NULL ? g_bytes_get_data (news->elements, &length) : NULL;
  g_autoptr (JsonNode) elements =
    text != NULL ? loft_json_parse (text, length, &local_error) : NULL;

  if (elements == NULL)
    loft_response_send_problem (request, local_error);
  else if (loft_request_is_alive (request))
    send_feed (request, news, elements);
}

static void
handle_feed (LoftRequest *request)
{
  const char *name = get_name (request);

  loft_hot_mark (request, name);
  loft_request_pause (request);
  loft_registry_list_news_async (loft_request_get_registry (request),
                                 name,
                                 ENTRIES_MAX,
                                 loft_request_get_cancellable (request),
                                 news_cb,
                                 g_object_ref (request));
}

const LoftEndpoint loft_read_feed = { .handle = handle_feed };
const LoftEndpoint loft_read_package_feed = { .handle = handle_feed };
