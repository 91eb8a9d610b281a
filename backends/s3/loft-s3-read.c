/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-s3-read.h"

#include "loft-s3-fetch.h"
#include "storage/loft-piece-stream.h"

#define LOFT_TYPE_S3_STREAM (loft_s3_stream_get_type ())
G_DECLARE_FINAL_TYPE (LoftS3Stream,
                      loft_s3_stream,
                      LOFT,
                      S3_STREAM,
                      LoftPieceStream)

/**
 * LoftS3Stream:
 *
 * An object of which a piece that gets lost is asked for again.
 */
struct _LoftS3Stream
{
  LoftPieceStream parent_instance;

  LoftS3Engine *engine; /* owned */
  char *key;            /* owned */
  char *etag;           /* owned, nullable */
  goffset size;         /* of the whole object */
};

G_DEFINE_FINAL_TYPE (LoftS3Stream, loft_s3_stream, LOFT_TYPE_PIECE_STREAM)

static void
loft_s3_stream_finalize (GObject *object)
{
  LoftS3Stream *self = LOFT_S3_STREAM (object);

  g_clear_pointer (&self->engine, loft_s3_engine_unref);
  g_free (self->key);
  g_free (self->etag);

  G_OBJECT_CLASS (loft_s3_stream_parent_class)->finalize (object);
}

static GBytes *
loft_s3_stream_fetch (LoftPieceStream *stream,
                      goffset offset,
                      gsize wanted,
                      GCancellable *cancellable,
                      GError **error)
{
  LoftS3Stream *self = LOFT_S3_STREAM (stream);
  g_autoptr (LoftS3Piece) piece = loft_s3_fetch (self->engine,
                                                 self->key,
                                                 offset,
                                                 (goffset) wanted,
                                                 cancellable,
                                                 error);

  if (piece == NULL)
    return NULL;
  if (g_strcmp0 (piece->etag, self->etag) != 0 || piece->size != self->size)
    {
      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_CORRUPT,
                   "“%s” was changed while it was read",
                   self->key);
      return NULL;
    }

  return g_bytes_ref (piece->bytes);
}

static void
loft_s3_stream_class_init (LoftS3StreamClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = loft_s3_stream_finalize;
  LOFT_PIECE_STREAM_CLASS (klass)->fetch = loft_s3_stream_fetch;
}

static void
loft_s3_stream_init (LoftS3Stream *self)
{
}

static GInputStream *
stream_new (LoftS3Engine *engine,
            const char *key,
            const LoftS3Piece *first,
            goffset offset,
            goffset length)
{
  LoftS3Stream *self = g_object_new (LOFT_TYPE_S3_STREAM, NULL);

  self->engine = loft_s3_engine_ref (engine);
  self->key = g_strdup (key);
  self->etag = g_strdup (first->etag);
  self->size = first->size;
  loft_piece_stream_begin (LOFT_PIECE_STREAM (self),
                           first->bytes,
                           offset,
                           length,
                           LOFT_S3_PIECE_SIZE);

  return G_INPUT_STREAM (self);
}

/**
 * loft_s3_read:
 * @engine: an engine
 * @key: an object's key
 * @offset: the first byte that is wanted
 * @length: how many bytes are wanted, or -1 for all that follow @offset
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Reads an object or a range of it: what fits into one piece is in memory
 * then, of anything larger the first piece.
 *
 * Returns: (transfer full): the object, or %NULL with @error set as by
 *   loft_storage_read()
 */
LoftObject *
loft_s3_read (LoftS3Engine *engine,
              const char *key,
              goffset offset,
              goffset length,
              GCancellable *cancellable,
              GError **error)
{
  g_return_val_if_fail (engine != NULL && key != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  goffset count =
    length == -1 ? LOFT_S3_PIECE_SIZE : MIN (length, LOFT_S3_PIECE_SIZE);
  g_autoptr (LoftS3Piece) piece =
    loft_s3_fetch (engine, key, offset, count, cancellable, error);

  if (piece == NULL)
    return NULL;

  goffset begin = MIN (offset, piece->size);
  goffset rest = piece->size - begin;
  goffset wanted = length == -1 ? rest : MIN (length, rest);
  const char *etag =
    wanted == piece->size && piece->size <= LOFT_STORAGE_DOCUMENT_MAX
      ? piece->etag
      : NULL;

  if ((goffset) g_bytes_get_size (piece->bytes) == wanted)
    return loft_object_new_bytes (piece->bytes,
                                  begin,
                                  piece->size,
                                  etag,
                                  piece->modified);

  g_autoptr (GInputStream) stream =
    stream_new (engine, key, piece, begin, wanted);

  return loft_object_new_stream (stream,
                                 begin,
                                 wanted,
                                 piece->size,
                                 etag,
                                 piece->modified);
}
