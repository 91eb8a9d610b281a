/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-gio-read.h"

#include <string.h>

#include "loft-gio-error.h"
#include "loft-gio-settle.h"
#include "storage/loft-storage.h"

/* How often a document may be replaced while it is read. */
#define ATTEMPTS 16

#define LOFT_TYPE_GIO_STREAM (loft_gio_stream_get_type ())
G_DECLARE_FINAL_TYPE (LoftGioStream,
                      loft_gio_stream,
                      LOFT,
                      GIO_STREAM,
                      GInputStream)

/**
 * LoftGioStream:
 *
 * A file that is fetched piece by piece, as it is read, so that a reader that
 * is slow keeps no stream of GVfs open.
 */
struct _LoftGioStream
{
  GInputStream parent_instance;

  LoftGioEngine *engine; /* owned */
  char *key;             /* owned */
  GBytes *piece;         /* owned */
  gsize used;            /* of the piece */
  goffset next;          /* where the piece after it begins */
  goffset left;          /* how many bytes follow the piece */
};

G_DEFINE_FINAL_TYPE (LoftGioStream, loft_gio_stream, G_TYPE_INPUT_STREAM)

static void
loft_gio_stream_finalize (GObject *object)
{
  LoftGioStream *self = LOFT_GIO_STREAM (object);

  g_clear_pointer (&self->engine, loft_gio_engine_unref);
  g_free (self->key);
  g_clear_pointer (&self->piece, g_bytes_unref);

  G_OBJECT_CLASS (loft_gio_stream_parent_class)->finalize (object);
}

static gboolean
fetch_next (LoftGioStream *self, GError **error)
{
  gsize wanted = (gsize) MIN (self->left, LOFT_GIO_PIECE_SIZE);

  g_bytes_unref (self->piece);
  self->used = 0;
  self->piece = g_bytes_new (NULL, 0);

  g_autoptr (GBytes) piece =
    loft_gio_engine_fetch (self->engine, self->key, self->next, wanted, error);
  if (piece == NULL)
    return FALSE;
  if (g_bytes_get_size (piece) != wanted)
    {
      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_CORRUPT,
                   "“%s” became shorter while it was read",
                   self->key);
      return FALSE;
    }

  g_bytes_unref (self->piece);
  self->piece = g_steal_pointer (&piece);
  self->next += (goffset) wanted;
  self->left -= (goffset) wanted;

  return TRUE;
}

static gssize
loft_gio_stream_read (GInputStream *stream,
                      void *buffer,
                      gsize count,
                      GCancellable *cancellable,
                      GError **error)
{
  LoftGioStream *self = LOFT_GIO_STREAM (stream);

  if (self->used == g_bytes_get_size (self->piece) && self->left > 0 &&
      !fetch_next (self, error))
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
loft_gio_stream_class_init (LoftGioStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = loft_gio_stream_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = loft_gio_stream_read;
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
  goffset got = (goffset) g_bytes_get_size (first);

  self->engine = loft_gio_engine_ref (engine);
  self->key = g_strdup (key);
  self->piece = g_bytes_ref (first);
  self->next = offset + got;
  self->left = length - got;

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

  if (!loft_gio_engine_query (engine, key, &info, error))
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
    count > 0 ? loft_gio_engine_fetch (engine,
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
