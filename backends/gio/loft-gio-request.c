/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-gio-request.h"

#include "loft-gio-error.h"
#include "storage/loft-storage.h"

/**
 * loft_gio_request_unref: (skip)
 * @data: (transfer full): a #LoftGioRequest
 *
 * Lets go of a request.
 */
void
loft_gio_request_unref (gpointer data)
{
  LoftGioRequest *request = data;

  if (!g_atomic_ref_count_dec (&request->ref_count))
    return;

  g_object_unref (request->file);
  g_free (request->path);
  g_free (request->name);
  g_free (request);
}

/**
 * loft_gio_request_new: (skip)
 * @engine: an engine
 * @path: a path below its root, or the empty string
 *
 * Returns: (transfer full): a request about what has that name
 */
LoftGioRequest *
loft_gio_request_new (LoftGioEngine *engine, const char *path)
{
  GFile *root = loft_gio_engine_get_root (engine);
  LoftGioRequest *request = g_new0 (LoftGioRequest, 1);

  g_atomic_ref_count_init (&request->ref_count);
  request->file = path[0] != '\0' ? g_file_resolve_relative_path (root, path)
                                  : g_object_ref (root);
  request->path = g_strdup (path);

  return request;
}

/**
 * loft_gio_request_run: (skip)
 * @request: (transfer full): a request
 * @engine: an engine
 * @function: does it, in another thread
 * @free_result: frees a result that nobody waits for any more
 * @error: return location for a #GError
 *
 * Has something done that either is done or not.
 *
 * Returns: what @function returned, or %NULL with a #LoftStorageError
 */
gpointer
loft_gio_request_run (LoftGioRequest *request,
                      LoftGioEngine *engine,
                      LoftGioFunction function,
                      GDestroyNotify free_result,
                      GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *path = g_strdup (request->path);
  gpointer result = loft_gio_engine_run (engine,
                                         function,
                                         request,
                                         loft_gio_request_unref,
                                         free_result,
                                         loft_gio_engine_get_timeout (engine),
                                         &local_error);

  if (result == NULL)
    {
      loft_gio_error_translate (&local_error, path);
      g_propagate_error (error, g_steal_pointer (&local_error));
    }

  return result;
}

/**
 * loft_gio_request_look: (skip)
 * @request: (transfer full): a request that changes nothing
 * @engine: an engine
 * @function: does it, in another thread
 * @free_result: frees a result that nobody waits for any more
 * @error: return location for a #GError
 *
 * Does what loft_gio_request_run() does. Of a call that only looks nobody needs
 * to know whether it had an effect, and where the mount was lost at once it is
 * made again.
 *
 * Returns: what @function returned, or %NULL with a #LoftStorageError
 */
gpointer
loft_gio_request_look (LoftGioRequest *request,
                       LoftGioEngine *engine,
                       LoftGioFunction function,
                       GDestroyNotify free_result,
                       GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gint64 begin = g_get_monotonic_time ();

  g_atomic_ref_count_inc (&request->ref_count);
  gpointer result =
    loft_gio_request_run (request, engine, function, free_result, &local_error);

  if (result == NULL &&
      loft_gio_mount_is_suspect (loft_gio_engine_get_mount (engine)) &&
      g_get_monotonic_time () - begin < loft_gio_engine_get_timeout (engine))
    {
      g_clear_error (&local_error);
      result = loft_gio_request_run (request,
                                     engine,
                                     function,
                                     free_result,
                                     &local_error);
    }
  else
    loft_gio_request_unref (request);

  if (loft_gio_error_is (local_error, LOFT_STORAGE_ERROR_UNKNOWN))
    local_error->code = LOFT_STORAGE_ERROR_UNAVAILABLE;
  if (result == NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));

  return result;
}
