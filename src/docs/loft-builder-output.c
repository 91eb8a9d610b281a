/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "docs/loft-builder-output.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "docs/loft-builder-collect.h"
#include "registry/loft-docs.h"
#include "registry/loft-path.h"
#include "registry/loft-tar-check.h"

/*
 * The archive that comes out of a sandbox, which may be anything: whoever made
 * it had the command of a stranger's sources beside it. Nothing of it is
 * unpacked here. What passes is a plain archive of files only, with paths that
 * can be served, each once, and within the limits.
 */

#define PIECE (64 * 1024)

/* What an archive has beside the bytes of its files: for each two headers, a
 * long name and padding, and some at its end. */
#define FILE_OVERHEAD 2048
#define END_OVERHEAD (64 * 1024)

typedef struct
{
  GHashTable *paths; /* owned, of owned strings */
  guint64 bytes;
  const char *problem;
} Check;

/**
 * loft_builder_output_get_most:
 * @bytes_max: bytes of all files
 * @files_max: how many there may be
 *
 * Tells how large the archive can be.
 *
 * Returns: bytes
 */
guint64
loft_builder_output_get_most (guint64 bytes_max, guint64 files_max)
{
  return bytes_max + files_max * FILE_OVERHEAD + END_OVERHEAD;
}

static gboolean
is_hidden (const char *path)
{
  return *path == '.' || strstr (path, "/.") != NULL;
}

static gboolean
take_member_cb (LoftTarMember *member, gpointer user_data)
{
  g_autoptr (LoftTarMember) owned = member;
  Check *self = user_data;

  if (owned->type != '0')
    self->problem = "it has something that is no file";
  else if (loft_path_check (owned->path, LOFT_BUILDER_PATH_MAX, NULL) != NULL ||
           is_hidden (owned->path))
    self->problem = "it has a path that can't be served";
  else if (owned->size > LOFT_DOCS_FILE_MAX)
    self->problem = "it has a file that is too large";
  else if (!g_hash_table_add (self->paths, g_strdup (owned->path)))
    self->problem = "it has a file twice";
  self->bytes += owned->size;

  return self->problem == NULL;
}

static gboolean
feed (LoftTarCheck *check, int fd)
{
  g_autofree guint8 *piece = g_malloc (PIECE);
  off_t offset = 0;
  gssize count;

  while ((count = pread (fd, piece, PIECE, offset)) > 0)
    {
      if (!loft_tar_check_feed (check, piece, (gsize) count))
        return FALSE;
      offset += count;
    }

  return count == 0 && loft_tar_check_finish (check);
}

static const char *
find_problem (Check *self,
              int fd,
              const LoftArchiveLimits *limits,
              LoftFindings *findings)
{
  g_autoptr (LoftTarCheck) check =
    loft_tar_check_new (limits, 1, findings, take_member_cb, self);

  if (!feed (check, fd))
    {
      if (self->problem != NULL)
        return self->problem;
      return loft_findings_get_length (findings) > 0
               ? loft_findings_get (findings, 0)->detail
               : "it can't be read";
    }

  return g_hash_table_contains (self->paths, LOFT_DOCS_INDEX)
           ? NULL
           : "it has no " LOFT_DOCS_INDEX;
}

/**
 * loft_builder_output_check:
 * @fd: a tar archive, which is read from its beginning
 * @bytes_max: how many bytes its files may have together
 * @files_max: how many there may be
 * @out_files: (out): how many there are
 * @out_bytes: (out): how many bytes they have
 * @error: return location for a #GError
 *
 * Checks what came out of a sandbox.
 *
 * Returns: %TRUE, or %FALSE with @error set to %LOFT_REGISTRY_ERROR_RULES
 */
gboolean
loft_builder_output_check (int fd,
                           guint64 bytes_max,
                           guint64 files_max,
                           guint64 *out_files,
                           guint64 *out_bytes,
                           GError **error)
{
  g_return_val_if_fail (fd >= 0, FALSE);
  g_return_val_if_fail (out_files != NULL && out_bytes != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (LoftFindings) findings = loft_findings_new ();
  g_autoptr (GHashTable) paths =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Check self = { .paths = paths };
  const LoftArchiveLimits limits = {
    .unpacked = bytes_max,
    .ratio = 1,
    .ratio_from = G_MAXUINT64,
    .entries = (guint) MIN (files_max, G_MAXUINT / 4),
    .path = LOFT_BUILDER_PATH_MAX,
  };
  const char *problem = find_problem (&self, fd, &limits, findings);

  if (problem != NULL)
    {
      g_set_error (error,
                   LOFT_REGISTRY_ERROR,
                   LOFT_REGISTRY_ERROR_RULES,
                   "What came out of the sandbox can't be served: %s",
                   problem);
      return FALSE;
    }
  *out_files = g_hash_table_size (paths);
  *out_bytes = self.bytes;

  return TRUE;
}
