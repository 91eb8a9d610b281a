/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-growing.h"

#include "http/loft-response.h"

/*
 * Answers that are sent while they arrive.
 *
 * libsoup has one piece at a time. When that is written, the next one is read;
 * where it has not come yet, libsoup pauses by itself, and goes on when it gets
 * the piece. So whatever the size of a tarball, a client costs the memory of a
 * piece, and one that is slow keeps nobody waiting.
 *
 * Once the head is out there is but one way to say that the rest will not come:
 * the connection ends before its time.
 */

#define PIECE_SIZE (256 * 1024)

/* What a request has to remember. */
typedef struct
{
  LoftTarball *tarball; /* owned */
  goffset next;
  goffset end;
} Growing;

static void
growing_free (gpointer data)
{
  Growing *self = data;

  g_object_unref (self->tarball);
  g_free (self);
}

static void
append (LoftRequest *request, GBytes *piece)
{
  Growing *self = loft_request_get_data (request);

  self->next += (goffset) g_bytes_get_size (piece);
  soup_message_body_append_bytes (
    soup_server_message_get_response_body (loft_request_get_message (request)),
    piece);
}

/* libsoup notices only when it writes. What it writes then goes nowhere. */
static void
break_off (LoftRequest *request)
{
  LoftGateStream *stream = loft_request_get_stream (request);
  g_autoptr (GBytes) nothing = g_bytes_new_static ("", 1);

  if (stream != NULL)
    loft_gate_stream_break (stream);
  append (request, nothing);
}

static void
read_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LoftRequest) request = LOFT_REQUEST (user_data);
  g_autoptr (GBytes) piece =
    loft_tarball_read_finish (LOFT_TARBALL (source_object), result, NULL);

  if (!loft_request_is_alive (request))
    return;

  if (piece != NULL)
    append (request, piece);
  else
    break_off (request);
  soup_server_message_unpause (loft_request_get_message (request));
}

static void
wrote_chunk_cb (SoupServerMessage *message, gpointer user_data)
{
  LoftRequest *request = LOFT_REQUEST (user_data);
  Growing *self = loft_request_get_data (request);

  if (self->next >= self->end || !loft_request_is_alive (request))
    return;

  gsize wanted = (gsize) MIN (self->end - self->next, PIECE_SIZE);
  g_autoptr (GBytes) piece =
    loft_tarball_peek (self->tarball, self->next, wanted);

  if (piece != NULL)
    append (request, piece);
  else
    loft_tarball_read_async (self->tarball,
                             self->next,
                             wanted,
                             FALSE,
                             loft_request_get_cancellable (request),
                             read_cb,
                             g_object_ref (request));
}

/**
 * loft_growing_send:
 * @request: a request
 * @status: the answer's status
 * @media_type: type of the body
 * @tarball: what it is read from, as it arrives
 * @offset: where it begins there
 * @length: how many bytes it has
 * @first: those with which it begins: one at least
 *
 * Answers a request, if it is still alive. Further headers are set before.
 */
void
loft_growing_send (LoftRequest *request,
                   SoupStatus status,
                   const char *media_type,
                   LoftTarball *tarball,
                   goffset offset,
                   goffset length,
                   GBytes *first)
{
  g_return_if_fail (LOFT_IS_REQUEST (request));
  g_return_if_fail (LOFT_IS_TARBALL (tarball));
  g_return_if_fail (first != NULL);

  if (!loft_request_is_alive (request))
    return;

  Growing *self = g_new0 (Growing, 1);

  self->tarball = g_object_ref (tarball);
  self->next = offset + (goffset) g_bytes_get_size (first);
  self->end = offset + length;
  loft_request_set_data (request, self, growing_free);
  g_signal_connect_object (loft_request_get_message (request),
                           "wrote-chunk",
                           G_CALLBACK (wrote_chunk_cb),
                           request,
                           0);
  loft_response_begin (request, status, media_type, first, length);
}
