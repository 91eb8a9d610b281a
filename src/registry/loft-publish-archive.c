/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <unistd.h>

#include <gio/gunixinputstream.h>

#include "registry/loft-registry-private.h"

/* How the tarball of a version that is published gets into the storage, where
 * it means nothing until a document names it. */

/* How often somebody else may be first before we give up. */
#define TRIES_MAX 32

static gboolean
create_archive (LoftRegistry *self,
                const LoftPublishRequest *request,
                const char *name,
                GError **error)
{
  int fd = loft_spool_get_fd (request->spool);

  if (lseek (fd, 0, SEEK_SET) == -1)
    {
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_FAILED,
                           "The spool file can't be read again");
      return FALSE;
    }

  g_autofree char *key = g_strconcat (request->name, "/", name, NULL);
  g_autoptr (GInputStream) stream = g_unix_input_stream_new (fd, FALSE);

  return loft_storage_create (self->storage,
                              key,
                              stream,
                              loft_spool_get_size (request->spool),
                              NULL,
                              error);
}

static gboolean
is_taken (const GError *error)
{
  return g_error_matches (error,
                          LOFT_STORAGE_ERROR,
                          LOFT_STORAGE_ERROR_EXISTS) ||
         g_error_matches (error,
                          LOFT_STORAGE_ERROR,
                          LOFT_STORAGE_ERROR_UNKNOWN);
}

/* Makes sure that a tarball stands under @name; whether it is what ours is, and
 * was not there before, is told in @out_same and @out_stored. */
static gboolean
ensure_archive (LoftRegistry *self,
                const LoftPublishRequest *request,
                const char *name,
                gboolean *out_same,
                gboolean *out_stored,
                GError **error)
{
  g_autofree char *key = g_strconcat (request->name, "/", name, NULL);

  for (guint tries = 0; tries < TRIES_MAX; tries++)
    {
      g_autoptr (GError) local_error = NULL;

      *out_same = create_archive (self, request, name, &local_error);
      *out_stored = *out_same;
      if (*out_same)
        return TRUE;
      if (!is_taken (local_error))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }

      g_clear_error (&local_error);
      g_autofree char *theirs = loft_registry_hash_object (self->storage,
                                                           key,
                                                           NULL,
                                                           NULL,
                                                           &local_error);
      if (theirs != NULL)
        {
          *out_same =
            g_str_equal (theirs, loft_spool_get_sha256 (request->spool));
          return TRUE;
        }
      if (!g_error_matches (local_error,
                            LOFT_STORAGE_ERROR,
                            LOFT_STORAGE_ERROR_NOT_FOUND))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
    }

  g_set_error_literal (error,
                       LOFT_REGISTRY_ERROR,
                       LOFT_REGISTRY_ERROR_UNAVAILABLE,
                       "The storage does not tell whether it has the tarball");

  return FALSE;
}

/**
 * loft_registry_store_archive:
 * @self: a registry
 * @request: what to publish
 * @key: key of the version's document
 * @out_name: (out) (transfer full) (nullable): what the document must call it;
 *   %NULL if it has its plain name
 * @out_stored: (out): whether no such tarball was there before
 * @error: return location for a #GError
 *
 * Stores the tarball under its plain name or, if other bytes stand there that
 * no document speaks for, under one that tells its content. Blocks.
 *
 * Returns: %TRUE once it is durable, or %FALSE with @error set to a
 *   #LoftRegistryError or a #LoftStorageError
 */
gboolean
loft_registry_store_archive (LoftRegistry *self,
                             const LoftPublishRequest *request,
                             const char *key,
                             char **out_name,
                             gboolean *out_stored,
                             GError **error)
{
  const char *sha256 = loft_spool_get_sha256 (request->spool);
  g_autofree char *plain = g_strconcat (key, ".tar.gz", NULL);
  g_autofree char *named = g_strconcat (key, "~", sha256, ".tar.gz", NULL);
  gboolean same;

  *out_name = NULL;
  if (!ensure_archive (self, request, plain, &same, out_stored, error))
    return FALSE;
  if (same)
    return TRUE;

  if (!ensure_archive (self, request, named, &same, out_stored, error))
    return FALSE;
  if (same)
    {
      *out_name = g_steal_pointer (&named);
      return TRUE;
    }

  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_CORRUPT,
               "“%s/%s” does not hold what its name says",
               request->name,
               named);

  return FALSE;
}
