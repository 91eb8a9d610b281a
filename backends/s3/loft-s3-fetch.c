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

/* Whether the answer is the range that was asked for, or all of the object. */
static gboolean
take_range (LoftS3Piece *piece,
            const LoftS3Answer *answer,
            goffset offset,
            goffset length)
{
  goffset n = (goffset) g_bytes_get_size (answer->body);
  goffset start = 0;
  goffset last = 0;
  goffset total = -1;

  if (answer->status == SOUP_STATUS_OK)
    {
      if (offset > n)
        return FALSE;
      piece->size = n;
      piece->bytes = g_bytes_new_from_bytes (answer->body,
                                             (gsize) offset,
                                             (gsize) MIN (length, n - offset));
      return TRUE;
    }

  if (!soup_message_headers_get_content_range (answer->headers,
                                               &start,
                                               &last,
                                               &total) ||
      start != offset || total < offset + n || last - start + 1 != n ||
      n != MIN (length, total - offset))
    return FALSE;

  piece->size = total;
  piece->bytes = g_bytes_ref (answer->body);

  return TRUE;
}

/**
 * loft_s3_fetch:
 * @engine: an engine
 * @key: an object's key
 * @offset: the first byte that is wanted
 * @length: how many are wanted, at most %LOFT_S3_PIECE_SIZE
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Gets a part of an object into memory.
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
  g_return_val_if_fail (length <= LOFT_S3_PIECE_SIZE, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  gint64 patience = loft_s3_engine_get_config (engine)->timeout;

  if (length == 0 || offset > OFFSET_MAX)
    return fetch_nothing (engine, key, &patience, cancellable, error);

  g_autofree char *range =
    g_strdup_printf ("bytes=%" G_GOFFSET_FORMAT "-%" G_GOFFSET_FORMAT,
                     offset,
                     offset + length - 1);
  g_autoptr (LoftS3Request) request =
    loft_s3_engine_build_request (engine, "GET", key);
  loft_s3_request_add_header (request, "range", range);
  g_autoptr (LoftS3Answer) answer =
    loft_s3_engine_ask (engine,
                        request,
                        (gsize) LOFT_S3_PIECE_SIZE,
                        &patience,
                        cancellable,
                        error);

  if (answer == NULL)
    return NULL;
  if (answer->status == SOUP_STATUS_REQUESTED_RANGE_NOT_SATISFIABLE)
    return fetch_nothing (engine, key, &patience, cancellable, error);
  if (answer->status != SOUP_STATUS_OK &&
      answer->status != SOUP_STATUS_PARTIAL_CONTENT)
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
  piece->modified = loft_s3_answer_get_modified (answer);
  piece->etag = loft_s3_answer_dup_etag (answer);

  return g_steal_pointer (&piece);
}
