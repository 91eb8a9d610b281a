/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-gio-observe.h"

#include "loft-gio-error.h"
#include "loft-gio-read.h"
#include "loft-gio-settle.h"
#include "storage/loft-storage.h"

/* Reading what another process owns
 *
 * While the owner replaces a document there is none for a moment, and only the
 * owner's process knows that. But before the old content is put aside that is
 * noted in the store, and the note goes when the new content is in its place.
 * So where nothing was found, and then no such note, the replacement had come
 * to its end or had not begun: a second look finds the document, unless yet
 * another replacement of it has begun since. That takes the owner several
 * requests, so it is as good as excluded after a few looks that all agree.
 *
 * A server that looks for a file, and finds it gone when it opens it, may also
 * answer that it is forbidden. */

#define LOOKS 3
#define ATTEMPTS 100
#define PAUSE (50 * G_TIME_SPAN_MILLISECOND)

static gboolean
may_be_replaced (const GError *error)
{
  return loft_gio_error_is (error, LOFT_STORAGE_ERROR_NOT_FOUND) ||
         loft_gio_error_is (error, LOFT_STORAGE_ERROR_DENIED);
}

/**
 * loft_gio_observe: (skip)
 * @store: a store that somebody else may own
 * @key: a key
 * @offset: the first byte that is wanted
 * @length: how many bytes are wanted, or -1 for all that follow @offset
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Does what loft_storage_read() promises where another process writes.
 *
 * Returns: (transfer full): the object, or %NULL with @error set
 */
LoftObject *
loft_gio_observe (LoftGioStore *store,
                  const char *key,
                  goffset offset,
                  goffset length,
                  GCancellable *cancellable,
                  GError **error)
{
  guint looks = 0;

  for (guint i = 0; i < ATTEMPTS; i++)
    {
      g_autoptr (GError) local_error = NULL;
      gboolean intended = FALSE;
      LoftObject *object =
        loft_gio_read (store, key, offset, length, cancellable, &local_error);

      if (object != NULL)
        return object;

      looks++;
      if (!may_be_replaced (local_error) || looks == LOOKS)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return NULL;
        }
      if (!loft_gio_is_intended (store, key, &intended, error))
        return NULL;
      if (!intended)
        continue;

      looks = 0;
      g_usleep (PAUSE);
    }

  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_UNAVAILABLE,
               "“%s” is being replaced, and that comes to no end",
               key);

  return NULL;
}
