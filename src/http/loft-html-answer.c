/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-html-read.h"

#include "gate/loft-forwarded.h"
#include "http/loft-headers.h"
#include "http/loft-hot.h"
#include "http/loft-problem.h"
#include "http/loft-representation.h"
#include "http/loft-response.h"

/* Nothing but our own files. */
#define SECURITY_POLICY                                                        \
  "default-src 'none'; script-src 'self'; connect-src 'self'; style-src "      \
  "'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "              \
  "frame-ancestors 'none'"

#define DAY (G_GINT64_CONSTANT (24) * 60 * 60 * G_USEC_PER_SEC)

/**
 * loft_html_is_wanted:
 * @request: a request
 *
 * Tells whether the client wants a page rather than JSON.
 *
 * Returns: whether it does
 */
gboolean
loft_html_is_wanted (LoftRequest *request)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (request), FALSE);

  return loft_headers_prefer_html (loft_request_get_header (request, "Accept"));
}

static guint
count_slashes (const char *path)
{
  guint n = 0;

  for (; *path != '\0'; path++)
    n += *path == '/';

  return n;
}

/**
 * loft_html_new_place:
 * @request: a living request
 *
 * Tells where a page is: all links are relative, so that they hold behind
 * whatever prefix a proxy has put before our paths.
 *
 * Returns: (transfer full): the place
 */
LoftPagesPlace *
loft_html_new_place (LoftRequest *request)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (request), NULL);

  GUri *uri = soup_server_message_get_uri (loft_request_get_message (request));
  guint depth = count_slashes (g_uri_get_path (uri));
  LoftPagesPlace *place = g_new0 (LoftPagesPlace, 1);
  g_autoptr (GString) root = g_string_new (depth > 1 ? NULL : "./");

  for (guint i = 1; i < depth; i++)
    g_string_append (root, "../");
  place->words = loft_words_find (
    loft_words_list_tags ()[loft_request_get_language (request)]);
  place->url =
    g_strdup (loft_request_get_shared (request)->settings.public_url);
  place->view = g_strdup (loft_request_get_view_prefix (request));
  place->base = place->view != NULL
                  ? g_strconcat (root->str, place->view, "/", NULL)
                  : g_strdup (root->str);
  place->root = g_string_free (g_steal_pointer (&root), FALSE);

  return place;
}

/**
 * loft_html_free_place:
 * @place: (transfer full): a place
 *
 * Frees @place.
 */
void
loft_html_free_place (LoftPagesPlace *place)
{
  g_free (place->root);
  g_free (place->base);
  g_free (place->view);
  g_free (place->url);
  g_free (place);
}

/* As far as the request tells: by the name that the client used for it, and by
 * what a proxy says of TLS. */
static char *
guess_url (LoftRequest *request)
{
  const char *host = loft_request_get_header (request, "Host");
  const char *forwarded = loft_request_get_header (request, "Forwarded");
  GSocketAddress *remote =
    soup_server_message_get_remote_address (loft_request_get_message (request));
  gboolean tls =
    forwarded != NULL && loft_forwarded_is_https (forwarded) &&
    loft_http_shared_trusts (loft_request_get_shared (request), remote);

  return g_strconcat (tls ? "https://" : "http://",
                      host != NULL ? host : "localhost",
                      NULL);
}

/**
 * loft_html_format_url:
 * @request: a living request
 * @out_is_guess: (out): whether only this request tells so
 *
 * Writes where the registry is, as the administrator says, or else as the
 * request does. In that case who asks is told, and nobody else: such a page
 * must not be kept for others.
 *
 * Returns: (transfer full): a URL, without a slash at its end
 */
char *
loft_html_format_url (LoftRequest *request, gboolean *out_is_guess)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (request), NULL);
  g_return_val_if_fail (out_is_guess != NULL, NULL);

  const char *known = loft_request_get_shared (request)->settings.public_url;
  const char *view = loft_request_get_view_prefix (request);
  g_autofree char *url = known != NULL ? g_strdup (known) : guess_url (request);

  *out_is_guess = known == NULL;

  return g_strconcat (url, view != NULL ? "/" : NULL, view, NULL);
}

/**
 * loft_html_add_headers:
 * @request: a request that is answered with a page, or with what belongs to it
 *
 * Sets what keeps a browser from doing anything that a page does not need.
 */
void
loft_html_add_headers (LoftRequest *request)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));

  SoupMessageHeaders *headers = loft_request_get_response_headers (request);

  soup_message_headers_replace (headers,
                                "Content-Security-Policy",
                                SECURITY_POLICY);
  soup_message_headers_replace (headers, "Referrer-Policy", "no-referrer");
}

/**
 * loft_html_add_page_headers:
 * @request: a request that is answered with a page
 *
 * Does what loft_html_add_headers() does, and says in which language the page
 * is.
 */
void
loft_html_add_page_headers (LoftRequest *request)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));

  guint language = loft_request_get_language (request);

  loft_html_add_headers (request);
  soup_message_headers_replace (loft_request_get_response_headers (request),
                                "Content-Language",
                                loft_words_list_tags ()[language]);
}

/**
 * loft_html_send_own:
 * @request: a request
 * @html: a page
 *
 * Answers with a page that is for this client and for nobody else, if it is
 * still there.
 */
void
loft_html_send_own (LoftRequest *request, LoftHtml *html)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));
  g_return_if_fail (html != NULL);

  if (!loft_request_is_alive (request))
    return;

  g_autoptr (GBytes) body = loft_html_to_bytes (html);
  loft_html_add_page_headers (request);
  loft_representation_send_own (request, LOFT_MEDIA_TYPE_HTML, body);
}

/**
 * loft_html_send_partial:
 * @request: a request
 * @html: a page of what can be shown while the storage is away
 *
 * Answers with a page that nobody keeps, if the client is still there.
 */
void
loft_html_send_partial (LoftRequest *request, LoftHtml *html)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));
  g_return_if_fail (html != NULL);

  if (!loft_request_is_alive (request))
    return;

  g_autoptr (GBytes) body = loft_html_to_bytes (html);
  loft_html_add_page_headers (request);
  loft_hot_unmark (request);
  loft_representation_send_file (request,
                                 LOFT_MEDIA_TYPE_HTML,
                                 body,
                                 "no-store");
}

/**
 * loft_html_send:
 * @request: a request
 * @html: a page
 * @validity: (nullable): how long it holds, if a view made it
 *
 * Answers with a page, if the client is still there.
 */
void
loft_html_send (LoftRequest *request,
                LoftHtml *html,
                const LoftValidity *validity)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));
  g_return_if_fail (html != NULL);

  if (!loft_request_is_alive (request))
    return;

  g_autoptr (GBytes) body = loft_html_to_bytes (html);
  loft_html_add_page_headers (request);
  if (validity != NULL)
    {
      loft_representation_send_view (request,
                                     LOFT_MEDIA_TYPE_HTML,
                                     body,
                                     NULL,
                                     validity);
      return;
    }

  /* It says how many days ago things were. */
  loft_hot_limit (request, (g_get_real_time () / DAY + 1) * DAY);
  loft_representation_send (request, LOFT_MEDIA_TYPE_HTML, body, NULL);
}

/**
 * loft_html_send_lasting:
 * @request: a request
 * @html: a page that says nothing of how long ago anything was
 * @digest: (nullable): from loft_pages_make_digest()
 *
 * Answers with a page that lasts for as long as what it shows, if the client is
 * still there.
 */
void
loft_html_send_lasting (LoftRequest *request,
                        LoftHtml *html,
                        const char *digest)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));
  g_return_if_fail (html != NULL);

  if (!loft_request_is_alive (request))
    return;

  g_autoptr (GBytes) body = loft_html_to_bytes (html);
  loft_html_add_page_headers (request);
  loft_representation_send (request, LOFT_MEDIA_TYPE_HTML, body, digest);
}

/* A page that is being made. */
typedef struct
{
  LoftRequest *request; /* owned; not looked at by the thread */
  LoftHtmlRenderFunc render;
  LoftHtmlSendFunc send; /* nullable */
  gpointer facts;        /* owned */
  GDestroyNotify destroy;
} Rendering;

static void
rendering_free (Rendering *self)
{
  g_object_unref (self->request);
  self->destroy (self->facts);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Rendering, rendering_free)

static void
render_in_thread_cb (GTask *task,
                     gpointer source_object,
                     gpointer task_data,
                     GCancellable *cancellable)
{
  const Rendering *rendering = task_data;

  g_task_return_pointer (task,
                         rendering->render (rendering->facts),
                         (GDestroyNotify) loft_html_unref);
}

static void
render_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Rendering) rendering = user_data;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (LoftHtml) html =
    g_task_propagate_pointer (G_TASK (result), &local_error);

  if (html == NULL)
    loft_response_send_problem (rendering->request, local_error);
  else if (rendering->send != NULL)
    rendering->send (rendering->request, html, rendering->facts);
  else
    loft_html_send (rendering->request, html, NULL);
}

/**
 * loft_html_render:
 * @request: a request, paused
 * @render: makes the page, in a thread
 * @send: (nullable): sends it; %NULL for loft_html_send()
 * @facts: (transfer full): what the page is made of
 * @destroy: frees @facts
 *
 * Answers with a page that takes its time to be made.
 */
void
loft_html_render (LoftRequest *request,
                  LoftHtmlRenderFunc render,
                  LoftHtmlSendFunc send,
                  gpointer facts,
                  GDestroyNotify destroy)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));
  g_return_if_fail (render != NULL && facts != NULL && destroy != NULL);

  Rendering *rendering = g_new0 (Rendering, 1);

  rendering->request = g_object_ref (request);
  rendering->render = render;
  rendering->send = send;
  rendering->facts = facts;
  rendering->destroy = destroy;

  /* The thread may be the last to let go of its task, so that the request,
   * which belongs to this one, must not hang on that. Its cancellable is left
   * out: who has ended gets no answer. */
  g_autoptr (GTask) task = g_task_new (NULL, NULL, render_cb, rendering);
  g_task_set_source_tag (task, loft_html_render);
  g_task_set_task_data (task, rendering, NULL);
  g_task_run_in_thread (task, render_in_thread_cb);
}

static void
handle_asset (LoftRequest *request)
{
  static const LoftValidity for_ever = { TRUE, 0 };
  const char *name = loft_request_get_parameter (request, "file");
  const char *media_type = NULL;
  g_autoptr (GBytes) content = loft_pages_find_asset (name, &media_type);

  if (content == NULL)
    {
      g_autoptr (GError) local_error =
        g_error_new_literal (LOFT_HTTP_ERROR,
                             LOFT_HTTP_ERROR_NO_SUCH_PAGE,
                             "Nothing is served at this path");

      loft_response_send_problem (request, local_error);
      return;
    }

  loft_hot_mark (request, NULL);
  loft_html_add_headers (request);
  loft_representation_send_view (request, media_type, content, NULL, &for_ever);
}

const LoftEndpoint loft_read_asset = { .handle = handle_asset };
