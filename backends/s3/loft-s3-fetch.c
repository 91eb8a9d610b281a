/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-s3-fetch.h"

#include "loft-s3-error.h"
#include "loft-s3-state.h"
#include "storage/loft-storage.h"

/* No object is that large; engines refuse ranges beyond it in their own ways.
 */
#define OFFSET_MAX ((goffset) 1 << 50)

/**
 * loft_s3_piece_free:
 * @self: (transfer full): a piece
 *
 * Frees @self.
 */
void
loft_s3_piece_free (LoftS3Piece *self)
{
  g_return_if_fail (self != NULL);

  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_free (self->etag);
  g_clear_pointer (&self->flow, loft_s3_flow_leave);
  g_free (self);
}

/* Where no byte is wanted, or none is there. */
static LoftS3Piece *
fetch_nothing (LoftS3Engine *engine,
               const char *key,
               gint64 *patience,
               GCancellable *cancellable,
               GError **error)
{
  g_autoptr (LoftS3State) state =
    loft_s3_state_read (engine, key, patience, cancellable, error);

  if (state == NULL)
    return NULL;
  if (!state->exists)
    {
      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_NOT_FOUND,
                   "There is no “%s”",
                   key);
      return NULL;
    }

  LoftS3Piece *piece = g_new0 (LoftS3Piece, 1);

  piece->bytes = g_bytes_new (NULL, 0);
  piece->size = state->size;
  piece->modified = state->modified;
  piece->etag = g_steal_pointer (&state->etag);

  return piece;
}

/* Which bytes the answer says that it has. */
static gboolean
take_range (LoftS3Piece *piece,
            const LoftS3Answer *answer,
            goffset offset,
            goffset length)
{
  goffset announced =
    soup_message_headers_get_encoding (answer->headers) ==
        SOUP_ENCODING_CONTENT_LENGTH
      ? soup_message_headers_get_content_length (answer->headers)
      : -1;
  goffset start = 0;
  goffset last = announced - 1;
  goffset total = announced;

  if (announced == -1 ||
      (answer->status == SOUP_STATUS_PARTIAL_CONTENT &&
       !soup_message_headers_get_content_range (answer->headers,
                                                &start,
                                                &last,
                                                &total)))
    return FALSE;

  goffset rest = total - offset;

  piece->size = total;
  piece->length = length == -1 ? rest : MIN (length, rest);

  return start == offset && last - start + 1 == announced &&
         announced == piece->length;
}

/* Waits for what is small, and of what is not for the first bytes: then it is
 * known that it comes at all. */
static gboolean
take_first (LoftS3Piece *piece,
            const LoftS3Answer *answer,
            GCancellable *cancellable,
            GError **error)
{
  goffset wanted = piece->length <= LOFT_S3_PIECE_SIZE ? piece->length : 1;
  g_autoptr (GByteArray) first = g_byte_array_sized_new ((guint) wanted);

  while ((goffset) first->len < wanted)
    {
      g_autoptr (GError) local_error = NULL;
      g_autoptr (GBytes) chunk =
        loft_s3_flow_take (answer->flow, cancellable, &local_error);

      if (chunk == NULL)
        {
          g_set_error (error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_UNAVAILABLE,
                       "The storage broke off: %s",
                       local_error != NULL ? local_error->message
                                           : "too early");
          return FALSE;
        }
      g_byte_array_append (first,
                           g_bytes_get_data (chunk, NULL),
                           (guint) g_bytes_get_size (chunk));
    }
  if ((goffset) first->len > piece->length)
    {
      g_set_error_literal (error,
                           LOFT_STORAGE_ERROR,
                           LOFT_STORAGE_ERROR_CORRUPT,
                           "The storage gives more than it said");
      return FALSE;
    }
  piece->bytes = g_byte_array_free_to_bytes (g_steal_pointer (&first));

  return TRUE;
}

static LoftS3Request *
build_request (LoftS3Engine *engine,
               const char *key,
               goffset offset,
               goffset length)
{
  LoftS3Request *request = loft_s3_engine_build_request (engine, "GET", key);
  g_autofree char *last =
    length != -1 ? g_strdup_printf ("%" G_GOFFSET_FORMAT, offset + length - 1)
                 : g_strdup ("");
  g_autofree char *range =
    g_strdup_printf ("bytes=%" G_GOFFSET_FORMAT "-%s", offset, last);

  request->flows = TRUE;
  if (offset > 0 || length != -1)
    loft_s3_request_add_header (request, "range", range);

  return request;
}

static LoftS3Piece *
fetch_once (LoftS3Engine *engine,
            const char *key,
            goffset offset,
            goffset length,
            gint64 *patience,
            GCancellable *cancellable,
            GError **error)
{
  g_autoptr (LoftS3Request) request =
    build_request (engine, key, offset, length);
  g_autoptr (LoftS3Answer) answer =
    loft_s3_engine_ask (engine,
                        request,
                        (gsize) LOFT_S3_PIECE_SIZE,
                        patience,
                        cancellable,
                        error);

  if (answer == NULL)
    return NULL;
  if (answer->status == SOUP_STATUS_REQUESTED_RANGE_NOT_SATISFIABLE)
    return fetch_nothing (engine, key, patience, cancellable, error);
  if (answer->flow == NULL)
    {
      loft_s3_answer_set_error (answer, key, error);
      return NULL;
    }

  g_autoptr (LoftS3Piece) piece = g_new0 (LoftS3Piece, 1);

  if (!take_range (piece, answer, offset, length))
    {
      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_CORRUPT,
                   "The storage gives another part of “%s” than was asked for",
                   key);
      return NULL;
    }
  if (!take_first (piece, answer, cancellable, error))
    return NULL;
  if ((goffset) g_bytes_get_size (piece->bytes) < piece->length)
    piece->flow = g_steal_pointer (&answer->flow);
  piece->modified = loft_s3_answer_get_modified (answer);
  piece->etag = loft_s3_answer_dup_etag (answer);

  return g_steal_pointer (&piece);
}

/**
 * loft_s3_fetch:
 * @engine: an engine
 * @key: an object's key
 * @offset: the first byte that is wanted
 * @length: how many are wanted, or -1 for all that follow
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Gets a part of an object by one request: into memory if it is small, else the
 * beginning of it, while the rest is on its way.
 *
 * Returns: (transfer full): what there is of it, or %NULL with @error set as
 *   by loft_storage_read()
 */
LoftS3Piece *
loft_s3_fetch (LoftS3Engine *engine,
               const char *key,
               goffset offset,
               goffset length,
               GCancellable *cancellable,
               GError **error)
{
  g_return_val_if_fail (engine != NULL && key != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  gint64 patience = loft_s3_engine_get_config (engine)->timeout;

  if (length == 0 || offset > OFFSET_MAX)
    return fetch_nothing (engine, key, &patience, cancellable, error);

  /* Some engines take an end that is far too large for none at all. */
  if (length > OFFSET_MAX - offset)
    length = -1;

  for (guint tries = 0;; tries++)
    {
      g_autoptr (GError) local_error = NULL;
      gint64 before = g_get_monotonic_time ();
      gint64 left = patience;
      LoftS3Piece *piece = fetch_once (engine,
                                       key,
                                       offset,
                                       length,
                                       &left,
                                       cancellable,
                                       &local_error);

      if (piece != NULL)
        return piece;

      /* An answer that ends too early is as good as none. */
      patience = MIN (left, patience - (g_get_monotonic_time () - before));
      if (g_cancellable_is_cancelled (cancellable) ||
          !g_error_matches (local_error,
                            LOFT_STORAGE_ERROR,
                            LOFT_STORAGE_ERROR_UNAVAILABLE) ||
          !loft_s3_engine_pause (tries, &patience))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return NULL;
        }
    }
}
