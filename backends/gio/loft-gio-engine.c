/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-gio-engine.h"

#include <string.h>

#include "loft-gio-error.h"
#include "storage/loft-storage.h"

/* A mount of GVfs stops working with 32 open streams. Each call opens one at
 * most, and uploads keep to a bound of their own. */
#define N_THREADS 12
#define N_SLOTS 8

#define ATTRIBUTES                                                             \
  G_FILE_ATTRIBUTE_STANDARD_NAME                                               \
  "," G_FILE_ATTRIBUTE_STANDARD_TYPE "," G_FILE_ATTRIBUTE_STANDARD_SIZE        \
  "," G_FILE_ATTRIBUTE_TIME_MODIFIED "," G_FILE_ATTRIBUTE_TIME_MODIFIED_USEC

/* The primitive operations on names below one root, each with a timeout. All
 * errors are LOFT_STORAGE_ERROR. */
struct _LoftGioEngine
{
  gatomicrefcount ref_count;
  GFile *root;         /* owned */
  LoftGioMount *mount; /* owned */
  LoftGioCalls *calls; /* owned */
  gint64 timeout;      /* of one call, in µs */

  GMutex lock; /* guards what follows */
  GCond freed;
  guint n_slots; /* that are free */
};

typedef struct
{
  gatomicrefcount ref_count;
  GFile *file; /* owned */
  char *name;  /* owned, nullable */
  goffset offset;
  gsize length;
} Request;

static void
request_unref (gpointer data)
{
  Request *request = data;

  if (!g_atomic_ref_count_dec (&request->ref_count))
    return;

  g_object_unref (request->file);
  g_free (request->name);
  g_free (request);
}

/**
 * loft_gio_engine_new: (skip)
 * @root: the folder that holds the store
 * @mount: (transfer full): keeps it mounted
 * @timeout: how long a call may take, in µs
 *
 * Returns: (transfer full): an engine
 */
LoftGioEngine *
loft_gio_engine_new (GFile *root, LoftGioMount *mount, gint64 timeout)
{
  LoftGioEngine *self = g_new0 (LoftGioEngine, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->root = g_object_ref (root);
  self->mount = mount;
  self->calls = loft_gio_calls_new (N_THREADS);
  self->timeout = timeout;
  self->n_slots = N_SLOTS;
  g_mutex_init (&self->lock);
  g_cond_init (&self->freed);

  return self;
}

/**
 * loft_gio_engine_ref: (skip)
 * @self: an engine
 *
 * Returns: (transfer full): @self
 */
LoftGioEngine *
loft_gio_engine_ref (LoftGioEngine *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

/**
 * loft_gio_engine_unref: (skip)
 * @self: (transfer full): an engine
 *
 * Lets go of @self.
 */
void
loft_gio_engine_unref (LoftGioEngine *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  loft_gio_calls_unref (self->calls);
  loft_gio_mount_free (self->mount);
  g_object_unref (self->root);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->freed);
  g_free (self);
}

/**
 * loft_gio_engine_get_root: (skip)
 * @self: an engine
 *
 * Returns: (transfer none): the folder that holds the store
 */
GFile *
loft_gio_engine_get_root (LoftGioEngine *self)
{
  return self->root;
}

/**
 * loft_gio_engine_get_mount: (skip)
 * @self: an engine
 *
 * Returns: (transfer none): what keeps the store mounted
 */
LoftGioMount *
loft_gio_engine_get_mount (LoftGioEngine *self)
{
  return self->mount;
}

/**
 * loft_gio_engine_get_timeout: (skip)
 * @self: an engine
 *
 * Returns: how long a call may take, in µs
 */
gint64
loft_gio_engine_get_timeout (LoftGioEngine *self)
{
  return self->timeout;
}

/* Whether it may be the mount's fault that a call failed: GVfs is not there,
 * does not answer, or has nothing mounted. */
static gboolean
is_lost (const GError *error)
{
  return error != NULL &&
         (error->domain == G_DBUS_ERROR ||
          g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_MOUNTED) ||
          g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) ||
          g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED) ||
          g_error_matches (error, G_IO_ERROR, G_IO_ERROR_DBUS_ERROR) ||
          g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE) ||
          g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED));
}

/**
 * loft_gio_engine_run: (skip)
 * @self: an engine
 * @function: does the call, in another thread
 * @data: for @function, which alone may use it from now on
 * @free_data: (nullable): frees @data
 * @free_result: frees a result that nobody waits for any more
 * @timeout: how long to wait, in µs
 * @error: return location for a #GError
 *
 * Does what loft_gio_calls_run() does, on what is mounted.
 *
 * Returns: what @function returned, or %NULL with @error set
 */
gpointer
loft_gio_engine_run (LoftGioEngine *self,
                     LoftGioFunction function,
                     gpointer data,
                     GDestroyNotify free_data,
                     GDestroyNotify free_result,
                     gint64 timeout,
                     GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (!loft_gio_mount_check (self->mount, error))
    {
      if (free_data != NULL)
        free_data (data);
      return NULL;
    }

  gpointer result = loft_gio_calls_run (self->calls,
                                        function,
                                        data,
                                        free_data,
                                        free_result,
                                        timeout,
                                        &local_error);

  if (is_lost (local_error))
    loft_gio_mount_suspect (self->mount);
  if (result == NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));

  return result;
}

/**
 * loft_gio_engine_take_slot: (skip)
 * @self: an engine
 * @error: return location for a #GError
 *
 * Waits for the right to have one more stream open.
 *
 * Returns: whether there is room; else %LOFT_STORAGE_ERROR_UNAVAILABLE is set
 */
gboolean
loft_gio_engine_take_slot (LoftGioEngine *self, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  gint64 end = g_get_monotonic_time () + self->timeout;

  while (self->n_slots == 0)
    if (!g_cond_wait_until (&self->freed, &self->lock, end))
      {
        g_set_error (error,
                     LOFT_STORAGE_ERROR,
                     LOFT_STORAGE_ERROR_UNAVAILABLE,
                     "Too many uploads wait for the storage");
        return FALSE;
      }
  self->n_slots--;

  return TRUE;
}

/**
 * loft_gio_engine_give_slot: (skip)
 * @self: an engine
 *
 * Gives back what loft_gio_engine_take_slot() gave.
 */
void
loft_gio_engine_give_slot (LoftGioEngine *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->n_slots++;
  g_cond_signal (&self->freed);
}

static Request *
request_new (LoftGioEngine *self, const char *path, const char *name)
{
  Request *request = g_new0 (Request, 1);

  g_atomic_ref_count_init (&request->ref_count);
  request->file = path[0] != '\0'
                    ? g_file_resolve_relative_path (self->root, path)
                    : g_object_ref (self->root);
  request->name = g_strdup (name);

  return request;
}

static gpointer
run_request (LoftGioEngine *self,
             LoftGioFunction function,
             Request *request,
             GDestroyNotify free_result,
             const char *path,
             GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gpointer result = loft_gio_engine_run (self,
                                         function,
                                         request,
                                         request_unref,
                                         free_result,
                                         self->timeout,
                                         &local_error);

  if (result == NULL)
    {
      loft_gio_error_translate (&local_error, path);
      g_propagate_error (error, g_steal_pointer (&local_error));
    }

  return result;
}

/* Of a call that only looks nobody needs to know whether it had an effect, and
 * where the mount was lost at once it is made again. */
static gpointer
look (LoftGioEngine *self,
      LoftGioFunction function,
      Request *request,
      GDestroyNotify free_result,
      const char *path,
      GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gint64 begin = g_get_monotonic_time ();

  g_atomic_ref_count_inc (&request->ref_count);
  gpointer result =
    run_request (self, function, request, free_result, path, &local_error);

  if (result == NULL && loft_gio_mount_is_suspect (self->mount) &&
      g_get_monotonic_time () - begin < self->timeout)
    {
      g_clear_error (&local_error);
      result =
        run_request (self, function, request, free_result, path, &local_error);
    }
  else
    request_unref (request);

  if (loft_gio_error_is (local_error, LOFT_STORAGE_ERROR_UNKNOWN))
    local_error->code = LOFT_STORAGE_ERROR_UNAVAILABLE;
  if (result == NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));

  return result;
}

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
  Request *request = data;

  return g_file_query_info (request->file,
                            ATTRIBUTES,
                            G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS,
                            cancellable,
                            error);
}

/* Whether @path leads through a file, to which a WebDAV server says only that
 * this is a bad request. */
static gboolean
leads_through_file (LoftGioEngine *self, const char *path)
{
  const char *slash = strrchr (path, '/');
  g_autoptr (GError) local_error = NULL;
  LoftGioInfo info;

  if (slash == NULL || loft_gio_mount_is_suspect (self->mount))
    return FALSE;

  g_autofree char *parent = g_strndup (path, (gsize) (slash - path));

  return loft_gio_engine_query (self, parent, &info, &local_error)
           ? info.is_file
           : loft_gio_error_is (local_error, LOFT_STORAGE_ERROR_NOT_FOUND);
}

/**
 * loft_gio_engine_query: (skip)
 * @self: an engine
 * @path: a path below the root
 * @out_info: (out caller-allocates): what there is
 * @error: return location for a #GError
 *
 * Looks at what has a name.
 *
 * Returns: whether there is something; else @error is set
 */
gboolean
loft_gio_engine_query (LoftGioEngine *self,
                       const char *path,
                       LoftGioInfo *out_info,
                       GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GFileInfo) info = look (self,
                                     query_cb,
                                     request_new (self, path, NULL),
                                     g_object_unref,
                                     path,
                                     &local_error);

  memset (out_info, 0, sizeof *out_info);
  if (info != NULL)
    {
      take_info (out_info, info);
      return TRUE;
    }

  if (loft_gio_error_is (local_error, LOFT_STORAGE_ERROR_UNAVAILABLE) &&
      leads_through_file (self, path))
    local_error->code = LOFT_STORAGE_ERROR_NOT_FOUND;
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

static gpointer
fetch_cb (gpointer data, GCancellable *cancellable, GError **error)
{
  Request *request = data;
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
 * loft_gio_engine_fetch: (skip)
 * @self: an engine
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
loft_gio_engine_fetch (LoftGioEngine *self,
                       const char *path,
                       goffset offset,
                       gsize length,
                       GError **error)
{
  Request *request = request_new (self, path, NULL);

  request->offset = offset;
  request->length = length;

  return look (self,
               fetch_cb,
               request,
               (GDestroyNotify) g_bytes_unref,
               path,
               error);
}

static gpointer
enumerate_cb (gpointer data, GCancellable *cancellable, GError **error)
{
  Request *request = data;
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
 * loft_gio_engine_enumerate: (skip)
 * @self: an engine
 * @path: a folder below the root, or the empty string
 * @error: return location for a #GError
 *
 * Returns: (transfer full) (element-type utf8): the names in it, those of
 *   folders with a slash at the end; or %NULL with @error set
 */
GPtrArray *
loft_gio_engine_enumerate (LoftGioEngine *self,
                           const char *path,
                           GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GError) look_error = NULL;
  LoftGioInfo info;
  GPtrArray *names = look (self,
                           enumerate_cb,
                           request_new (self, path, NULL),
                           (GDestroyNotify) g_ptr_array_unref,
                           path,
                           &local_error);

  if (names != NULL)
    return names;

  if (loft_gio_error_is (local_error, LOFT_STORAGE_ERROR_UNAVAILABLE) &&
      !loft_gio_mount_is_suspect (self->mount) &&
      (loft_gio_engine_query (self, path, &info, &look_error)
         ? info.is_file
         : loft_gio_error_is (look_error, LOFT_STORAGE_ERROR_NOT_FOUND)))
    local_error->code = LOFT_STORAGE_ERROR_NOT_FOUND;
  g_propagate_error (error, g_steal_pointer (&local_error));

  return NULL;
}

/* Has something done that either is done or not. */
static gboolean
change (LoftGioEngine *self,
        LoftGioFunction func,
        const char *path,
        const char *name,
        GError **error)
{
  g_autoptr (GFile) changed = run_request (self,
                                           func,
                                           request_new (self, path, name),
                                           g_object_unref,
                                           path,
                                           error);

  return changed != NULL;
}

/* Moving by g_file_move() would block a WebDAV mount for good after 32 times.
 * A new name in the same folder does the same and has no such flaw. It is never
 * taken if something has it. */
static gpointer
rename_cb (gpointer data, GCancellable *cancellable, GError **error)
{
  Request *request = data;

  return g_file_set_display_name (request->file,
                                  request->name,
                                  cancellable,
                                  error);
}

/**
 * loft_gio_engine_rename: (skip)
 * @self: an engine
 * @path: a path below the root
 * @name: its new name, in the same folder
 * @error: return location for a #GError
 *
 * Gives something another name, if nothing has that.
 *
 * Returns: whether it has it now; else @error is set
 */
gboolean
loft_gio_engine_rename (LoftGioEngine *self,
                        const char *path,
                        const char *name,
                        GError **error)
{
  return change (self, rename_cb, path, name, error);
}

static gpointer
delete_cb (gpointer data, GCancellable *cancellable, GError **error)
{
  Request *request = data;

  return g_file_delete (request->file, cancellable, error)
           ? g_object_ref (request->file)
           : NULL;
}

/**
 * loft_gio_engine_delete: (skip)
 * @self: an engine
 * @path: a path below the root
 * @error: return location for a #GError
 *
 * Deletes a file, or a folder that is empty.
 *
 * Returns: whether it is gone by this call; else @error is set
 */
gboolean
loft_gio_engine_delete (LoftGioEngine *self, const char *path, GError **error)
{
  return change (self, delete_cb, path, NULL, error);
}

static gpointer
make_folder_cb (gpointer data, GCancellable *cancellable, GError **error)
{
  Request *request = data;

  return g_file_make_directory (request->file, cancellable, error)
           ? g_object_ref (request->file)
           : NULL;
}

/**
 * loft_gio_engine_make_folder: (skip)
 * @self: an engine
 * @path: a path below the root
 * @error: return location for a #GError
 *
 * Makes a folder; of several that try at the same time one succeeds.
 *
 * Returns: whether it is made by this call; else @error is set
 */
gboolean
loft_gio_engine_make_folder (LoftGioEngine *self,
                             const char *path,
                             GError **error)
{
  return change (self, make_folder_cb, path, NULL, error);
}
