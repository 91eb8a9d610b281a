/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-gio-file.h"

#include <string.h>

#include "loft-gio-error.h"
#include "loft-gio-request.h"
#include "storage/loft-storage.h"

#define ATTRIBUTES                                                             \
  G_FILE_ATTRIBUTE_STANDARD_NAME                                               \
  "," G_FILE_ATTRIBUTE_STANDARD_TYPE "," G_FILE_ATTRIBUTE_STANDARD_SIZE        \
  "," G_FILE_ATTRIBUTE_TIME_MODIFIED "," G_FILE_ATTRIBUTE_TIME_MODIFIED_USEC

static void
take_info (LoftGioInfo *info, GFileInfo *source)
{
  g_autoptr (GDateTime) modified =
    g_file_info_get_modification_date_time (source);

  info->is_file = g_file_info_get_file_type (source) == G_FILE_TYPE_REGULAR;
  info->size = MAX (g_file_info_get_size (source), 0);
  if (modified != NULL)
    info->modified = g_date_time_to_unix (modified) * G_USEC_PER_SEC +
                     g_date_time_get_microsecond (modified);
}

static gpointer
query_cb (gpointer data, GCancellable *cancellable, GError **error)
{
  LoftGioRequest *request = data;

  return g_file_query_info (request->file,
                            ATTRIBUTES,
                            G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS,
                            cancellable,
                            error);
}

/* Whether @path leads through a file, to which a WebDAV server says only that
 * this is a bad request. */
static gboolean
leads_through_file (LoftGioEngine *engine, const char *path)
{
  const char *slash = strrchr (path, '/');
  g_autoptr (GError) local_error = NULL;
  LoftGioInfo info;

  if (slash == NULL ||
      loft_gio_mount_is_suspect (loft_gio_engine_get_mount (engine)))
    return FALSE;

  g_autofree char *parent = g_strndup (path, (gsize) (slash - path));

  return loft_gio_file_query (engine, parent, &info, &local_error)
           ? info.is_file
           : loft_gio_error_is (local_error, LOFT_STORAGE_ERROR_NOT_FOUND);
}

/**
 * loft_gio_file_query: (skip)
 * @engine: an engine
 * @path: a path below the root
 * @out_info: (out caller-allocates): what there is
 * @error: return location for a #GError
 *
 * Looks at what has a name.
 *
 * Returns: whether there is something; else @error is set
 */
gboolean
loft_gio_file_query (LoftGioEngine *engine,
                     const char *path,
                     LoftGioInfo *out_info,
                     GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GFileInfo) info =
    loft_gio_request_look (loft_gio_request_new (engine, path),
                           engine,
                           query_cb,
                           g_object_unref,
                           &local_error);

  memset (out_info, 0, sizeof *out_info);
  if (info != NULL)
    {
      take_info (out_info, info);
      return TRUE;
    }

  if (loft_gio_error_is (local_error, LOFT_STORAGE_ERROR_UNAVAILABLE) &&
      leads_through_file (engine, path))
    local_error->code = LOFT_STORAGE_ERROR_NOT_FOUND;
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

static gpointer
fetch_cb (gpointer data, GCancellable *cancellable, GError **error)
{
  LoftGioRequest *request = data;
  g_autoptr (GFileInputStream) stream =
    g_file_read (request->file, cancellable, error);
  gsize n = 0;

  if (stream == NULL)
    return NULL;

  g_autofree guchar *content = g_malloc (MAX (request->length, 1));
  gboolean done = (request->offset == 0 || g_seekable_seek (G_SEEKABLE (stream),
                                                            request->offset,
                                                            G_SEEK_SET,
                                                            cancellable,
                                                            error)) &&
                  g_input_stream_read_all (G_INPUT_STREAM (stream),
                                           content,
                                           request->length,
                                           &n,
                                           cancellable,
                                           error);

  /* An open stream counts against the bound even if reading it failed. */
  g_input_stream_close (G_INPUT_STREAM (stream), NULL, NULL);

  return done ? g_bytes_new_take (g_steal_pointer (&content), n) : NULL;
}

/**
 * loft_gio_file_fetch: (skip)
 * @engine: an engine
 * @path: a path below the root
 * @offset: the first byte that is wanted
 * @length: how many are wanted, at most %LOFT_GIO_PIECE_SIZE
 * @error: return location for a #GError
 *
 * Gets a part of a file into memory.
 *
 * Returns: (transfer full): what there is of it, or %NULL with @error set
 */
GBytes *
loft_gio_file_fetch (LoftGioEngine *engine,
                     const char *path,
                     goffset offset,
                     gsize length,
                     GError **error)
{
  LoftGioRequest *request = loft_gio_request_new (engine, path);

  request->offset = offset;
  request->length = length;

  return loft_gio_request_look (request,
                                engine,
                                fetch_cb,
                                (GDestroyNotify) g_bytes_unref,
                                error);
}

static gpointer
enumerate_cb (gpointer data, GCancellable *cancellable, GError **error)
{
  LoftGioRequest *request = data;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GFileEnumerator) children =
    g_file_enumerate_children (request->file,
                               ATTRIBUTES,
                               G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS,
                               cancellable,
                               error);

  if (children == NULL)
    return NULL;

  for (;;)
    {
      g_autoptr (GFileInfo) info =
        g_file_enumerator_next_file (children, cancellable, &local_error);
      if (info == NULL)
        break;

      GFileType type = g_file_info_get_file_type (info);
      const char *name = g_file_info_get_name (info);

      if (type == G_FILE_TYPE_DIRECTORY)
        g_ptr_array_add (names, g_strconcat (name, "/", NULL));
      else if (type == G_FILE_TYPE_REGULAR)
        g_ptr_array_add (names, g_strdup (name));
    }

  g_file_enumerator_close (children, NULL, NULL);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  return g_steal_pointer (&names);
}

/**
 * loft_gio_file_enumerate: (skip)
 * @engine: an engine
 * @path: a folder below the root, or the empty string
 * @error: return location for a #GError
 *
 * Returns: (transfer full) (element-type utf8): the names in it, those of
 *   folders with a slash at the end; or %NULL with @error set
 */
GPtrArray *
loft_gio_file_enumerate (LoftGioEngine *engine,
                         const char *path,
                         GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GError) look_error = NULL;
  LoftGioInfo info;
  GPtrArray *names = loft_gio_request_look (loft_gio_request_new (engine, path),
                                            engine,
                                            enumerate_cb,
                                            (GDestroyNotify) g_ptr_array_unref,
                                            &local_error);

  if (names != NULL)
    return names;

  if (loft_gio_error_is (local_error, LOFT_STORAGE_ERROR_UNAVAILABLE) &&
      !loft_gio_mount_is_suspect (loft_gio_engine_get_mount (engine)) &&
      (loft_gio_file_query (engine, path, &info, &look_error)
         ? info.is_file
         : loft_gio_error_is (look_error, LOFT_STORAGE_ERROR_NOT_FOUND)))
    local_error->code = LOFT_STORAGE_ERROR_NOT_FOUND;
  g_propagate_error (error, g_steal_pointer (&local_error));

  return NULL;
}

static gboolean
change (LoftGioEngine *engine,
        LoftGioFunction function,
        const char *path,
        const char *name,
        GError **error)
{
  LoftGioRequest *request = loft_gio_request_new (engine, path);

  request->name = g_strdup (name);

  g_autoptr (GFile) changed =
    loft_gio_request_run (request, engine, function, g_object_unref, error);

  return changed != NULL;
}

/* Moving by g_file_move() would block a WebDAV mount for good after 32 times.
 * A new name in the same folder does the same and has no such flaw. It is never
 * taken if something has it. */
static gpointer
rename_cb (gpointer data, GCancellable *cancellable, GError **error)
{
  LoftGioRequest *request = data;

  return g_file_set_display_name (request->file,
                                  request->name,
                                  cancellable,
                                  error);
}

/**
 * loft_gio_file_rename: (skip)
 * @engine: an engine
 * @path: a path below the root
 * @name: its new name, in the same folder
 * @error: return location for a #GError
 *
 * Gives something another name, if nothing has that.
 *
 * Returns: whether it has it now; else @error is set
 */
gboolean
loft_gio_file_rename (LoftGioEngine *engine,
                      const char *path,
                      const char *name,
                      GError **error)
{
  return change (engine, rename_cb, path, name, error);
}

static gpointer
delete_cb (gpointer data, GCancellable *cancellable, GError **error)
{
  LoftGioRequest *request = data;

  return g_file_delete (request->file, cancellable, error)
           ? g_object_ref (request->file)
           : NULL;
}

/**
 * loft_gio_file_delete: (skip)
 * @engine: an engine
 * @path: a path below the root
 * @error: return location for a #GError
 *
 * Deletes a file, or a folder that is empty.
 *
 * Returns: whether it is gone by this call; else @error is set
 */
gboolean
loft_gio_file_delete (LoftGioEngine *engine, const char *path, GError **error)
{
  return change (engine, delete_cb, path, NULL, error);
}

static gpointer
make_folder_cb (gpointer data, GCancellable *cancellable, GError **error)
{
  LoftGioRequest *request = data;

  return g_file_make_directory (request->file, cancellable, error)
           ? g_object_ref (request->file)
           : NULL;
}

/**
 * loft_gio_file_make_folder: (skip)
 * @engine: an engine
 * @path: a path below the root
 * @error: return location for a #GError
 *
 * Makes a folder; of several that try at the same time one succeeds.
 *
 * Returns: whether it is made by this call; else @error is set
 */
gboolean
loft_gio_file_make_folder (LoftGioEngine *engine,
                           const char *path,
                           GError **error)
{
  return change (engine, make_folder_cb, path, NULL, error);
}
