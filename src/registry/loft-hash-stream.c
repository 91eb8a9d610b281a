/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-hash-stream.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "registry/loft-hex.h"
#include "registry/loft-registry-error.h"

#define SHA256_LENGTH 32
#define CHUNK (256 * 1024)

/**
 * LoftHashStream:
 *
 * Computes the digest of what is read through it. Where another one is
 * expected, its last bytes are a failure, so that whoever stores what is read
 * stores nothing.
 */
struct _LoftHashStream
{
  GFilterInputStream parent_instance;

  goffset left;          /* -1 where nobody knows */
  gnutls_hash_hd_t hash; /* owned, nullable once the end was read */
  char *expected;        /* owned, nullable */
  char *digest;          /* owned, nullable until the end was read */
};

G_DEFINE_FINAL_TYPE (LoftHashStream,
                     loft_hash_stream,
                     G_TYPE_FILTER_INPUT_STREAM)

static void
loft_hash_stream_finalize (GObject *object)
{
  LoftHashStream *self = LOFT_HASH_STREAM (object);

  if (self->hash != NULL)
    gnutls_hash_deinit (self->hash, NULL);
  g_free (self->expected);
  g_free (self->digest);

  G_OBJECT_CLASS (loft_hash_stream_parent_class)->finalize (object);
}

static void
end_hash (LoftHashStream *self)
{
  guint8 digest[SHA256_LENGTH];

  gnutls_hash_deinit (self->hash, digest);
  self->hash = NULL;
  self->digest = loft_hex_encode (digest, sizeof digest);
}

static gssize
loft_hash_stream_read (GInputStream *stream,
                       void *buffer,
                       gsize count,
                       GCancellable *cancellable,
                       GError **error)
{
  LoftHashStream *self = LOFT_HASH_STREAM (stream);
  GInputStream *base =
    g_filter_input_stream_get_base_stream (G_FILTER_INPUT_STREAM (stream));
  gssize got = g_input_stream_read (base, buffer, count, cancellable, error);

  if (got > 0 && self->hash != NULL)
    gnutls_hash (self->hash, buffer, (gsize) got);
  if (got > 0 && self->left > 0)
    self->left = MAX (self->left - got, 0);
  if (((got == 0 && count > 0) || (got > 0 && self->left == 0)) &&
      self->hash != NULL)
    end_hash (self);
  if (got < 0 || !loft_hash_stream_is_refused (self))
    return got;

  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_CORRUPT,
                       "What was read is not what was expected");

  return -1;
}

static void
loft_hash_stream_class_init (LoftHashStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = loft_hash_stream_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = loft_hash_stream_read;
}

static void
loft_hash_stream_init (LoftHashStream *self)
{
  if (gnutls_hash_init (&self->hash, GNUTLS_DIG_SHA256) < 0)
    g_critical ("GnuTLS offers no SHA-256");
}

/**
 * loft_hash_stream_new:
 * @base: what to read
 * @size: how many bytes there are, or -1
 * @expected: (nullable): its SHA-256, in hex, if it is known
 *
 * Makes a stream that yields what @base does.
 *
 * Returns: (transfer full): the stream
 */
GInputStream *
loft_hash_stream_new (GInputStream *base, goffset size, const char *expected)
{
  g_return_val_if_fail (G_IS_INPUT_STREAM (base), NULL);

  LoftHashStream *self = g_object_new (LOFT_TYPE_HASH_STREAM,
                                       "base-stream",
                                       base,
                                       "close-base-stream",
                                       FALSE,
                                       NULL);

  self->left = size;
  self->expected = g_strdup (expected);
  if (size == 0 && self->hash != NULL)
    end_hash (self);

  return G_INPUT_STREAM (self);
}

/**
 * loft_hash_stream_is_refused:
 * @self: a stream
 *
 * Returns: whether the end was read, and something else was expected
 */
gboolean
loft_hash_stream_is_refused (LoftHashStream *self)
{
  g_return_val_if_fail (LOFT_IS_HASH_STREAM (self), FALSE);

  return self->expected != NULL && self->digest != NULL &&
         !g_str_equal (self->expected, self->digest);
}

/**
 * loft_hash_stream_get_digest:
 * @self: a stream
 *
 * Returns: (nullable): SHA-256 in hex, or %NULL as long as the end was not read
 */
const char *
loft_hash_stream_get_digest (LoftHashStream *self)
{
  g_return_val_if_fail (LOFT_IS_HASH_STREAM (self), NULL);

  return self->digest;
}

/**
 * loft_hash_stream_drain:
 * @base: what to read
 * @out_size: (out) (optional): how many bytes there were
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Reads a stream up to its end. Blocks.
 *
 * Returns: (transfer full): SHA-256 in hex, or %NULL with @error set
 */
char *
loft_hash_stream_drain (GInputStream *base,
                        goffset *out_size,
                        GCancellable *cancellable,
                        GError **error)
{
  g_autoptr (GInputStream) stream = loft_hash_stream_new (base, -1, NULL);
  g_autofree char *chunk = g_malloc (CHUNK);
  goffset size = 0;
  gssize got;

  while (
    (got = g_input_stream_read (stream, chunk, CHUNK, cancellable, error)) > 0)
    size += got;
  if (got < 0)
    return NULL;
  if (out_size != NULL)
    *out_size = size;

  return g_strdup (loft_hash_stream_get_digest (LOFT_HASH_STREAM (stream)));
}
