/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "ctl/loft-ctl-folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

#include "ctl/loft-ctl.h"
#include "registry/loft-json.h"

/* Reads what somebody else put into a folder. No symbolic link is followed, and
 * of all that a name may stand for only plain files are opened. */

#define DOCUMENT_MAX (8 * 1024 * 1024)

static void
fail (GError **error, const char *name, const char *reason)
{
  g_autofree char *shown = g_filename_display_name (name);

  loft_ctl_fail (error, shown, reason);
}

/**
 * loft_ctl_folder_open:
 * @at: the folder in which it is, or %AT_FDCWD; then it may be a symbolic link
 * @name: its name
 * @error: return location for a #GError
 *
 * Opens a folder.
 *
 * Returns: a descriptor, or -1 with @error set
 */
int
loft_ctl_folder_open (int at, const char *name, GError **error)
{
  int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  int fd = openat (at, name, at == AT_FDCWD ? flags : flags | O_NOFOLLOW);

  if (fd == -1)
    fail (error, name, g_strerror (errno));

  return fd;
}

static int
compare_cb (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/**
 * loft_ctl_folder_list:
 * @fd: a folder
 * @error: return location for a #GError
 *
 * Lists what is in a folder, but for what is hidden.
 *
 * Returns: (transfer full): names in byte order, or %NULL with @error set
 */
GPtrArray *
loft_ctl_folder_list (int fd, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  int own = openat (fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *folder = own != -1 ? fdopendir (own) : NULL;
  const struct dirent *entry = NULL;

  errno = folder == NULL ? errno : 0;
  while (folder != NULL && (entry = readdir (folder)) != NULL)
    if (*entry->d_name != '.')
      g_ptr_array_add (names, g_strdup (entry->d_name));
  int reason = errno;
  if (folder != NULL)
    closedir (folder);
  else if (own != -1)
    close (own);

  if (reason != 0)
    {
      fail (error, ".", g_strerror (reason));
      return NULL;
    }
  g_ptr_array_sort (names, compare_cb);

  return g_steal_pointer (&names);
}

/**
 * loft_ctl_folder_open_file:
 * @fd: a folder
 * @name: a file in it
 * @out_status: (out): what is known of the file
 * @error: return location for a #GError
 *
 * Opens a plain file. What is none is not even opened, since that may have an
 * effect.
 *
 * Returns: a descriptor, or -1 with @error set
 */
int
loft_ctl_folder_open_file (int fd,
                           const char *name,
                           struct stat *out_status,
                           GError **error)
{
  int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  int file = -1;

  if (fstatat (fd, name, out_status, AT_SYMLINK_NOFOLLOW) == -1 ||
      (S_ISREG (out_status->st_mode) &&
       ((file = openat (fd, name, flags)) == -1 ||
        fstat (file, out_status) == -1)))
    fail (error, name, g_strerror (errno));
  else if (S_ISREG (out_status->st_mode))
    return file;
  else
    fail (error, name, _ ("This is no plain file"));
  if (file != -1)
    close (file);

  return -1;
}

/**
 * loft_ctl_folder_read:
 * @fd: a folder
 * @name: a file in it
 * @out_status: (out): what is known of the file
 * @error: return location for a #GError
 *
 * Reads a document.
 *
 * Returns: (transfer full): a JSON object, or %NULL with @error set
 */
JsonObject *
loft_ctl_folder_read (int fd,
                      const char *name,
                      struct stat *out_status,
                      GError **error)
{
  g_autofree char *text = NULL;
  gsize length = 0;
  ssize_t n = 0;
  int file = loft_ctl_folder_open_file (fd, name, out_status, error);
  if (file == -1)
    return NULL;

  text = g_malloc (DOCUMENT_MAX);
  while (length < DOCUMENT_MAX &&
         (n = read (file, text + length, DOCUMENT_MAX - length)) > 0)
    length += (gsize) n;
  close (file);

  g_autoptr (JsonNode) node =
    n == 0 ? loft_json_parse (text, length, NULL) : NULL;
  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
    return json_node_dup_object (node);

  fail (error, name, _ ("This is no document"));

  return NULL;
}
