/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-gio-upload.h"

#include <string.h>

#include "loft-gio-error.h"
#include "loft-gio-file.h"
#include "storage/loft-storage.h"

#define CHUNK_SIZE (256 * 1024)

/* WebDAV sends nothing before the stream is closed, so the last call may take
 * a µs for each byte: a megabyte a second. */
#define CLOSE_TIME(size) ((gint64) (size))

/* A stream that is being written. A call that got stuck keeps it, and the slot
 * it takes, until it returns. */
typedef struct
{
  gatomicrefcount ref_count;
  LoftGioEngine *engine; /* owned */
  GFile *file;           /* owned */
  GOutputStream *stream; /* owned, nullable */
} Upload;

typedef struct
{
  Upload *upload; /* owned */
  GBytes *chunk;  /* owned, nullable */
} Step;

static void
upload_unref (Upload *upload)
{
  if (!g_atomic_ref_count_dec (&upload->ref_count))
    return;

  g_clear_object (&upload->stream);
  g_object_unref (upload->file);
  loft_gio_engine_give_slot (upload->engine);
  loft_gio_engine_unref (upload->engine);
  g_free (upload);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Upload, upload_unref)

static void
step_free (gpointer data)
{
  Step *step = data;

  upload_unref (step->upload);
  g_clear_pointer (&step->chunk, g_bytes_unref);
  g_free (step);
}

static void
forget_cb (gpointer data)
{
}

static gboolean
run_step (Upload *upload,
          LoftGioFunction function,
          GBytes *chunk,
          gint64 timeout,
          GError **error)
{
  Step *step = g_new0 (Step, 1);

  g_atomic_ref_count_inc (&upload->ref_count);
  step->upload = upload;
  step->chunk = chunk != NULL ? g_bytes_ref (chunk) : NULL;

  return loft_gio_engine_run (upload->engine,
                              function,
                              step,
                              step_free,
                              forget_cb,
                              timeout,
                              error) != NULL;
}

static gpointer
open_cb (gpointer data, GCancellable *cancellable, GError **error)
{
  Step *step = data;

  step->upload->stream = G_OUTPUT_STREAM (
    g_file_create (step->upload->file, G_FILE_CREATE_NONE, cancellable, error));

  return step->upload->stream;
}

static gpointer
write_cb (gpointer data, GCancellable *cancellable, GError **error)
{
  Step *step = data;
  gsize size = 0;
  const void *content = g_bytes_get_data (step->chunk, &size);

  return g_output_stream_write_all (step->upload->stream,
                                    content,
                                    size,
                                    NULL,
                                    cancellable,
                                    error)
           ? step
           : NULL;
}

static gpointer
close_cb (gpointer data, GCancellable *cancellable, GError **error)
{
  Step *step = data;

  return g_output_stream_close (step->upload->stream, cancellable, error)
           ? step
           : NULL;
}

static gboolean
refuse_size (goffset size, GError **error)
{
  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_FAILED,
               "The content does not have the %" G_GOFFSET_FORMAT
               " bytes that were announced",
               size);

  return FALSE;
}

/* What fails here and is no LOFT_STORAGE_ERROR is the content's own affair. */
static gboolean
send_all (Upload *upload,
          const char *path,
          GInputStream *content,
          goffset size,
          GChecksum *checksum,
          GCancellable *cancellable,
          GError **error)
{
  gint64 timeout = loft_gio_engine_get_timeout (upload->engine);

  for (goffset left = size;;)
    {
      gsize n = 0;
      g_autofree guchar *data = g_malloc (CHUNK_SIZE);
      g_autoptr (GError) local_error = NULL;

      if (!g_input_stream_read_all (content,
                                    data,
                                    CHUNK_SIZE,
                                    &n,
                                    cancellable,
                                    error))
        return FALSE;
      if ((goffset) n > left || (n < CHUNK_SIZE && (goffset) n < left))
        return refuse_size (size, error);
      if (n == 0)
        return TRUE;

      left -= (goffset) n;
      g_checksum_update (checksum, data, (gssize) n);
      g_autoptr (GBytes) chunk = g_bytes_new_take (g_steal_pointer (&data), n);
      if (!run_step (upload, write_cb, chunk, timeout, &local_error))
        {
          loft_gio_error_translate (&local_error, path);
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
    }
}

static gboolean
send (LoftGioEngine *engine,
      const char *path,
      GInputStream *content,
      goffset size,
      GChecksum *checksum,
      GCancellable *cancellable,
      GError **error)
{
  if (!loft_gio_engine_take_slot (engine, error))
    return FALSE;

  g_autoptr (Upload) upload = g_new0 (Upload, 1);
  g_autoptr (GError) local_error = NULL;
  gint64 timeout = loft_gio_engine_get_timeout (engine);

  g_atomic_ref_count_init (&upload->ref_count);
  upload->engine = loft_gio_engine_ref (engine);
  upload->file =
    g_file_resolve_relative_path (loft_gio_engine_get_root (engine), path);

  if (!run_step (upload, open_cb, NULL, timeout, &local_error))
    {
      loft_gio_error_translate (&local_error, path);
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  gboolean sent =
    send_all (upload, path, content, size, checksum, cancellable, error);

  /* It has to be closed here in any case: letting go of it would close it too,
   * but without an end. */
  gboolean closed = run_step (upload,
                              close_cb,
                              NULL,
                              timeout + CLOSE_TIME (size),
                              &local_error);
  if (!sent)
    return FALSE;
  if (!closed)
    {
      loft_gio_error_translate (&local_error, path);
      g_propagate_error (error, g_steal_pointer (&local_error));
    }

  return closed;
}

/* Reads back what is stored, since a server may have taken less than all. */
static gboolean
verify (LoftGioEngine *engine,
        const char *path,
        goffset size,
        GChecksum *sent,
        GError **error)
{
  LoftGioInfo info;
  g_autoptr (GChecksum) stored = g_checksum_new (G_CHECKSUM_SHA256);
  goffset offset = 0;

  if (!loft_gio_file_query (engine, path, &info, error))
    return FALSE;

  while (info.size == size && offset < size)
    {
      gsize wanted = (gsize) MIN (size - offset, LOFT_GIO_PIECE_SIZE);
      g_autoptr (GBytes) piece =
        loft_gio_file_fetch (engine, path, offset, wanted, error);

      if (piece == NULL)
        return FALSE;
      if (g_bytes_get_size (piece) == 0)
        break;
      g_checksum_update (stored,
                         g_bytes_get_data (piece, NULL),
                         (gssize) g_bytes_get_size (piece));
      offset += (goffset) g_bytes_get_size (piece);
    }

  if (offset == size && info.size == size &&
      g_str_equal (g_checksum_get_string (stored),
                   g_checksum_get_string (sent)))
    return TRUE;

  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_UNAVAILABLE,
               "“%s” is not stored as it was sent",
               path);

  return FALSE;
}

/**
 * loft_gio_upload: (skip)
 * @engine: an engine
 * @path: a path that nothing else has, or ever has had
 * @content: what to store there
 * @size: how many bytes that must be
 * @cancellable: (nullable): a cancellable, for reading @content
 * @error: return location for a #GError
 *
 * Stores @content, and reads it back. What fails may still be stored, at once
 * or later; but only at @path, where nobody looks for it.
 *
 * Returns: whether it is stored whole; else @error is set
 */
gboolean
loft_gio_upload (LoftGioEngine *engine,
                 const char *path,
                 GInputStream *content,
                 goffset size,
                 GCancellable *cancellable,
                 GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  if (send (engine, path, content, size, checksum, cancellable, &local_error) &&
      verify (engine, path, size, checksum, &local_error))
    return TRUE;

  /* Nothing is stored under the key, so that much is known. */
  if (loft_gio_error_is (local_error, LOFT_STORAGE_ERROR_UNKNOWN) ||
      loft_gio_error_is (local_error, LOFT_STORAGE_ERROR_NOT_FOUND) ||
      loft_gio_error_is (local_error, LOFT_STORAGE_ERROR_EXISTS))
    local_error->code = LOFT_STORAGE_ERROR_UNAVAILABLE;
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

/**
 * loft_gio_upload_text: (skip)
 * @engine: an engine
 * @path: a path that nothing else has, or ever has had
 * @text: what to store there
 * @error: return location for a #GError
 *
 * Does what loft_gio_upload() does with a text.
 *
 * Returns: whether it is stored whole; else @error is set
 */
gboolean
loft_gio_upload_text (LoftGioEngine *engine,
                      const char *path,
                      const char *text,
                      GError **error)
{
  gsize size = strlen (text);
  g_autoptr (GInputStream) stream =
    g_memory_input_stream_new_from_data (text, (gssize) size, NULL);

  return loft_gio_upload (engine, path, stream, (goffset) size, NULL, error);
}
