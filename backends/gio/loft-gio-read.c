/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-gio-read.h"

#include "loft-gio-error.h"
#include "loft-gio-file.h"
#include "loft-gio-settle.h"
#include "storage/loft-piece-stream.h"
#include "storage/loft-storage.h"

/* How often a document may be replaced while it is read. */
#define ATTEMPTS 16

#define LOFT_TYPE_GIO_STREAM (loft_gio_stream_get_type ())
G_DECLARE_FINAL_TYPE (LoftGioStream,
                      loft_gio_stream,
                      LOFT,
                      GIO_STREAM,
                      LoftPieceStream)

/**
 * LoftGioStream:
 *
 * A file of which no stream of GVfs is kept open.
 */
struct _LoftGioStream
{
  LoftPieceStream parent_instance;

  LoftGioEngine *engine; /* owned */
  char *key;             /* owned */
};

G_DEFINE_FINAL_TYPE (LoftGioStream, loft_gio_stream, LOFT_TYPE_PIECE_STREAM)

static void
loft_gio_stream_finalize (GObject *object)
{
  LoftGioStream *self = LOFT_GIO_STREAM (object);

  g_clear_pointer (&self->engine, loft_gio_engine_unref);
  g_free (self->key);

  G_OBJECT_CLASS (loft_gio_stream_parent_class)->finalize (object);
}

static GBytes *
loft_gio_stream_fetch (LoftPieceStream *stream,
                       goffset offset,
                       gsize wanted,
                       GCancellable *cancellable,
                       GError **error)
{
  LoftGioStream *self = LOFT_GIO_STREAM (stream);
  g_autoptr (GBytes) piece =
    loft_gio_file_fetch (self->engine, self->key, offset, wanted, error);

  if (piece != NULL && g_bytes_get_size (piece) != wanted)
    {
      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_CORRUPT,
                   "“%s” became shorter while it was read",
                   self->key);
      return NULL;
    }

  return g_steal_pointer (&piece);
}

static void
loft_gio_stream_class_init (LoftGioStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = loft_gio_stream_finalize;
  LOFT_PIECE_STREAM_CLASS (klass)->fetch = loft_gio_stream_fetch;
}

static void
loft_gio_stream_init (LoftGioStream *self)
{
}

static GInputStream *
stream_new (LoftGioEngine *engine,
            const char *key,
            GBytes *first,
            goffset offset,
            goffset length)
{
  LoftGioStream *self = g_object_new (LOFT_TYPE_GIO_STREAM, NULL);

  self->engine = loft_gio_engine_ref (engine);
  self->key = g_strdup (key);
  loft_piece_stream_begin (LOFT_PIECE_STREAM (self),
                           first,
                           offset,
                           length,
                           LOFT_GIO_PIECE_SIZE);

  return G_INPUT_STREAM (self);
}

/* Gives %NULL without @error for a file that changed meanwhile. */
static LoftObject *
read_once (LoftGioEngine *engine,
           const char *key,
           goffset offset,
           goffset length,
           GError **error)
{
  LoftGioInfo info;

  if (!loft_gio_file_query (engine, key, &info, error))
    return NULL;
  if (!info.is_file)
    {
      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_NOT_FOUND,
                   "There is no “%s”",
                   key);
      return NULL;
    }

  goffset begin = MIN (offset, info.size);
  goffset rest = info.size - begin;
  goffset wanted = length == -1 ? rest : MIN (length, rest);
  gsize count = (gsize) MIN (wanted, LOFT_GIO_PIECE_SIZE);
  gboolean is_document =
    wanted == info.size && info.size <= LOFT_STORAGE_DOCUMENT_MAX;

  /* One byte more tells whether a document has grown. */
  g_autoptr (GBytes) piece =
    count > 0 ? loft_gio_file_fetch (engine,
                                     key,
                                     begin,
                                     count + (is_document ? 1 : 0),
                                     error)
              : g_bytes_new (NULL, 0);
  if (piece == NULL || g_bytes_get_size (piece) != count)
    return NULL;

  if ((goffset) count == wanted)
    return loft_object_new_bytes (piece, begin, info.size, NULL, info.modified);

  g_autoptr (GInputStream) stream =
    stream_new (engine, key, piece, begin, wanted);

  return loft_object_new_stream (stream,
                                 begin,
                                 wanted,
                                 info.size,
                                 NULL,
                                 info.modified);
}

/* Waits until @key is not being written, and open. */
static gboolean
wait_for_writer (LoftGioStore *store, const char *key, GError **error)
{
  if (!loft_gio_store_lock (store, key, error))
    return FALSE;

  gboolean open = loft_gio_settle_key (store, key, error);
  loft_gio_store_unlock (store, key);

  return open;
}

/**
 * loft_gio_read: (skip)
 * @store: a store
 * @key: a key
 * @offset: the first byte that is wanted
 * @length: how many bytes are wanted, or -1 for all that follow @offset
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Does what loft_storage_read() promises. While a document is replaced there is
 * none for a moment; who finds none then looks again.
 *
 * Returns: (transfer full): the object, or %NULL with @error set
 */
LoftObject *
loft_gio_read (LoftGioStore *store,
               const char *key,
               goffset offset,
               goffset length,
               GCancellable *cancellable,
               GError **error)
{
  for (guint i = 0; i < ATTEMPTS; i++)
    {
      g_autoptr (GError) local_error = NULL;
      guint64 swaps = loft_gio_store_get_swaps (store);

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return NULL;

      LoftObject *object =
        read_once (store->engine, key, offset, length, &local_error);
      if (object != NULL)
        return object;

      gboolean is_certain = swaps % 2 == 0 &&
                            swaps == loft_gio_store_get_swaps (store) &&
                            !loft_gio_store_is_closed (store, key);
      if (local_error != NULL &&
          (is_certain ||
           !loft_gio_error_is (local_error, LOFT_STORAGE_ERROR_NOT_FOUND)))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return NULL;
        }
      if (!is_certain && !wait_for_writer (store, key, error))
        return NULL;
    }

  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_UNAVAILABLE,
               "“%s” changes again and again",
               key);

  return NULL;
}
