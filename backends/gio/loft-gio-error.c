/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-gio-error.h"

#include "storage/loft-storage.h"

/**
 * loft_gio_error_is: (skip)
 * @error: (nullable): an error
 * @code: a #LoftStorageError
 *
 * Returns: whether that is what @error says
 */
gboolean
loft_gio_error_is (const GError *error, int code)
{
  return g_error_matches (error, LOFT_STORAGE_ERROR, code);
}

/* What is not named here leaves open whether the call had its effect: a lost
 * connection, a daemon of GVfs that died, an answer that nobody understood. */
static LoftStorageError
translate (const GError *error)
{
  if (error->domain != G_IO_ERROR)
    return LOFT_STORAGE_ERROR_UNKNOWN;

  switch (error->code)
    {
    case G_IO_ERROR_NOT_FOUND:
    case G_IO_ERROR_NOT_DIRECTORY:
      return LOFT_STORAGE_ERROR_NOT_FOUND;
    case G_IO_ERROR_EXISTS:
    case G_IO_ERROR_IS_DIRECTORY:
      return LOFT_STORAGE_ERROR_EXISTS;
    case G_IO_ERROR_NO_SPACE:
      return LOFT_STORAGE_ERROR_NO_SPACE;
    case G_IO_ERROR_PERMISSION_DENIED:
    case G_IO_ERROR_READ_ONLY:
      return LOFT_STORAGE_ERROR_DENIED;
    case G_IO_ERROR_FILENAME_TOO_LONG:
    case G_IO_ERROR_INVALID_FILENAME:
      return LOFT_STORAGE_ERROR_INVALID_KEY;
    case G_IO_ERROR_NOT_MOUNTED:
    case G_IO_ERROR_CONNECTION_REFUSED:
    case G_IO_ERROR_HOST_NOT_FOUND:
    case G_IO_ERROR_HOST_UNREACHABLE:
    case G_IO_ERROR_NETWORK_UNREACHABLE:
    case G_IO_ERROR_TOO_MANY_OPEN_FILES:
      return LOFT_STORAGE_ERROR_UNAVAILABLE;
    case G_IO_ERROR_NOT_SUPPORTED:
    case G_IO_ERROR_NOT_EMPTY:
      return LOFT_STORAGE_ERROR_FAILED;
    default:
      return LOFT_STORAGE_ERROR_UNKNOWN;
    }
}

/**
 * loft_gio_error_translate: (skip)
 * @error: (inout): the place of an error that is set
 * @path: what the call was about
 *
 * Makes a #LoftStorageError of what GVfs says; %LOFT_STORAGE_ERROR_UNKNOWN
 * where the call may have had its effect, or may yet have it.
 */
void
loft_gio_error_translate (GError **error, const char *path)
{
  if (error == NULL || *error == NULL || (*error)->domain == LOFT_STORAGE_ERROR)
    return;

  g_autoptr (GError) cause = g_steal_pointer (error);

  g_dbus_error_strip_remote_error (cause);
  g_set_error (error,
               LOFT_STORAGE_ERROR,
               (int) translate (cause),
               "“%s”: %s",
               path,
               cause->message);
}
