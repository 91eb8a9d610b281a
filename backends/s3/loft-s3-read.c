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
 * An object that comes by one request; what gets lost of it is asked for again.
 */
struct _LoftS3Stream
{
  LoftPieceStream parent_instance;

  LoftS3Engine *engine; /* owned */
  char *key;            /* owned */
  char *etag;           /* owned, nullable */
  goffset size;         /* of the whole object */
  goffset end;          /* where the part of it ends that is read */
  LoftS3Flow *flow;     /* owned, nullable: what comes next */
};

G_DEFINE_FINAL_TYPE (LoftS3Stream, loft_s3_stream, LOFT_TYPE_PIECE_STREAM)

static void
loft_s3_stream_finalize (GObject *object)
{
  LoftS3Stream *self = LOFT_S3_STREAM (object);

  g_clear_pointer (&self->engine, loft_s3_engine_unref);
  g_clear_pointer (&self->flow, loft_s3_flow_leave);
  g_free (self->key);
  g_free (self->etag);

  G_OBJECT_CLASS (loft_s3_stream_parent_class)->finalize (object);
}

/* Asks for what is missing, since it stopped to come. */
static GBytes *
ask_again (LoftS3Stream *self,
           goffset offset,
           GCancellable *cancellable,
           GError **error)
{
  g_autoptr (LoftS3Piece) piece = loft_s3_fetch (self->engine,
                                                 self->key,
                                                 offset,
                                                 self->end - offset,
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

  self->flow = g_steal_pointer (&piece->flow);

  return g_bytes_ref (piece->bytes);
}

static GBytes *
loft_s3_stream_fetch (LoftPieceStream *stream,
                      goffset offset,
                      gsize wanted,
                      GCancellable *cancellable,
                      GError **error)
{
  LoftS3Stream *self = LOFT_S3_STREAM (stream);
  g_autoptr (GBytes) chunk =
    self->flow != NULL ? loft_s3_flow_take (self->flow, cancellable, NULL)
                       : NULL;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;
  if (chunk == NULL)
    {
      g_clear_pointer (&self->flow, loft_s3_flow_leave);
      chunk = ask_again (self, offset, cancellable, error);
    }
  if (chunk == NULL || g_bytes_get_size (chunk) <= wanted)
    return g_steal_pointer (&chunk);

  return g_bytes_new_from_bytes (chunk, 0, wanted);
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
            LoftS3Piece *first,
            goffset offset)
{
  LoftS3Stream *self = g_object_new (LOFT_TYPE_S3_STREAM, NULL);

  self->engine = loft_s3_engine_ref (engine);
  self->key = g_strdup (key);
  self->etag = g_strdup (first->etag);
  self->size = first->size;
  self->end = offset + first->length;
  self->flow = g_steal_pointer (&first->flow);
  loft_piece_stream_begin (LOFT_PIECE_STREAM (self),
                           first->bytes,
                           offset,
                           first->length,
                           (gsize) first->length);

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
 * Reads an object or a range of it: what is small is in memory then, of
 * anything larger the beginning.
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

  g_autoptr (LoftS3Piece) piece =
    loft_s3_fetch (engine, key, offset, length, cancellable, error);

  if (piece == NULL)
    return NULL;

  goffset begin = MIN (offset, piece->size);
  const char *etag =
    piece->length == piece->size && piece->size <= LOFT_STORAGE_DOCUMENT_MAX
      ? piece->etag
      : NULL;

  if (piece->flow == NULL)
    return loft_object_new_bytes (piece->bytes,
                                  begin,
                                  piece->size,
                                  etag,
                                  piece->modified);

  g_autoptr (GInputStream) stream = stream_new (engine, key, piece, begin);

  return loft_object_new_stream (stream,
                                 begin,
                                 piece->length,
                                 piece->size,
                                 etag,
                                 piece->modified);
}
