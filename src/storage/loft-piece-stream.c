/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "storage/loft-piece-stream.h"

#include <string.h>

/**
 * LoftPieceStream:
 *
 * A part of an object that is fetched piece by piece, as it is read. A reader
 * that is slow so holds no connection, and one piece of memory at most.
 */
typedef struct
{
  GBytes *piece; /* owned */
  gsize used;    /* of the piece */
  gsize most;    /* bytes of a piece */
  goffset next;  /* where the piece after it begins */
  goffset left;  /* how many bytes follow the piece */
} LoftPieceStreamPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (LoftPieceStream,
                                     loft_piece_stream,
                                     G_TYPE_INPUT_STREAM)

static void
loft_piece_stream_finalize (GObject *object)
{
  LoftPieceStreamPrivate *priv =
    loft_piece_stream_get_instance_private (LOFT_PIECE_STREAM (object));

  g_clear_pointer (&priv->piece, g_bytes_unref);

  G_OBJECT_CLASS (loft_piece_stream_parent_class)->finalize (object);
}

static void
take_piece (LoftPieceStreamPrivate *priv, GBytes *piece)
{
  g_clear_pointer (&priv->piece, g_bytes_unref);
  priv->piece = piece;
  priv->used = 0;
}

static gboolean
fetch_next (LoftPieceStream *self, GCancellable *cancellable, GError **error)
{
  LoftPieceStreamPrivate *priv = loft_piece_stream_get_instance_private (self);
  gsize wanted = (gsize) MIN (priv->left, (goffset) priv->most);

  take_piece (priv, g_bytes_new (NULL, 0));

  GBytes *piece = LOFT_PIECE_STREAM_GET_CLASS (self)->fetch (self,
                                                             priv->next,
                                                             wanted,
                                                             cancellable,
                                                             error);
  if (piece == NULL)
    return FALSE;

  goffset got = (goffset) g_bytes_get_size (piece);

  take_piece (priv, piece);
  priv->next += got;
  priv->left -= got;

  return TRUE;
}

static gssize
loft_piece_stream_read (GInputStream *stream,
                        void *buffer,
                        gsize count,
                        GCancellable *cancellable,
                        GError **error)
{
  LoftPieceStream *self = LOFT_PIECE_STREAM (stream);
  LoftPieceStreamPrivate *priv = loft_piece_stream_get_instance_private (self);

  if (priv->used == g_bytes_get_size (priv->piece) && priv->left > 0 &&
      !fetch_next (self, cancellable, error))
    return -1;

  gsize size = 0;
  const guchar *data = g_bytes_get_data (priv->piece, &size);
  gsize n = MIN (count, size - priv->used);

  if (n > 0)
    memcpy (buffer, data + priv->used, n);
  priv->used += n;

  return (gssize) n;
}

static void
loft_piece_stream_class_init (LoftPieceStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = loft_piece_stream_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = loft_piece_stream_read;
}

static void
loft_piece_stream_init (LoftPieceStream *self)
{
}

/**
 * loft_piece_stream_begin:
 * @self: a stream that is new
 * @first: the first piece
 * @offset: where it begins in the object
 * @length: how many bytes are to be read, those of @first included
 * @most: how many bytes to fetch at once
 *
 * Says what is to be read.
 */
void
loft_piece_stream_begin (LoftPieceStream *self,
                         GBytes *first,
                         goffset offset,
                         goffset length,
                         gsize most)
{
  g_return_if_fail (LOFT_IS_PIECE_STREAM (self));
  g_return_if_fail (first != NULL && most > 0);

  LoftPieceStreamPrivate *priv = loft_piece_stream_get_instance_private (self);
  goffset got = (goffset) g_bytes_get_size (first);

  take_piece (priv, g_bytes_ref (first));
  priv->most = most;
  priv->next = offset + got;
  priv->left = length - got;
}
