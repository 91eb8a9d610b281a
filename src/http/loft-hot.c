/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-hot.h"

#include "http/loft-request-private.h"

/*
 * How an answer becomes a hot one.
 *
 * A handler says that the answer which it is about to give depends on nothing
 * but the target, how it is represented, and what the registry tells of one
 * package, or of all. What is then sent is offered to the gate, together with
 * the mark of the registry that was read before the handler began: so the gate
 * can tell whether the registry has changed meanwhile.
 */

/* A larger one takes longer to send than the gate's own answers should. */
#define BODY_MAX (1024 * 1024)

/**
 * loft_hot_mark:
 * @request: a request
 * @tag: (nullable): the package that the answer speaks of; %NULL if it speaks
 *   of any
 *
 * Says that the answer may be given again to whoever asks the same, until the
 * package changes. Where it speaks of any, that is until anything changes.
 */
void
loft_hot_mark (LoftRequest *request, const char *tag)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));

  g_free (request->hot_tag);
  request->hot_tag = g_strdup (tag);
  request->is_hot = TRUE;
}

/**
 * loft_hot_unmark:
 * @request: a request
 *
 * Says that the answer is for this one alone, after all.
 */
void
loft_hot_unmark (LoftRequest *request)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));

  request->is_hot = FALSE;
}

/**
 * loft_hot_limit:
 * @request: a request
 * @until: microseconds since 1970
 *
 * Says that the answer holds no longer than that, even if nothing changes.
 */
void
loft_hot_limit (LoftRequest *request, gint64 until)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));

  gint64 seconds = MAX (until / G_USEC_PER_SEC, 1);

  if (request->hot_until == 0 || seconds < request->hot_until)
    request->hot_until = seconds;
}

/**
 * loft_hot_copy:
 * @request: a request
 *
 * Says that the body must not outlive the answer, since something is held up
 * until it is gone: what is given again is a copy of it.
 */
void
loft_hot_copy (LoftRequest *request)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));

  request->hot_copies = TRUE;
}

/**
 * loft_hot_set_subject:
 * @request: a request
 * @subject: what #LoftDownload has
 * @is_download: whether the answer, if all of it is sent, is a download of that
 *
 * Says of which tarball the answer is, or a part of it. To whom it is given
 * again, whole, it is a download as well.
 */
void
loft_hot_set_subject (LoftRequest *request,
                      const char *subject,
                      gboolean is_download)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));
  g_return_if_fail (subject != NULL);

  g_clear_pointer (&request->subject, g_ref_string_release);
  request->subject = g_ref_string_acquire ((char *) subject);
  request->is_download = is_download;
}

/**
 * loft_hot_offer:
 * @request: a request that is about to be answered
 * @etag: the entity tag of the answer
 * @representations: which representations of its target it is, a bit each
 * @body: (nullable): the body, or %NULL if the client has it already
 *
 * Offers an answer to the gate, if it was marked by loft_hot_mark().
 */
void
loft_hot_offer (LoftRequest *request,
                const char *etag,
                guint64 representations,
                GBytes *body)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));
  g_return_if_fail (etag != NULL);

  if (!request->is_hot ||
      (body != NULL && g_bytes_get_size (body) > BODY_MAX) ||
      !loft_gate_stream_wants_hot (request->stream))
    return;

  gsize size = 0;
  gconstpointer data = body != NULL ? g_bytes_get_data (body, &size) : NULL;
  g_autoptr (GBytes) kept = body != NULL && !request->hot_copies
                              ? g_bytes_ref (body)
                              : g_bytes_new (data, size);
  LoftHotResponse *response = loft_hot_response_new (representations,
                                                     request->row,
                                                     request->hot_tag,
                                                     etag,
                                                     kept);

  response->until = request->hot_until;
  if (request->subject != NULL)
    response->subject = g_ref_string_acquire (request->subject);
  loft_gate_stream_capture (request->stream, response, &request->mark);
}
