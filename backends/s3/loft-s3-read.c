/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-s3-read.h"

#include <string.h>

#include "loft-s3-fetch.h"

#define LOFT_TYPE_S3_STREAM (loft_s3_stream_get_type ())
G_DECLARE_FINAL_TYPE (LoftS3Stream,
                      loft_s3_stream,
                      LOFT,
                      S3_STREAM,
                      GInputStream)

/**
 * LoftS3Stream:
 *
 * An object that is fetched piece by piece, as it is read. A reader that is
 * slow so holds no connection, and a piece that gets lost is asked for again.
 */
struct _LoftS3Stream
{
  GInputStream parent_instance;

  LoftS3Engine *engine; /* owned */
  char *key;            /* owned */
  char *etag;           /* owned, nullable */
  goffset size;         /* of the whole object */

  GBytes *piece; /* owned */
  gsize used;    /* of the piece */
  goffset next;  /* where the piece after it begins */
  goffset left;  /* how many bytes follow the piece */
};

G_DEFINE_FINAL_TYPE (LoftS3Stream, loft_s3_stream, G_TYPE_INPUT_STREAM)

static void
loft_s3_stream_finalize (GObject *object)
{
  LoftS3Stream *self = LOFT_S3_STREAM (object);

  g_clear_pointer (&self->engine, loft_s3_engine_unref);
  g_free (self->key);
  g_free (self->etag);
  g_clear_pointer (&self->piece, g_bytes_unref);

  G_OBJECT_CLASS (loft_s3_stream_parent_class)->finalize (object);
}

static gboolean
fetch_next (LoftS3Stream *self, GCancellable *cancellable, GError **error)
{
  goffset wanted = MIN (self->left, LOFT_S3_PIECE_SIZE);
  g_autoptr (LoftS3Piece) piece = loft_s3_fetch (self->engine,
                                                 self->key,
                                                 self->next,
                                                 wanted,
                                                 cancellable,
                                                 error);

  if (piece == NULL)
    return FALSE;
  if (g_strcmp0 (piece->etag, self->etag) != 0 || piece->size != self->size)
    {
      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_CORRUPT,
                   "“%s” was changed while it was read",
                   self->key);
      return FALSE;
    }

  g_bytes_unref (self->piece);
  self->piece = g_bytes_ref (piece->bytes);
  self->used = 0;
  self->next += wanted;
  self->left -= wanted;

  return TRUE;
}

static gssize
loft_s3_stream_read (GInputStream *stream,
                     void *buffer,
                     gsize count,
                     GCancellable *cancellable,
                     GError **error)
{
  LoftS3Stream *self = LOFT_S3_STREAM (stream);

  if (self->used == g_bytes_get_size (self->piece) && self->left > 0 &&
      !fetch_next (self, cancellable, error))
    return -1;

  gsize size = 0;
  const guchar *data = g_bytes_get_data (self->piece, &size);
  gsize n = MIN (count, size - self->used);

  if (n > 0)
    memcpy (buffer, data + self->used, n);
  self->used += n;

  return (gssize) n;
}

static void
loft_s3_stream_class_init (LoftS3StreamClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = loft_s3_stream_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = loft_s3_stream_read;
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
  goffset got = (goffset) g_bytes_get_size (first->bytes);

  self->engine = loft_s3_engine_ref (engine);
  self->key = g_strdup (key);
  self->etag = g_strdup (first->etag);
  self->size = first->size;
  self->piece = g_bytes_ref (first->bytes);
  self->next = offset + got;
  self->left = length - got;

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
