/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-filesystem-list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "loft-filesystem-walk.h"
#include "storage/loft-storage.h"

/* A folder's name sorts with its slash, for that is how it stands in the keys
 * below it: `a-b` < `a.b` < `a/b`. Then the order of the walk is the order of
 * the keys, and only the names of one folder at a time have to be sorted. */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DIR, closedir)

typedef struct
{
  const char *prefix;
  const char *after;
  guint limit;
  GCancellable *cancellable; /* not owned, nullable */
  GString *path;             /* owned; the folder, empty or with its slash */
  GPtrArray *keys;           /* owned */
  guint n_skipped;           /* names that are no keys, or no files */
  guint n_unreadable;        /* folders that we may not read */
} Walk;

static void
walk_clear (Walk *walk)
{
  g_string_free (walk->path, TRUE);
  g_ptr_array_unref (walk->keys);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Walk, walk_clear)

static gboolean
is_full (const Walk *walk)
{
  return walk->limit > 0 && walk->keys->len >= walk->limit;
}

/* Whether @path is wanted, or for a folder, whether a key below it can be. */
static gboolean
is_wanted (const Walk *walk, const char *path, gboolean is_folder)
{
  gboolean in_prefix = g_str_has_prefix (path, walk->prefix) ||
                       (is_folder && g_str_has_prefix (walk->prefix, path));
  gboolean follows = strcmp (path, walk->after) > 0 ||
                     (is_folder && g_str_has_prefix (walk->after, path));

  return in_prefix && follows;
}

/* One of DT_DIR, DT_REG and DT_UNKNOWN for all else. */
static int
entry_type (int folder, const struct dirent *entry)
{
  struct stat status;

  if (entry->d_type == DT_DIR || entry->d_type == DT_REG)
    return entry->d_type;
  if (entry->d_type != DT_UNKNOWN ||
      fstatat (folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == -1)
    return DT_UNKNOWN;

  return S_ISDIR (status.st_mode)   ? DT_DIR
         : S_ISREG (status.st_mode) ? DT_REG
                                    : DT_UNKNOWN;
}

/* The name of @entry, with a slash for a folder, if it leads to wanted keys. */
static char *
consider (Walk *walk, int folder, const struct dirent *entry)
{
  gsize length = walk->path->len;
  const char *name = entry->d_name;

  if (strcmp (name, ".") == 0 || strcmp (name, "..") == 0)
    return NULL;

  /* Most names are thrown out here, before anything is asked about them. */
  g_string_append (walk->path, name);
  g_string_append_c (walk->path, '/');
  gboolean folder_wanted = is_wanted (walk, walk->path->str, TRUE);
  g_string_truncate (walk->path, walk->path->len - 1);
  gboolean file_wanted = is_wanted (walk, walk->path->str, FALSE);
  gboolean hidden = !loft_filesystem_check_key (walk->path->str, NULL);
  gsize key_length = walk->path->len;
  g_string_truncate (walk->path, length);

  if (hidden || !(folder_wanted || file_wanted))
    return NULL;

  int type = entry_type (folder, entry);
  gboolean is_folder = type == DT_DIR;

  /* A folder needs room for a slash and a name. */
  if (type == DT_UNKNOWN || !g_utf8_validate (name, -1, NULL) ||
      key_length + (is_folder ? 2 : 0) > LOFT_STORAGE_KEY_MAX)
    {
      walk->n_skipped++;
      return NULL;
    }
  if (is_folder ? !folder_wanted : !file_wanted)
    return NULL;

  return is_folder ? g_strconcat (name, "/", NULL) : g_strdup (name);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *
read_names (Walk *walk, DIR *folder, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  for (;;)
    {
      errno = 0;
      const struct dirent *entry = readdir (folder);

      if (entry == NULL && errno != 0)
        {
          loft_filesystem_set_error (error,
                                     errno,
                                     "The folder “%s” cannot be read",
                                     walk->path->str);
          return NULL;
        }
      if (entry == NULL)
        break;

      char *name = consider (walk, dirfd (folder), entry);
      if (name != NULL)
        g_ptr_array_add (names, name);
    }

  g_ptr_array_sort (names, compare_names);

  return g_steal_pointer (&names);
}

static gboolean list_folder (Walk *walk, LoftFd fd, GError **error);

static gboolean
list_subfolder (Walk *walk, int parent, const char *name, GError **error)
{
  g_autofree char *plain = g_strndup (name, strlen (name) - 1);
  LoftFd fd = loft_filesystem_open_folder (parent, plain, O_RDONLY);

  if (fd != -1)
    return list_folder (walk, fd, error);

  /* One that is private to somebody, like lost+found, holds nothing of ours;
   * one that is gone, or became something else, holds nothing any more. */
  if (errno == EACCES || errno == EPERM)
    walk->n_unreadable++;
  else if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
    return loft_filesystem_set_error (error,
                                      errno,
                                      "The folder “%s” cannot be opened",
                                      walk->path->str);

  return TRUE;
}

/* Takes over @fd. */
static gboolean
list_folder (Walk *walk, LoftFd fd, GError **error)
{
  g_autoptr (DIR) folder = fdopendir (fd);

  if (folder == NULL)
    {
      loft_filesystem_set_error (error,
                                 errno,
                                 "The folder “%s” cannot be read",
                                 walk->path->str);
      close (fd);
      return FALSE;
    }

  if (g_cancellable_set_error_if_cancelled (walk->cancellable, error))
    return FALSE;

  g_autoptr (GPtrArray) names = read_names (walk, folder, error);
  if (names == NULL)
    return FALSE;

  gsize length = walk->path->len;
  gboolean done = TRUE;

  for (guint i = 0; i < names->len && done && !is_full (walk); i++)
    {
      const char *name = g_ptr_array_index (names, i);

      g_string_append (walk->path, name);
      if (g_str_has_suffix (name, "/"))
        done = list_subfolder (walk, dirfd (folder), name, error);
      else
        g_ptr_array_add (walk->keys, g_strdup (walk->path->str));
      g_string_truncate (walk->path, length);
    }

  return done;
}

/* Opens the folder that holds all keys with the prefix; -1 without @error is
 * a prefix that no key can have. */
static LoftFd
open_start (Walk *walk, LoftFilesystemRoot *root, GError **error)
{
  const char *slash = strrchr (walk->prefix, '/');
  const char *name = NULL;
  g_autoptr (GError) local_error = NULL;

  if (slash != NULL)
    {
      g_string_append_len (walk->path, walk->prefix, slash - walk->prefix);
      if (!loft_storage_key_check (walk->path->str, NULL) ||
          !loft_filesystem_check_key (walk->path->str, NULL))
        return -1;
      g_string_append_c (walk->path, '/');
    }

  LoftFd fd = loft_filesystem_open_parent (root,
                                           walk->path->str,
                                           O_RDONLY,
                                           &name,
                                           &local_error);
  if (fd == -1 && !g_error_matches (local_error,
                                    LOFT_STORAGE_ERROR,
                                    LOFT_STORAGE_ERROR_NOT_FOUND))
    g_propagate_error (error, g_steal_pointer (&local_error));

  return fd;
}

/**
 * loft_filesystem_list: (skip)
 * @root: the root
 * @prefix: (nullable): with what the keys begin
 * @after: (nullable): what the keys follow
 * @limit: how many keys are wanted, or 0
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Does what loft_storage_list() promises. Only files are objects: links,
 * devices and names that are no keys are passed over, and mentioned in one line
 * of the log.
 *
 * Returns: (transfer full): the keys, or %NULL with @error set
 */
GStrv
loft_filesystem_list (LoftFilesystemRoot *root,
                      const char *prefix,
                      const char *after,
                      guint limit,
                      GCancellable *cancellable,
                      GError **error)
{
  g_auto (Walk) walk = {
    .prefix = prefix != NULL ? prefix : "",
    .after = after != NULL ? after : "",
    .limit = limit,
    .cancellable = cancellable,
    .path = g_string_new (NULL),
    .keys = g_ptr_array_new_with_free_func (g_free),
  };
  g_autoptr (GError) local_error = NULL;
  LoftFd fd = open_start (&walk, root, &local_error);

  if (local_error != NULL ||
      (fd != -1 && !list_folder (&walk, fd, &local_error)))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  if (walk.n_skipped > 0)
    g_info ("%u names in “%s” are no objects and were passed over",
            walk.n_skipped,
            root->path);
  if (walk.n_unreadable > 0)
    g_message ("%u folders in “%s” may not be read and were passed over",
               walk.n_unreadable,
               root->path);

  g_ptr_array_add (walk.keys, NULL);

  return (GStrv) g_ptr_array_steal (walk.keys, NULL);
}
