/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-delivery.h"

#include "http/loft-download-cache.h"
#include "http/loft-growing.h"
#include "http/loft-headers.h"
#include "http/loft-hot.h"
#include "http/loft-problem.h"
#include "http/loft-representation.h"
#include "http/loft-response.h"
#include "http/loft-torn.h"

/*
 * How a tarball gets to a client.
 *
 * What lies on a disk of this machine is sent from there. What comes from
 * elsewhere is sent as it comes, but not before it is known whether it comes at
 * all; a small one, or a part of one, when all of it has come and is right. And
 * what the storage itself had better send is only pointed at.
 */

/* Larger ones are mapped, so they are not memory. */
#define HOT_MAX (64 * 1024)

/* What is sent in one piece, where it comes from elsewhere. */
#define PIECE_MAX (256 * 1024)

/* What a client gets of a tarball: nothing (it has it already, or there is no
 * such part), or a part, or all. */
typedef struct
{
  SoupStatus status;
  goffset first;
  goffset length;
} Share;

/* A tarball of which the first bytes are waited for. */
typedef struct
{
  LoftRequest *request;   /* owned */
  LoftDownload *download; /* owned */
  Share share;
} Wait;

static void
wait_free (Wait *self)
{
  g_object_unref (self->request);
  g_clear_pointer (&self->download, loft_download_free);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wait, wait_free)

static char *
make_etag (const LoftDownload *download)
{
  return g_strdup_printf ("\"sha256-%s\"", download->sha256);
}

/* A range counts only where the client has the rest of these very bytes. */
static Share
find_share (LoftRequest *request, const LoftDownload *download)
{
  const char *range = loft_request_get_header (request, "Range");
  const char *condition = loft_request_get_header (request, "If-Range");
  g_autofree char *etag = make_etag (download);
  Share share = { SOUP_STATUS_OK, 0, download->size };
  goffset last = 0;

  if (!loft_representation_is_wanted (request, etag))
    {
      share.status = SOUP_STATUS_PRECONDITION_FAILED;
      return share;
    }
  if (loft_representation_is_known (request, etag))
    {
      share.status = SOUP_STATUS_NOT_MODIFIED;
      return share;
    }
  if (range == NULL ||
      !g_str_equal (loft_request_get_method (request), "GET") ||
      (condition != NULL && !g_str_equal (condition, etag)))
    return share;

  switch (loft_headers_parse_range (range, download->size, &share.first, &last))
    {
    case LOFT_RANGE_SATISFIABLE:
      share.status = SOUP_STATUS_PARTIAL_CONTENT;
      share.length = last - share.first + 1;
      break;
    case LOFT_RANGE_UNSATISFIABLE:
      share.status = SOUP_STATUS_REQUESTED_RANGE_NOT_SATISFIABLE;
      break;
    case LOFT_RANGE_NONE:
    default:
      share.first = 0;
      break;
    }

  return share;
}

/* Says of what this is the answer. It counts where it ends with the end of the
 * tarball, so that one which comes in several parts counts once. */
static void
note_subject (LoftRequest *request,
              const LoftDownload *download,
              const Share *share)
{
  gboolean is_sent = share->status == SOUP_STATUS_OK ||
                     share->status == SOUP_STATUS_PARTIAL_CONTENT;

  loft_hot_set_subject (
    request,
    download->subject,
    is_sent && share->first + share->length == download->size &&
      g_str_equal (loft_request_get_method (request), "GET"));
}

static void
send_no_range (LoftRequest *request, goffset size)
{
  SoupMessageHeaders *headers = loft_request_get_response_headers (request);
  g_autofree char *range = g_strdup_printf ("bytes */%" G_GOFFSET_FORMAT, size);
  g_autoptr (GError) local_error =
    g_error_new (LOFT_HTTP_ERROR,
                 LOFT_HTTP_ERROR_RANGE,
                 "The tarball has only %" G_GOFFSET_FORMAT " bytes",
                 size);

  soup_message_headers_replace (headers, "Accept-Ranges", "bytes");
  soup_message_headers_replace (headers, "Content-Range", range);
  loft_response_send_problem (request, local_error);
}

static void
add_headers (LoftRequest *request,
             const LoftDownload *download,
             const Share *share)
{
  SoupMessageHeaders *headers = loft_request_get_response_headers (request);
  g_autofree char *etag = make_etag (download);
  g_autofree char *digest =
    loft_representation_format_digest (download->sha256);
  g_autofree char *disposition =
    loft_representation_format_disposition (download->filename);

  soup_message_headers_replace (headers, "Accept-Ranges", "bytes");
  soup_message_headers_replace (headers, "ETag", etag);
  soup_message_headers_replace (headers, "Cache-Control", LOFT_CACHE_FOREVER);
  soup_message_headers_replace (headers, "Repr-Digest", digest);
  soup_message_headers_replace (headers, "Content-Disposition", disposition);
  if (share->status == SOUP_STATUS_PARTIAL_CONTENT)
    soup_message_headers_set_content_range (headers,
                                            share->first,
                                            share->first + share->length - 1,
                                            download->size);
}

/* Gives whether that was all. */
static gboolean
send_nothing (LoftRequest *request,
              const LoftDownload *download,
              const Share *share)
{
  g_autofree char *etag = make_etag (download);

  if (share->status == SOUP_STATUS_PRECONDITION_FAILED)
    {
      loft_representation_send_unwanted (request, etag);
      return TRUE;
    }
  if (share->status == SOUP_STATUS_REQUESTED_RANGE_NOT_SATISFIABLE)
    {
      send_no_range (request, download->size);
      return TRUE;
    }
  if (share->status != SOUP_STATUS_NOT_MODIFIED)
    return FALSE;

  add_headers (request, download, share);
  loft_hot_offer (request, etag, LOFT_HOT_ALL_REPRESENTATIONS, NULL);
  loft_response_send (request, SOUP_STATUS_NOT_MODIFIED, NULL, NULL);

  return TRUE;
}

/**
 * loft_delivery_send_bytes:
 * @request: a request for a tarball
 * @download: the tarball, which is there
 *
 * Answers with a tarball, which never changes: whole, a single range of it, or
 * not at all where the client has it already. It is never compressed again.
 */
void
loft_delivery_send_bytes (LoftRequest *request, const LoftDownload *download)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));
  g_return_if_fail (download != NULL && download->bytes != NULL);

  if (!loft_request_is_alive (request))
    return;

  Share share = find_share (request, download);
  note_subject (request, download, &share);
  loft_torn_expect (request);
  if (send_nothing (request, download, &share))
    return;

  g_autofree char *etag = make_etag (download);
  g_autoptr (GBytes) part = g_bytes_new_from_bytes (download->bytes,
                                                    (gsize) share.first,
                                                    (gsize) share.length);
  add_headers (request, download, &share);
  if (share.status == SOUP_STATUS_OK && download->size <= HOT_MAX)
    loft_hot_offer (request, etag, LOFT_HOT_ALL_REPRESENTATIONS, part);
  loft_response_send (request, share.status, LOFT_MEDIA_TYPE_GZIP, part);
}

/* Those who ask for the registry as it was are few. */
static void
keep_and_send (LoftRequest *request, LoftDownload *download)
{
  g_autoptr (LoftDownload) owned = download;

  if (loft_request_get_view (request) != NULL)
    {
      loft_delivery_send_bytes (request, owned);
      return;
    }

  const LoftDownload *kept =
    loft_download_cache_store (loft_request_get_shared (request)->downloads,
                               loft_request_get_parameter (request, "name"),
                               loft_request_get_parameter (request, "version"),
                               loft_request_get_mark (request)->epoch,
                               g_steal_pointer (&owned));
  loft_delivery_send_bytes (request, kept);
}

static void
arrived_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Wait) wait = user_data;
  LoftTarball *tarball = LOFT_TARBALL (source_object);
  LoftDownload *download = wait->download;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GBytes) bytes =
    loft_tarball_read_finish (tarball, result, &local_error);

  if (bytes == NULL)
    {
      loft_response_send_problem (wait->request, local_error);
      return;
    }
  if (!loft_request_is_alive (wait->request))
    return;

  if ((goffset) g_bytes_get_size (bytes) == download->size)
    {
      download->bytes = g_steal_pointer (&bytes);
      keep_and_send (wait->request, g_steal_pointer (&wait->download));
      return;
    }

  add_headers (wait->request, download, &wait->share);
  loft_growing_send (wait->request,
                     wait->share.status,
                     LOFT_MEDIA_TYPE_GZIP,
                     tarball,
                     wait->share.first,
                     wait->share.length,
                     bytes);
}

static void
send_as_it_comes (LoftRequest *request, LoftDownload *download)
{
  g_autoptr (LoftDownload) owned = download;
  Share share = find_share (request, download);
  gboolean small = download->size <= PIECE_MAX;
  gboolean part = share.status == SOUP_STATUS_PARTIAL_CONTENT;

  note_subject (request, download, &share);
  if (send_nothing (request, download, &share))
    return;

  Wait *wait = g_new0 (Wait, 1);
  wait->request = g_object_ref (request);
  wait->download = g_steal_pointer (&owned);
  wait->share = share;
  loft_tarball_read_async (download->tarball,
                           small ? 0 : share.first,
                           small ? PIECE_MAX
                                 : (gsize) MIN (share.length, PIECE_MAX),
                           small || part,
                           loft_request_get_cancellable (request),
                           arrived_cb,
                           wait);
}

/* The address is for this client, and for a moment only. */
static void
send_elsewhere (LoftRequest *request, const LoftDownload *download)
{
  SoupMessageHeaders *headers = loft_request_get_response_headers (request);
  g_autoptr (GBytes) body = g_bytes_new_static ("It is elsewhere.\n", 17);

  loft_hot_set_subject (request, download->subject, TRUE);
  soup_message_headers_replace (headers, "Location", download->url);
  soup_message_headers_replace (headers, "Cache-Control", "no-store");
  loft_response_send (request,
                      SOUP_STATUS_TEMPORARY_REDIRECT,
                      "text/plain",
                      body);
}

/* Nothing of the tarball was asked for, but only what is known of it. */
static void
send_about (LoftRequest *request,
            const LoftDownload *download,
            LoftDeliveryAsk ask)
{
  Share share = find_share (request, download);

  if (send_nothing (request, download, &share))
    return;
  if (!g_str_equal (loft_request_get_method (request), "HEAD"))
    {
      ask (request, FALSE);
      return;
    }

  add_headers (request, download, &share);
  loft_response_begin (request,
                       share.status,
                       LOFT_MEDIA_TYPE_GZIP,
                       NULL,
                       download->size);
}

/**
 * loft_delivery_begin:
 * @request: a request for a tarball
 * @ask: asks for it
 *
 * Begins to answer: as long as it may turn out that no byte of the tarball is
 * needed, none is asked for.
 */
void
loft_delivery_begin (LoftRequest *request, LoftDeliveryAsk ask)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));

  gboolean about = g_str_equal (loft_request_get_method (request), "HEAD") ||
                   loft_request_get_header (request, "If-None-Match") != NULL ||
                   loft_request_get_header (request, "If-Match") != NULL;

  loft_request_pause (request);
  ask (request, about);
}

/**
 * loft_delivery_send:
 * @request: a request for a tarball
 * @download: (transfer full): what the registry has answered
 * @ask: asks for more
 *
 * Answers with a tarball, wherever it is.
 */
void
loft_delivery_send (LoftRequest *request,
                    LoftDownload *download,
                    LoftDeliveryAsk ask)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));
  g_return_if_fail (download != NULL);

  g_autoptr (LoftDownload) owned = download;

  if (!loft_request_is_alive (request))
    return;

  if (download->url != NULL)
    send_elsewhere (request, download);
  else if (download->bytes != NULL)
    keep_and_send (request, g_steal_pointer (&owned));
  else if (download->tarball != NULL)
    send_as_it_comes (request, g_steal_pointer (&owned));
  else
    send_about (request, download, ask);
}
