/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-filesystem-walk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "storage/loft-storage.h"

/* How many folders are remembered as durable before all are forgotten, which
 * costs nothing but a flush each. */
#define DURABLE_MAX 16384

/* Keys become paths here and nowhere else. A path is walked segment by segment
 * from the root's descriptor, and no segment may be a symbolic link: whatever
 * a key says, and whatever lies in the store, the walk cannot leave the root.
 * openat2() would do it in one call, but is not there under the system call
 * filter of a hardened service. */

/**
 * loft_filesystem_set_error: (skip)
 * @error: return location for a #GError
 * @code: an errno value
 * @format: what failed
 * @...: arguments of @format
 *
 * Sets @error to what @code means, with a message that ends in its text.
 *
 * Returns: %FALSE
 */
gboolean
loft_filesystem_set_error (GError **error, int code, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *what = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  g_set_error (error,
               LOFT_STORAGE_ERROR,
               loft_storage_error_from_errno (code),
               "%s: %s",
               what,
               g_strerror (code));

  return FALSE;
}

/**
 * loft_filesystem_check_key: (skip)
 * @key: a key
 * @error: return location for a #GError
 *
 * Refuses the few names that the backend needs for itself.
 *
 * Returns: whether @key may be used
 */
gboolean
loft_filesystem_check_key (const char *key, GError **error)
{
  if (!g_str_has_prefix (key, "_registry/tmp/") &&
      g_strcmp0 (key, "_registry/tmp") != 0 &&
      g_strcmp0 (key, "_registry/lock") != 0 &&
      g_strcmp0 (key, "_registry/members.lock") != 0 &&
      g_strcmp0 (key, "_registry/replace.lock") != 0)
    return TRUE;

  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_INVALID_KEY,
               "“%s” is not a key: the store needs the name for itself",
               key);

  return FALSE;
}

/**
 * loft_filesystem_open_folder: (skip)
 * @parent: where it is
 * @name: its name, one segment
 * @flags: `O_PATH` to pass through it, `O_RDONLY` to list or flush it
 *
 * Returns: the descriptor, or -1 with errno set
 */
LoftFd
loft_filesystem_open_folder (int parent, const char *name, int flags)
{
  return openat (parent, name, flags | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static gboolean
is_link (int parent, const char *name)
{
  struct stat status;

  return fstatat (parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISLNK (status.st_mode);
}

/* Says why @name, one segment of @key, is no folder that can be passed. */
static gboolean
set_folder_error (GError **error,
                  int code,
                  int parent,
                  const char *name,
                  const char *key,
                  gboolean for_writing)
{
  if ((code == ENOTDIR || code == ELOOP) && is_link (parent, name))
    g_set_error (error,
                 LOFT_STORAGE_ERROR,
                 LOFT_STORAGE_ERROR_DENIED,
                 "“%s” leads through “%s”, a symbolic link, and those are "
                 "not followed",
                 key,
                 name);
  else if (code == ENOTDIR && for_writing)
    g_set_error (error,
                 LOFT_STORAGE_ERROR,
                 LOFT_STORAGE_ERROR_FAILED,
                 "“%s” cannot be stored: “%s” is in the way, which is no "
                 "folder",
                 key,
                 name);
  else if (!for_writing &&
           (code == ENOENT || code == ENOTDIR || code == ENAMETOOLONG))
    g_set_error (error,
                 LOFT_STORAGE_ERROR,
                 LOFT_STORAGE_ERROR_NOT_FOUND,
                 "There is no “%s”",
                 key);
  else
    loft_filesystem_set_error (error,
                               code == ENOENT ? ESTALE : code,
                               "The folder “%s” of “%s” cannot be opened",
                               name,
                               key);

  return FALSE;
}

/* The folder of a key that has only one segment. */
static LoftFd
open_top (LoftFilesystemRoot *root,
          const char *key,
          int flags,
          gboolean for_writing,
          GError **error)
{
  LoftFd folder = loft_filesystem_open_folder (root->fd, ".", flags);

  if (folder == -1)
    set_folder_error (error, errno, root->fd, ".", key, for_writing);

  return folder;
}

static void
replace_fd (LoftFd *fd, LoftFd next)
{
  if (*fd != -1)
    close (*fd);
  *fd = next;
}

/* Cuts the next segment off *path; the last one is no folder and stays. */
static char *
next_folder (const char **path)
{
  const char *slash = strchr (*path, '/');

  if (slash == NULL)
    return NULL;

  char *segment = g_strndup (*path, (gsize) (slash - *path));
  *path = slash + 1;

  return segment;
}

/**
 * loft_filesystem_open_parent: (skip)
 * @root: the root
 * @key: a key, or one that ends in a slash
 * @flags: `O_PATH` to reach what is in the folder, `O_RDONLY` for the folder
 * @out_name: (out) (transfer none): the last segment, in @key
 * @error: return location for a #GError
 *
 * Walks to the folder that holds the object.
 *
 * Returns: its descriptor, or -1 with @error set;
 *   %LOFT_STORAGE_ERROR_NOT_FOUND if there is none
 */
LoftFd
loft_filesystem_open_parent (LoftFilesystemRoot *root,
                             const char *key,
                             int flags,
                             const char **out_name,
                             GError **error)
{
  const char *rest = key;
  g_auto (LoftFd) folder = -1;

  for (;;)
    {
      g_autofree char *name = next_folder (&rest);
      if (name == NULL)
        break;

      int parent = folder != -1 ? folder : root->fd;
      LoftFd next = loft_filesystem_open_folder (parent, name, flags);
      if (next == -1)
        {
          set_folder_error (error, errno, parent, name, key, FALSE);
          return -1;
        }

      replace_fd (&folder, next);
    }

  *out_name = rest;
  if (folder == -1)
    folder = open_top (root, key, flags, FALSE, error);

  return g_steal_fd (&folder);
}

/* Names one folder at one place, so that one that was moved there, or deleted
 * and made again, is another. NULL where the filesystem tells no birth time,
 * without which a number that is used again would deceive. */
static char *
folder_identity (int parent, int folder, const char *name)
{
  struct statx above;
  struct statx status;

  if (statx (folder, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &status) ==
        -1 ||
      statx (parent, "", AT_EMPTY_PATH, STATX_INO, &above) == -1 ||
      (status.stx_mask & STATX_BTIME) == 0)
    return NULL;

  return g_strdup_printf ("%x:%x:%llx:%llx.%x:%llx:%s",
                          status.stx_dev_major,
                          status.stx_dev_minor,
                          (unsigned long long) status.stx_ino,
                          (unsigned long long) status.stx_btime.tv_sec,
                          status.stx_btime.tv_nsec,
                          (unsigned long long) above.stx_ino,
                          name);
}

/* Makes sure that the name of @folder is on disk, whoever made it. */
static gboolean
make_durable (LoftFilesystemRoot *root,
              int parent,
              int folder,
              const char *name,
              GError **error)
{
  g_autofree char *identity = folder_identity (parent, folder, name);

  if (identity != NULL)
    {
      g_autoptr (GMutexLocker) locker =
        g_mutex_locker_new (&root->durable_lock);

      if (g_hash_table_contains (root->durable, identity))
        return TRUE;
    }

  if (!loft_filesystem_root_flush (root, parent, error))
    return FALSE;

  if (identity != NULL)
    {
      g_autoptr (GMutexLocker) locker =
        g_mutex_locker_new (&root->durable_lock);

      if (g_hash_table_size (root->durable) >= DURABLE_MAX)
        g_hash_table_remove_all (root->durable);
      g_hash_table_add (root->durable, g_steal_pointer (&identity));
    }

  return TRUE;
}

/**
 * loft_filesystem_make_parent: (skip)
 * @root: the root
 * @key: a key
 * @out_name: (out) (transfer none): the last segment, in @key
 * @error: return location for a #GError
 *
 * Walks to the folder that will hold the object. Folders that are missing are
 * made, and the name of every folder on the way is durable afterwards.
 *
 * Returns: its descriptor, which can be flushed, or -1 with @error set
 */
LoftFd
loft_filesystem_make_parent (LoftFilesystemRoot *root,
                             const char *key,
                             const char **out_name,
                             GError **error)
{
  const char *rest = key;
  g_auto (LoftFd) folder = -1;

  for (;;)
    {
      g_autofree char *name = next_folder (&rest);
      if (name == NULL)
        break;

      int parent = folder != -1 ? folder : root->fd;
      g_auto (LoftFd) next =
        loft_filesystem_open_folder (parent, name, O_RDONLY);
      if (next == -1 && errno == ENOENT &&
          (mkdirat (parent, name, 0755) == 0 || errno == EEXIST))
        next = loft_filesystem_open_folder (parent, name, O_RDONLY);
      if (next == -1)
        {
          set_folder_error (error, errno, parent, name, key, TRUE);
          return -1;
        }

      if (!make_durable (root, parent, next, name, error))
        return -1;

      replace_fd (&folder, g_steal_fd (&next));
    }

  *out_name = rest;
  if (folder == -1)
    folder = open_top (root, key, O_RDONLY, TRUE, error);

  return g_steal_fd (&folder);
}

static gboolean
set_file_error (GError **error, const char *key, mode_t mode)
{
  if (S_ISDIR (mode))
    g_set_error (error,
                 LOFT_STORAGE_ERROR,
                 LOFT_STORAGE_ERROR_NOT_FOUND,
                 "There is no “%s”, only a folder of that name",
                 key);
  else if (S_ISLNK (mode))
    g_set_error (error,
                 LOFT_STORAGE_ERROR,
                 LOFT_STORAGE_ERROR_DENIED,
                 "“%s” is a symbolic link, and those are not followed",
                 key);
  else
    g_set_error (error,
                 LOFT_STORAGE_ERROR,
                 LOFT_STORAGE_ERROR_DENIED,
                 "“%s” is a device, pipe or socket, and those are not opened",
                 key);

  return FALSE;
}

/**
 * loft_filesystem_open_file: (skip)
 * @folder: where it is
 * @name: its name, one segment
 * @key: its key, for messages
 * @out_status: (out): its status
 * @error: return location for a #GError
 *
 * Opens a regular file to read it, and nothing else whatever.
 *
 * Returns: its descriptor, or -1 with @error set;
 *   %LOFT_STORAGE_ERROR_NOT_FOUND if there is none
 */
LoftFd
loft_filesystem_open_file (int folder,
                           const char *name,
                           const char *key,
                           struct stat *out_status,
                           GError **error)
{
  int code = 0;

  /* Opening a device can do things, so it is looked at first; what takes its
   * place in between is opened without waiting, and looked at again. */
  if (fstatat (folder, name, out_status, AT_SYMLINK_NOFOLLOW) == -1)
    code = errno;
  else if (!S_ISREG (out_status->st_mode))
    {
      set_file_error (error, key, out_status->st_mode);
      return -1;
    }

  g_auto (LoftFd) fd = -1;
  if (code == 0)
    {
      fd = openat (folder,
                   name,
                   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
      if (fd == -1 || fstat (fd, out_status) == -1)
        code = errno;
    }

  if (code == ENOENT || code == ENAMETOOLONG)
    g_set_error (error,
                 LOFT_STORAGE_ERROR,
                 LOFT_STORAGE_ERROR_NOT_FOUND,
                 "There is no “%s”",
                 key);
  else if (code != 0)
    loft_filesystem_set_error (error, code, "“%s” cannot be opened", key);
  else if (!S_ISREG (out_status->st_mode))
    set_file_error (error, key, out_status->st_mode);
  else
    return g_steal_fd (&fd);

  return -1;
}
