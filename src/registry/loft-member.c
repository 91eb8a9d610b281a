/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-member.h"

#include "registry/loft-members.h"
#include "registry/loft-quote.h"

/* Reading one file of a tarball. */

#define TIME_MAX (10 * G_TIME_SPAN_SECOND)

static gboolean
find (LoftMembers *members, const char *path, guint64 *out_size, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  LoftMember member = { 0 };

  while (loft_members_next (members, &member, &local_error))
    if (member.target == NULL && g_str_equal (member.path, path))
      {
        *out_size = member.size;
        return TRUE;
      }

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  g_autofree char *quoted = loft_quote (path);
  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_NOT_FOUND,
               "There is no file %s in that version",
               quoted);

  return FALSE;
}

static GBytes *
load (LoftMembers *members, gsize most, GError **error)
{
  g_autofree char *content = g_malloc (MAX (most, 1));
  gsize done = 0;

  while (done < most)
    {
      gssize count =
        loft_members_read (members, content + done, most - done, error);

      if (count < 0)
        return NULL;
      if (count == 0)
        break;
      done += (gsize) count;
    }

  return g_bytes_new_take (g_steal_pointer (&content), done);
}

/**
 * loft_member_read:
 * @download: a tarball
 * @path: of a file in it
 * @length: how many bytes of the file are wanted at most
 * @out_size: (out): how many it has
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Reads the first file of that name. Links are no files, and are not followed.
 * Blocks, and may have to inflate all of the tarball.
 *
 * Returns: (transfer full): the file's first bytes, or %NULL with @error set to
 *   a #LoftRegistryError: %LOFT_REGISTRY_ERROR_NOT_FOUND if there is none,
 *   %LOFT_REGISTRY_ERROR_TOO_LARGE if it lies too deep
 */
GBytes *
loft_member_read (const LoftDownload *download,
                  const char *path,
                  gsize length,
                  guint64 *out_size,
                  GCancellable *cancellable,
                  GError **error)
{
  g_return_val_if_fail (download != NULL && path != NULL, NULL);
  g_return_val_if_fail (download->bytes != NULL || download->tarball != NULL,
                        NULL);
  g_return_val_if_fail (out_size != NULL, NULL);

  g_autoptr (LoftMembers) members =
    loft_members_open (download,
                       g_get_monotonic_time () + TIME_MAX,
                       cancellable,
                       error);
  if (members == NULL || !find (members, path, out_size, error))
    return NULL;

  return load (members, (gsize) MIN (*out_size, length), error);
}
