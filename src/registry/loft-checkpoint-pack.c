/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-checkpoint-pack.h"

#include <string.h>
#include <zstd.h>

#include "registry/loft-registry-error.h"

/* A large file as objects: compressed as one stream (RFC 8878), which is cut
 * into parts, so that no object is larger than a tarball may be and no more
 * than one part is in memory. What comes back is that very file or an error:
 * its size is known before a byte is written, and its digest compared. */

#define PART_SIZE (8 * 1024 * 1024)
#define PIECE_SIZE (256 * 1024)
#define LEVEL 3

/**
 * loft_packed_clear:
 * @self: what is known of a packed file
 *
 * Frees what @self points to.
 */
void
loft_packed_clear (LoftPacked *self)
{
  g_clear_pointer (&self->stem, g_free);
  g_clear_pointer (&self->sha256, g_free);
}

static char *
make_key (const char *stem, guint part)
{
  return g_strdup_printf ("%s-%05u.zst", stem, part);
}

static gboolean
is_right (size_t result, GError **error)
{
  if (!ZSTD_isError (result))
    return TRUE;

  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_CORRUPT,
               "The copy of the catalog can't be packed or unpacked: %s",
               ZSTD_getErrorName (result));

  return FALSE;
}

typedef struct
{
  LoftStorage *storage;      /* not owned */
  GCancellable *cancellable; /* not owned, nullable */
  LoftPacked *packed;        /* not owned */
  ZSTD_CCtx *context;        /* owned */
  guint8 *part;              /* owned */
  gsize used;
} Packer;

static gboolean
store_part (Packer *self, GError **error)
{
  g_autofree char *key = make_key (self->packed->stem, self->packed->parts);
  g_autoptr (GInputStream) stream =
    g_memory_input_stream_new_from_data (self->part, (gssize) self->used, NULL);

  if (!loft_storage_create (self->storage,
                            key,
                            stream,
                            (goffset) self->used,
                            self->cancellable,
                            error))
    return FALSE;
  self->packed->parts++;
  self->used = 0;

  return TRUE;
}

static gboolean
pack_piece (Packer *self,
            const void *data,
            gsize size,
            gboolean last,
            GError **error)
{
  ZSTD_inBuffer input = { data, size, 0 };

  for (;;)
    {
      ZSTD_outBuffer output = { self->part, PART_SIZE, self->used };
      size_t left = ZSTD_compressStream2 (self->context,
                                          &output,
                                          &input,
                                          last ? ZSTD_e_end : ZSTD_e_continue);

      if (!is_right (left, error))
        return FALSE;
      self->used = output.pos;
      if (self->used == PART_SIZE && !store_part (self, error))
        return FALSE;
      if (last ? left == 0 : input.pos == input.size)
        return TRUE;
    }
}

static gboolean
pack_stream (Packer *self, GInputStream *stream, GError **error)
{
  g_autofree guint8 *piece = g_malloc (PIECE_SIZE);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  for (;;)
    {
      gssize size = g_input_stream_read (stream,
                                         piece,
                                         PIECE_SIZE,
                                         self->cancellable,
                                         error);

      if (size == -1 || !pack_piece (self, piece, size, size == 0, error))
        return FALSE;
      if (size == 0)
        break;
      g_checksum_update (checksum, piece, size);
      self->packed->size += (guint64) size;
    }
  self->packed->sha256 = g_strdup (g_checksum_get_string (checksum));

  return self->used == 0 || store_part (self, error);
}

/**
 * loft_pack:
 * @storage: where the parts go
 * @path: a file that does not change
 * @stem: what their keys begin with; there is nothing of that name
 * @out_packed: (out): what loft_unpack() needs to know
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Stores a file. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #LoftStorageError or a
 *   #GIOError; some parts may be there then
 */
gboolean
loft_pack (LoftStorage *storage,
           const char *path,
           const char *stem,
           LoftPacked *out_packed,
           GCancellable *cancellable,
           GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (storage), FALSE);
  g_return_val_if_fail (path != NULL && stem != NULL, FALSE);
  g_return_val_if_fail (out_packed != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  LoftPacked packed = { .stem = g_strdup (stem) };
  Packer packer = { .storage = storage,
                    .cancellable = cancellable,
                    .packed = &packed,
                    .context = ZSTD_createCCtx (),
                    .part = g_malloc (PART_SIZE) };
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInputStream) stream = g_file_read (file, cancellable, error);
  gboolean done =
    stream != NULL &&
    is_right (
      ZSTD_CCtx_setParameter (packer.context, ZSTD_c_compressionLevel, LEVEL),
      error) &&
    is_right (
      ZSTD_CCtx_setParameter (packer.context, ZSTD_c_checksumFlag, TRUE),
      error) &&
    pack_stream (&packer, G_INPUT_STREAM (stream), error);

  ZSTD_freeCCtx (packer.context);
  g_free (packer.part);
  if (done)
    *out_packed = packed;
  else
    loft_packed_clear (&packed);

  return done;
}

typedef struct
{
  const LoftPacked *packed;  /* not owned */
  GCancellable *cancellable; /* not owned, nullable */
  ZSTD_DCtx *context;        /* owned */
  GOutputStream *stream;     /* not owned */
  GChecksum *checksum;       /* owned */
  guint8 *piece;             /* owned */
  guint64 size;
  gboolean ended;
} Unpacker;

static gboolean
fail (const LoftPacked *packed, GError **error)
{
  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_CORRUPT,
               "“%s” is not what was stored there",
               packed->stem);

  return FALSE;
}

static gboolean
unpack_part (Unpacker *self, GBytes *part, GError **error)
{
  ZSTD_inBuffer input = { .pos = 0 };
  gboolean full = FALSE;

  input.src = g_bytes_get_data (part, &input.size);
  while (input.pos < input.size || full)
    {
      ZSTD_outBuffer output = { self->piece, PIECE_SIZE, 0 };
      size_t left = ZSTD_decompressStream (self->context, &output, &input);

      if (!is_right (left, error))
        return FALSE;
      self->size += output.pos;
      if (self->size > self->packed->size || (self->ended && output.pos > 0))
        return fail (self->packed, error);
      if (!g_output_stream_write_all (self->stream,
                                      self->piece,
                                      output.pos,
                                      NULL,
                                      self->cancellable,
                                      error))
        return FALSE;
      g_checksum_update (self->checksum, self->piece, (gssize) output.pos);
      full = output.pos == output.size;
      self->ended = left == 0;
    }

  return TRUE;
}

static gboolean
unpack_parts (Unpacker *self, LoftStorage *storage, GError **error)
{
  for (guint i = 0; i < self->packed->parts; i++)
    {
      g_autofree char *key = make_key (self->packed->stem, i);
      g_autoptr (LoftObject) object =
        loft_storage_read (storage, key, 0, -1, self->cancellable, error);
      g_autoptr (GBytes) part =
        object != NULL
          ? loft_object_load (object, PART_SIZE, self->cancellable, error)
          : NULL;

      if (part == NULL || !unpack_part (self, part, error))
        return FALSE;
    }

  return (self->ended && self->size == self->packed->size &&
          g_str_equal (g_checksum_get_string (self->checksum),
                       self->packed->sha256)) ||
         fail (self->packed, error);
}

/**
 * loft_unpack:
 * @storage: where the parts are
 * @packed: what loft_pack() told
 * @path: where the file is to be; what is there is lost
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Brings a file back. Blocks.
 *
 * Returns: %TRUE, or %FALSE with @error set to a #LoftStorageError,
 *   %LOFT_REGISTRY_ERROR_CORRUPT or a #GIOError; something may be at @path then
 */
gboolean
loft_unpack (LoftStorage *storage,
             const LoftPacked *packed,
             const char *path,
             GCancellable *cancellable,
             GError **error)
{
  g_return_val_if_fail (LOFT_IS_STORAGE (storage), FALSE);
  g_return_val_if_fail (packed != NULL && path != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileOutputStream) stream = g_file_replace (file,
                                                         NULL,
                                                         FALSE,
                                                         G_FILE_CREATE_PRIVATE,
                                                         cancellable,
                                                         error);
  if (stream == NULL)
    return FALSE;

  Unpacker unpacker = { .packed = packed,
                        .cancellable = cancellable,
                        .context = ZSTD_createDCtx (),
                        .stream = G_OUTPUT_STREAM (stream),
                        .checksum = g_checksum_new (G_CHECKSUM_SHA256),
                        .piece = g_malloc (PIECE_SIZE) };
  gboolean done =
    unpack_parts (&unpacker, storage, error) &&
    g_output_stream_close (G_OUTPUT_STREAM (stream), cancellable, error);

  ZSTD_freeDCtx (unpacker.context);
  g_checksum_free (unpacker.checksum);
  g_free (unpacker.piece);

  return done;
}
