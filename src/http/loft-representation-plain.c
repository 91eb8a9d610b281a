/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-representation-private.h"

#include "http/loft-headers.h"
#include "http/loft-hot.h"
#include "http/loft-response.h"

#include <string.h>

/* Bodies that are sent as they are, or not at all. */

/* What is larger would keep others waiting while its digest is made. */
#define DIGEST_MAX (256 * 1024)

typedef struct
{
  LoftRequest *request; /* owned */
  char *media_type;     /* owned */
  GBytes *body;         /* owned */
  gboolean for_ever;
} Plain;

static void
plain_free (Plain *self)
{
  g_object_unref (self->request);
  g_free (self->media_type);
  g_bytes_unref (self->body);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Plain, plain_free)

static void
send_digested (const Plain *plain, const char *digest)
{
  LoftRequest *request = plain->request;
  SoupMessageHeaders *headers = loft_request_get_response_headers (request);
  guint64 representations = loft_representation_get_bits (request,
                                                          plain->media_type,
                                                          LOFT_CODING_IDENTITY,
                                                          TRUE);
  g_autofree char *etag =
    loft_representation_make_etag (digest, LOFT_CODING_IDENTITY);
  gboolean known = loft_representation_is_known (request, etag);

  if (!loft_representation_is_wanted (request, etag))
    {
      loft_representation_send_unwanted (request, etag);
      return;
    }

  soup_message_headers_replace (headers, "ETag", etag);
  soup_message_headers_replace (headers,
                                "Cache-Control",
                                plain->for_ever ? LOFT_CACHE_FOREVER
                                                : LOFT_CACHE_REVALIDATE);
  soup_message_headers_replace (
    headers,
    "Vary",
    loft_representation_get_vary (plain->media_type));
  loft_hot_offer (request, etag, representations, known ? NULL : plain->body);
  loft_response_send (request,
                      known ? SOUP_STATUS_NOT_MODIFIED : SOUP_STATUS_OK,
                      known ? NULL : plain->media_type,
                      known ? NULL : plain->body);
}

static void
digest_in_thread_cb (GTask *task,
                     gpointer source_object,
                     gpointer task_data,
                     GCancellable *cancellable)
{
  g_task_return_pointer (task,
                         loft_representation_make_digest (task_data),
                         g_free);
}

static void
digest_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Plain) plain = user_data;
  g_autofree char *digest = g_task_propagate_pointer (G_TASK (result), NULL);

  if (digest != NULL && loft_request_is_alive (plain->request))
    send_digested (plain, digest);
}

/**
 * loft_representation_send_as_it_is:
 * @request: a request that reads, paused
 * @media_type: type of @body
 * @body: what to answer
 * @digest: (nullable): in hex, tells @body from all others; %NULL for that of
 *   @body
 * @for_ever: whether it never changes
 *
 * Answers as loft_representation_send() does, but compresses nothing: for
 * pictures and the like, which are compressed already. The digest of a large
 * one is made in a thread.
 */
void
loft_representation_send_as_it_is (LoftRequest *request,
                                   const char *media_type,
                                   GBytes *body,
                                   const char *digest,
                                   gboolean for_ever)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));
  g_return_if_fail (media_type != NULL && body != NULL);

  if (!loft_request_is_alive (request))
    return;

  g_autoptr (Plain) plain = g_new0 (Plain, 1);
  plain->request = g_object_ref (request);
  plain->media_type = g_strdup (media_type);
  plain->body = g_bytes_ref (body);
  plain->for_ever = for_ever;
  if (digest != NULL)
    {
      send_digested (plain, digest);
      return;
    }
  if (g_bytes_get_size (body) <= DIGEST_MAX)
    {
      g_autofree char *computed = loft_representation_make_digest (body);

      send_digested (plain, computed);
      return;
    }

  g_autoptr (GTask) task =
    g_task_new (NULL, NULL, digest_cb, g_steal_pointer (&plain));
  g_task_set_source_tag (task, loft_representation_send_as_it_is);
  g_task_set_task_data (task,
                        g_bytes_ref (body),
                        (GDestroyNotify) g_bytes_unref);
  g_task_run_in_thread (task, digest_in_thread_cb);
}

/* What is short is not compressed, whatever the client likes. */
static char *
find_etag (const char *list, const char *digest, LoftCoding coding)
{
  g_autofree char *etag = loft_representation_make_etag (digest, coding);

  if (loft_headers_match_etag (list, etag))
    return g_steal_pointer (&etag);

  return coding != LOFT_CODING_IDENTITY
           ? find_etag (list, digest, LOFT_CODING_IDENTITY)
           : NULL;
}

/**
 * loft_representation_find_known:
 * @request: a request that reads
 * @media_type: type of what would be answered
 * @digest: (nullable): in hex, tells that from all others
 *
 * Finds out whether a client has what would be answered, before that is made.
 * Who has anything at all (`*`) must wait: there may be nothing.
 *
 * Returns: (transfer full) (nullable): for loft_representation_send_known(), or
 *   %NULL if it has something else
 */
char *
loft_representation_find_known (LoftRequest *request,
                                const char *media_type,
                                const char *digest)
{
  g_return_val_if_fail (LOFT_IS_REQUEST (request), NULL);
  g_return_val_if_fail (media_type != NULL, NULL);

  const char *list = loft_request_get_header (request, "If-None-Match");

  if (digest == NULL || list == NULL || strchr (list, '*') != NULL)
    return NULL;

  return find_etag (list,
                    digest,
                    loft_representation_is_for_all (media_type)
                      ? LOFT_CODING_IDENTITY
                      : loft_request_get_coding (request));
}

/**
 * loft_representation_send_known:
 * @request: a request that reads
 * @media_type: type of what would be answered
 * @etag: its entity tag
 * @for_ever: whether it never changes
 *
 * Tells a client that what it has is what would be answered. The gate does not
 * tell others so, since nobody has made sure that there is something.
 */
void
loft_representation_send_known (LoftRequest *request,
                                const char *media_type,
                                const char *etag,
                                gboolean for_ever)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));
  g_return_if_fail (media_type != NULL && etag != NULL);

  SoupMessageHeaders *headers = loft_request_get_response_headers (request);

  soup_message_headers_replace (headers, "ETag", etag);
  soup_message_headers_replace (headers,
                                "Cache-Control",
                                for_ever ? LOFT_CACHE_FOREVER
                                         : LOFT_CACHE_REVALIDATE);
  soup_message_headers_replace (headers,
                                "Vary",
                                loft_representation_get_vary (media_type));
  loft_response_send (request, SOUP_STATUS_NOT_MODIFIED, NULL, NULL);
}
