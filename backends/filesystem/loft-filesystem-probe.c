/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-filesystem-probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <stdio.h>

#include "loft-filesystem-walk.h"
#include "storage/loft-storage.h"

#define TEMPORARY_SUFFIX ".part"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DIR, closedir)

/**
 * loft_filesystem_means_read_only: (skip)
 * @code: an errno value
 *
 * Returns: whether @code says that we may not write
 */
gboolean
loft_filesystem_means_read_only (int code)
{
  return code == EROFS || code == EACCES || code == EPERM;
}

static gboolean
means_full (int code)
{
  return code == ENOSPC || code == EDQUOT;
}

/**
 * loft_filesystem_temporary_name: (skip)
 *
 * Returns: (transfer full): a name for a file that is still being written
 */
char *
loft_filesystem_temporary_name (void)
{
  return g_strdup_printf ("%08x%08x" TEMPORARY_SUFFIX,
                          g_random_int (),
                          g_random_int ());
}

/**
 * loft_filesystem_link: (skip)
 * @self: the root
 * @fd: a file without a name
 * @folder: where it gets one
 * @name: the name
 *
 * Gives @fd a name that must be free.
 *
 * Returns: 0, or an errno value; %EEXIST if the name is taken
 */
int
loft_filesystem_link (LoftFilesystemRoot *self,
                      int fd,
                      int folder,
                      const char *name)
{
  /* Naming a descriptor directly needs a capability or a new kernel. */
  if (!g_atomic_int_get (&self->link_by_proc))
    {
      if (linkat (fd, "", folder, name, AT_EMPTY_PATH) == 0)
        return 0;
      if (errno != ENOENT && errno != EPERM && errno != EINVAL)
        return errno;
    }

  char path[sizeof "/proc/self/fd/" + 12];
  g_snprintf (path, sizeof path, "/proc/self/fd/%d", fd);

  if (linkat (AT_FDCWD, path, folder, name, AT_SYMLINK_FOLLOW) == -1)
    return errno;

  g_atomic_int_set (&self->link_by_proc, 1);

  return 0;
}

/**
 * loft_filesystem_remove_leftovers: (skip)
 * @self: a root that we own
 *
 * Removes what a crash left. Nothing but the suffix of our own is touched.
 */
void
loft_filesystem_remove_leftovers (LoftFilesystemRoot *self)
{
  LoftFd fd = loft_filesystem_open_folder (self->tmp_fd, ".", O_RDONLY);
  g_autoptr (DIR) folder = fd != -1 ? fdopendir (fd) : NULL;
  guint n = 0;

  if (folder == NULL)
    return;

  for (struct dirent *entry = readdir (folder); entry != NULL;
       entry = readdir (folder))
    if (g_str_has_suffix (entry->d_name, TEMPORARY_SUFFIX) &&
        unlinkat (self->tmp_fd, entry->d_name, 0) == 0)
      n++;

  if (n > 0)
    g_info ("Removed %u unfinished files from “%s/_registry/tmp”",
            n,
            self->path);
}

/* Finds out whether a file without a name can be had, and named. */
static int
probe_unnamed (LoftFilesystemRoot *self)
{
  g_autofree char *name = loft_filesystem_temporary_name ();
  g_auto (LoftFd) fd =
    openat (self->tmp_fd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0644);

  if (fd == -1)
    return errno;

  int code = loft_filesystem_link (self, fd, self->tmp_fd, name);
  if (code == 0)
    unlinkat (self->tmp_fd, name, 0);

  return code;
}

/* The fallback. Where not even a file can be made, @out_opened stays false. */
static int
probe_named (LoftFilesystemRoot *self, gboolean *out_opened)
{
  g_autofree char *name = loft_filesystem_temporary_name ();
  g_autofree char *second = loft_filesystem_temporary_name ();
  g_auto (LoftFd) fd =
    openat (self->tmp_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

  if (fd == -1)
    return errno;

  *out_opened = TRUE;

  int code = 0;
  if (linkat (self->tmp_fd, name, self->tmp_fd, second, 0) == 0)
    unlinkat (self->tmp_fd, second, 0);
  else
    code = errno;
  unlinkat (self->tmp_fd, name, 0);

  return code;
}

/**
 * loft_filesystem_probe: (skip)
 * @self: a root that we own
 * @out_code: (out): an errno value, if nothing can be written after all
 * @error: return location for a #GError
 *
 * Learns what the filesystem can do. One that lacks something without which
 * our promises would be empty is refused; one that is merely full is not.
 *
 * Returns: whether it will do; else @error is set
 */
gboolean
loft_filesystem_probe (LoftFilesystemRoot *self, int *out_code, GError **error)
{
  gboolean opened = FALSE;
  int code = probe_unnamed (self);

  self->unnamed = code == 0 || means_full (code);
  if (!self->unnamed)
    code = probe_named (self, &opened);

  if (!opened && loft_filesystem_means_read_only (code))
    {
      *out_code = code;
      return TRUE;
    }

  if (code != 0 && !means_full (code))
    {
      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_FAILED,
                   _ ("The filesystem of “%s” has no hard links, without "
                      "which two writers cannot be told apart: %s"),
                   self->path,
                   g_strerror (code));
      return FALSE;
    }

  code = loft_filesystem_flush (self->tmp_fd);
  if (code != 0)
    {
      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_FAILED,
                   _ ("The filesystem of “%s” cannot flush folders: %s"),
                   self->path,
                   g_strerror (code));
      return FALSE;
    }

  return TRUE;
}
