/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "http/loft-encoder.h"

#include <zlib.h>
#include <zstd.h>

/* A long list is compressed anew after every change to it, so that has to be
 * quick; what is short is compressed once and read often. */
#define LONG_BODY (1024 * 1024)
#define GZIP_LEVEL_SHORT 6
#define GZIP_LEVEL_LONG 2
#define ZSTD_LEVEL 3

/* windowBits of zlib: the largest window, and a gzip header around it. */
#define GZIP_WINDOW (15 + 16)
#define GZIP_MEMORY 8

/**
 * LoftEncoder:
 *
 * Compresses bodies and keeps the results, the least recently used of which
 * leave first. A body that several requests want at once is compressed once.
 */
struct _LoftEncoder
{
  GObject parent_instance;

  gsize cache_max;
  gsize cached;        /* bytes of all entries */
  GHashTable *entries; /* owned: key to link in @recent */
  GQueue recent;       /* of owned Entry, newest first */
  GHashTable *builds;  /* owned: key to GPtrArray of owned GTask */
};

G_DEFINE_FINAL_TYPE (LoftEncoder, loft_encoder, G_TYPE_OBJECT)

typedef struct
{
  char *key;    /* owned */
  GBytes *body; /* owned */
} Entry;

typedef struct
{
  char *key;    /* owned */
  GBytes *body; /* owned */
  LoftCoding coding;
} Build;

static void
entry_free (Entry *entry)
{
  g_free (entry->key);
  g_bytes_unref (entry->body);
  g_free (entry);
}

static void
build_free (Build *build)
{
  g_free (build->key);
  g_bytes_unref (build->body);
  g_free (build);
}

static void
loft_encoder_finalize (GObject *object)
{
  LoftEncoder *self = LOFT_ENCODER (object);

  g_hash_table_unref (self->entries);
  g_hash_table_unref (self->builds);
  g_queue_clear_full (&self->recent, (GDestroyNotify) entry_free);

  G_OBJECT_CLASS (loft_encoder_parent_class)->finalize (object);
}

static void
loft_encoder_class_init (LoftEncoderClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = loft_encoder_finalize;
}

static void
loft_encoder_init (LoftEncoder *self)
{
  /* The key is the entry's own. */
  self->entries = g_hash_table_new (g_str_hash, g_str_equal);
  self->builds = g_hash_table_new_full (g_str_hash,
                                        g_str_equal,
                                        g_free,
                                        (GDestroyNotify) g_ptr_array_unref);
}

/**
 * loft_encoder_new:
 * @cache_max: bytes of compressed bodies to keep at most
 *
 * Makes an encoder with nothing in its cache.
 *
 * Returns: (transfer full): the encoder
 */
LoftEncoder *
loft_encoder_new (gsize cache_max)
{
  LoftEncoder *self = g_object_new (LOFT_TYPE_ENCODER, NULL);

  self->cache_max = cache_max;

  return self;
}

/**
 * loft_coding_get_name:
 * @coding: a coding
 *
 * Names a coding as `Content-Encoding` does.
 *
 * Returns: (transfer none) (nullable): the name; %NULL for the identity, which
 *   is not named there
 */
const char *
loft_coding_get_name (LoftCoding coding)
{
  switch (coding)
    {
    case LOFT_CODING_GZIP:
      return "gzip";
    case LOFT_CODING_ZSTD:
      return "zstd";
    case LOFT_CODING_IDENTITY:
    default:
      return NULL;
    }
}

static GBytes *
fail (GError **error, const char *problem)
{
  g_set_error (error,
               G_IO_ERROR,
               G_IO_ERROR_FAILED,
               "A body could not be compressed: %s",
               problem);

  return NULL;
}

static GBytes *
gzip (gconstpointer data, gsize size, GError **error)
{
  z_stream stream = { 0 };
  int level = size < LONG_BODY ? GZIP_LEVEL_SHORT : GZIP_LEVEL_LONG;

  if (size > G_MAXUINT32 / 2)
    return fail (error, "it is too long");
  if (deflateInit2 (&stream,
                    level,
                    Z_DEFLATED,
                    GZIP_WINDOW,
                    GZIP_MEMORY,
                    Z_DEFAULT_STRATEGY) != Z_OK)
    return fail (error, "there is no memory");

  gsize bound = deflateBound (&stream, (uLong) size);
  g_autofree guchar *packed = g_try_malloc (bound);
  int result = Z_MEM_ERROR;
  if (packed != NULL)
    {
      stream.next_in = (z_const Bytef *) data;
      stream.avail_in = (uInt) size;
      stream.next_out = packed;
      stream.avail_out = (uInt) bound;
      result = deflate (&stream, Z_FINISH);
    }
  gsize packed_size = stream.total_out;
  deflateEnd (&stream);
  if (result != Z_STREAM_END)
    return fail (error, "there is no memory");

  return g_bytes_new_take (g_realloc (g_steal_pointer (&packed), packed_size),
                           packed_size);
}

static GBytes *
zstd (gconstpointer data, gsize size, GError **error)
{
  gsize bound = ZSTD_compressBound (size);
  g_autofree guchar *packed = g_try_malloc (bound);

  if (packed == NULL)
    return fail (error, "there is no memory");

  gsize packed_size = ZSTD_compress (packed, bound, data, size, ZSTD_LEVEL);
  if (ZSTD_isError (packed_size))
    return fail (error, ZSTD_getErrorName (packed_size));

  return g_bytes_new_take (g_realloc (g_steal_pointer (&packed), packed_size),
                           packed_size);
}

static GBytes *
encode (GBytes *body, LoftCoding coding, GError **error)
{
  gsize size = 0;
  gconstpointer data = g_bytes_get_data (body, &size);

  switch (coding)
    {
    case LOFT_CODING_GZIP:
      return gzip (data, size, error);
    case LOFT_CODING_ZSTD:
      return zstd (data, size, error);
    case LOFT_CODING_IDENTITY:
    default:
      return g_bytes_ref (body);
    }
}

static char *
make_key (const char *digest, LoftCoding coding)
{
  return g_strconcat (digest, ".", loft_coding_get_name (coding), NULL);
}

static void
drop_last (LoftEncoder *self)
{
  Entry *entry = g_queue_pop_tail (&self->recent);

  self->cached -= g_bytes_get_size (entry->body);
  g_hash_table_remove (self->entries, entry->key);
  entry_free (entry);
}

static void
keep (LoftEncoder *self, const char *key, GBytes *body)
{
  gsize size = g_bytes_get_size (body);

  if (size > self->cache_max || g_hash_table_contains (self->entries, key))
    return;
  while (self->cached > self->cache_max - size)
    drop_last (self);

  Entry *entry = g_new0 (Entry, 1);
  entry->key = g_strdup (key);
  entry->body = g_bytes_ref (body);
  g_queue_push_head (&self->recent, entry);
  g_hash_table_insert (self->entries,
                       entry->key,
                       g_queue_peek_head_link (&self->recent));
  self->cached += size;
}

static GBytes *
find (LoftEncoder *self, const char *key)
{
  GList *link = g_hash_table_lookup (self->entries, key);

  if (link == NULL)
    return NULL;
  g_queue_unlink (&self->recent, link);
  g_queue_push_head_link (&self->recent, link);

  return g_bytes_ref (((Entry *) link->data)->body);
}

/**
 * loft_encoder_lookup:
 * @self: an encoder
 * @digest: digest of a body
 * @coding: a coding other than the identity
 *
 * Looks for a body that was compressed before.
 *
 * Returns: (transfer full) (nullable): the compressed body, or %NULL
 */
GBytes *
loft_encoder_lookup (LoftEncoder *self, const char *digest, LoftCoding coding)
{
  g_return_val_if_fail (LOFT_IS_ENCODER (self), NULL);
  g_return_val_if_fail (digest != NULL, NULL);

  g_autofree char *key = make_key (digest, coding);

  return find (self, key);
}

/**
 * loft_encoder_encode:
 * @self: an encoder
 * @body: a short body
 * @digest: digest of @body
 * @coding: a coding other than the identity
 * @error: return location for a #GError
 *
 * Compresses a body here and now, and keeps the result.
 *
 * Returns: (transfer full): the compressed body, or %NULL with @error set to
 *   %G_IO_ERROR_FAILED
 */
GBytes *
loft_encoder_encode (LoftEncoder *self,
                     GBytes *body,
                     const char *digest,
                     LoftCoding coding,
                     GError **error)
{
  g_return_val_if_fail (LOFT_IS_ENCODER (self), NULL);
  g_return_val_if_fail (body != NULL && digest != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autofree char *key = make_key (digest, coding);
  GBytes *encoded = find (self, key);
  if (encoded != NULL)
    return encoded;

  encoded = encode (body, coding, error);
  if (encoded != NULL)
    keep (self, key, encoded);

  return encoded;
}

static void
build_in_thread_cb (GTask *task,
                    gpointer source_object,
                    gpointer task_data,
                    GCancellable *cancellable)
{
  const Build *build = task_data;
  g_autoptr (GError) local_error = NULL;
  GBytes *encoded = encode (build->body, build->coding, &local_error);

  if (encoded != NULL)
    g_task_return_pointer (task, encoded, (GDestroyNotify) g_bytes_unref);
  else
    g_task_return_error (task, g_steal_pointer (&local_error));
}

static void
build_cb (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  LoftEncoder *self = LOFT_ENCODER (source_object);
  const Build *build = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GBytes) encoded =
    g_task_propagate_pointer (G_TASK (result), &local_error);
  g_autoptr (GPtrArray) waiting = NULL;
  g_autofree char *key = NULL;

  g_hash_table_steal_extended (self->builds,
                               build->key,
                               (gpointer *) &key,
                               (gpointer *) &waiting);
  if (encoded != NULL)
    keep (self, build->key, encoded);
  for (guint i = 0; i < waiting->len; i++)
    {
      GTask *task = g_ptr_array_index (waiting, i);

      if (encoded != NULL)
        g_task_return_pointer (task,
                               g_bytes_ref (encoded),
                               (GDestroyNotify) g_bytes_unref);
      else
        g_task_return_error (task, g_error_copy (local_error));
    }
}

/**
 * loft_encoder_encode_async:
 * @self: an encoder
 * @body: a body
 * @digest: digest of @body
 * @coding: a coding other than the identity
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Compresses a body in a thread, unless that was done before or is being done.
 */
void
loft_encoder_encode_async (LoftEncoder *self,
                           GBytes *body,
                           const char *digest,
                           LoftCoding coding,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_return_if_fail (LOFT_IS_ENCODER (self));
  g_return_if_fail (body != NULL && digest != NULL);

  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (task, loft_encoder_encode_async);

  g_autofree char *key = make_key (digest, coding);
  GBytes *encoded = find (self, key);
  if (encoded != NULL)
    {
      g_task_return_pointer (task, encoded, (GDestroyNotify) g_bytes_unref);
      return;
    }

  GPtrArray *waiting = g_hash_table_lookup (self->builds, key);
  if (waiting != NULL)
    {
      g_ptr_array_add (waiting, g_steal_pointer (&task));
      return;
    }

  waiting = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (waiting, g_steal_pointer (&task));
  g_hash_table_insert (self->builds, g_strdup (key), waiting);

  Build *build = g_new0 (Build, 1);
  build->key = g_steal_pointer (&key);
  build->body = g_bytes_ref (body);
  build->coding = coding;
  g_autoptr (GTask) work = g_task_new (self, NULL, build_cb, NULL);
  g_task_set_source_tag (work, build_cb);
  g_task_set_task_data (work, build, (GDestroyNotify) build_free);
  g_task_run_in_thread (work, build_in_thread_cb);
}

/**
 * loft_encoder_encode_finish:
 * @self: an encoder
 * @result: what the callback was given
 * @error: return location for a #GError
 *
 * Ends loft_encoder_encode_async().
 *
 * Returns: (transfer full): the compressed body, or %NULL with @error set to
 *   %G_IO_ERROR_FAILED
 */
GBytes *
loft_encoder_encode_finish (LoftEncoder *self,
                            GAsyncResult *result,
                            GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * loft_encoder_get_cached:
 * @self: an encoder
 *
 * Tells how much memory the kept bodies take.
 *
 * Returns: bytes
 */
gsize
loft_encoder_get_cached (LoftEncoder *self)
{
  g_return_val_if_fail (LOFT_IS_ENCODER (self), 0);

  return self->cached;
}
