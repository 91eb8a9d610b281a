/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-filesystem-write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "loft-filesystem-fill.h"
#include "loft-filesystem-probe.h"
#include "loft-filesystem-walk.h"
#include "storage/loft-storage.h"

/* How often a name that is taken may turn out to be free again. */
#define CREATE_ATTEMPTS 4

/* A file on its way into the store: one without a name, which vanishes by
 * itself, or one in the folder for unfinished files. */
typedef struct
{
  LoftFilesystemRoot *root;
  LoftFd fd;
  char *name; /* owned, nullable */
} Draft;

static void
draft_clear (Draft *draft)
{
  if (draft->fd != -1)
    close (draft->fd);
  if (draft->name != NULL)
    unlinkat (draft->root->tmp_fd, draft->name, 0);
  g_free (draft->name);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Draft, draft_clear)

/* A file without a name is made where it will be named, if that exists, since
 * a name cannot reach over to another filesystem. */
static gboolean
draft_open (Draft *draft, int folder, const char *key, GError **error)
{
  if (folder != -1)
    draft->fd = openat (folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0644);
  else
    {
      draft->name = loft_filesystem_temporary_name ();
      draft->fd = openat (draft->root->tmp_fd,
                          draft->name,
                          O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                          0644);
    }

  if (draft->fd != -1)
    return TRUE;

  /* A folder was deleted under us: another try makes it again. */
  int code = errno == ENOENT ? ESTALE : errno;
  g_clear_pointer (&draft->name, g_free);

  return loft_filesystem_set_error (error, code, "“%s” cannot be stored", key);
}

static int
draft_link (Draft *draft, int folder, const char *name)
{
  if (draft->name == NULL)
    return loft_filesystem_link (draft->root, draft->fd, folder, name);

  return linkat (draft->root->tmp_fd, draft->name, folder, name, 0) == 0
           ? 0
           : errno;
}

/* Answers that @key is taken, once that is certain to stay so: content, name
 * and the names of all folders above are on the disk, whoever put them there.
 * %LOFT_STORAGE_ERROR_NOT_FOUND says that it is free after all. */
static gboolean
refuse_taken (LoftFilesystemRoot *root, const char *key, GError **error)
{
  const char *name = NULL;
  struct stat status;
  g_auto (LoftFd) folder =
    loft_filesystem_make_parent (root, key, &name, error);

  if (folder == -1)
    return FALSE;

  if (fstatat (folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
      S_ISDIR (status.st_mode))
    {
      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_FAILED,
                   "“%s” cannot be stored: there is a folder of that name",
                   key);
      return FALSE;
    }

  g_auto (LoftFd) fd =
    loft_filesystem_open_file (folder, name, key, &status, error);
  if (fd == -1)
    return FALSE;

  if (fdatasync (fd) == -1)
    return loft_filesystem_set_error (error,
                                      errno,
                                      "“%s” cannot be flushed to the disk",
                                      key);
  if (!loft_filesystem_root_flush (root, folder, error))
    return FALSE;

  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_EXISTS,
               "“%s” is already there",
               key);

  return FALSE;
}

/* Gives a finished draft its name. */
static gboolean
publish (Draft *draft, const char *key, GError **error)
{
  const char *name = NULL;

  for (guint i = 0; i < CREATE_ATTEMPTS; i++)
    {
      g_autoptr (GError) local_error = NULL;
      g_auto (LoftFd) folder =
        loft_filesystem_make_parent (draft->root, key, &name, error);
      if (folder == -1)
        return FALSE;

      int code = draft_link (draft, folder, name);
      if (code == 0)
        return loft_filesystem_root_flush (draft->root, folder, error);
      if (code == ENOENT)
        continue;
      if (code == EXDEV)
        {
          g_set_error (error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_FAILED,
                       "“%s” cannot be stored: its folder is on another "
                       "filesystem than the store",
                       key);
          return FALSE;
        }
      if (code != EEXIST)
        return loft_filesystem_set_error (error,
                                          code,
                                          "“%s” cannot be stored",
                                          key);

      refuse_taken (draft->root, key, &local_error);
      if (!g_error_matches (local_error,
                            LOFT_STORAGE_ERROR,
                            LOFT_STORAGE_ERROR_NOT_FOUND))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
    }

  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_UNAVAILABLE,
               "“%s” or its folder is made and removed again and again",
               key);

  return FALSE;
}

/**
 * loft_filesystem_create: (skip)
 * @root: the root
 * @key: a key
 * @content: what to store
 * @size: how many bytes that must be
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Does what loft_storage_create() promises. Folders are made only once the
 * content is safe, so that a failure leaves not even these behind.
 *
 * Returns: whether it is stored; else @error is set
 */
gboolean
loft_filesystem_create (LoftFilesystemRoot *root,
                        const char *key,
                        GInputStream *content,
                        goffset size,
                        GCancellable *cancellable,
                        GError **error)
{
  const char *name = NULL;
  struct stat status;

  if (!loft_filesystem_root_check_writable (root, error))
    return FALSE;

  g_auto (LoftFd) folder =
    loft_filesystem_open_parent (root, key, O_PATH, &name, NULL);

  if (folder != -1 && fstatat (folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0)
    {
      g_autoptr (GError) local_error = NULL;

      refuse_taken (root, key, &local_error);
      if (!g_error_matches (local_error,
                            LOFT_STORAGE_ERROR,
                            LOFT_STORAGE_ERROR_NOT_FOUND))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
    }

  g_auto (Draft) draft = { root, -1, NULL };
  int where = folder != -1 ? folder : root->tmp_fd;

  return draft_open (&draft, root->unnamed ? where : -1, key, error) &&
         loft_filesystem_fill (draft.fd,
                               key,
                               content,
                               size,
                               cancellable,
                               error) &&
         publish (&draft, key, error);
}

/* One stripe is locked twice over: threads exclude each other by a mutex,
 * which says nothing to other processes, and these by a lock on a byte of a
 * file, which says nothing to other threads. Closing another descriptor of
 * that file does not drop it, unlike a traditional record lock. */
static gboolean
stripe_set (LoftFilesystemRoot *root, guint stripe, short type, GError **error)
{
  struct flock lock = {
    .l_type = type,
    .l_whence = SEEK_SET,
    .l_start = stripe,
    .l_len = 1,
  };
  int result = 0;

  do
    result = fcntl (root->stripe_fd, F_OFD_SETLKW, &lock);
  while (result == -1 && errno == EINTR);

  if (result == -1)
    return loft_filesystem_set_error (
      error,
      errno,
      "“%s/_registry/replace.lock” cannot be locked",
      root->path);

  return TRUE;
}

/* Fails with %LOFT_STORAGE_ERROR_CHANGED unless @etag is that of the document.
 */
static gboolean
check_expected (int folder,
                const char *name,
                const char *key,
                const char *etag,
                GError **error)
{
  struct stat status;
  LoftFd fd = loft_filesystem_open_file (folder, name, key, &status, error);

  if (fd == -1)
    return FALSE;

  g_autoptr (LoftObject) current =
    loft_object_new_fd (fd, 0, status.st_size, status.st_size, NULL, 0);
  if (g_strcmp0 (loft_object_get_etag (current), etag) == 0)
    return TRUE;

  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_CHANGED,
               "“%s” is not the document that was expected",
               key);

  return FALSE;
}

/* Moves @draft over what is there, if that is still what @etag says. */
static gboolean
swap (Draft *draft, const char *key, const char *etag, GError **error)
{
  LoftFilesystemRoot *root = draft->root;
  const char *name = NULL;
  g_auto (LoftFd) folder =
    loft_filesystem_make_parent (root, key, &name, error);

  if (folder == -1 || !check_expected (folder, name, key, etag, error))
    return FALSE;

  if (renameat (root->tmp_fd, draft->name, folder, name) == -1)
    return loft_filesystem_set_error (error,
                                      errno,
                                      "“%s” cannot be replaced",
                                      key);

  g_clear_pointer (&draft->name, g_free);

  return loft_filesystem_root_flush (root, folder, error);
}

/* The new content is on the disk before the lock is taken, so that writers
 * wait for each other no longer than a rename takes. */
static gboolean
replace_document (LoftFilesystemRoot *root,
                  const char *key,
                  GBytes *content,
                  const char *etag,
                  GCancellable *cancellable,
                  GError **error)
{
  const char *name = NULL;
  g_auto (LoftFd) folder =
    loft_filesystem_open_parent (root, key, O_PATH, &name, error);

  if (folder == -1 || !check_expected (folder, name, key, etag, error))
    return FALSE;

  g_auto (Draft) draft = { root, -1, NULL };
  g_autoptr (GInputStream) stream =
    g_memory_input_stream_new_from_bytes (content);

  if (!draft_open (&draft, -1, key, error) ||
      !loft_filesystem_fill (draft.fd,
                             key,
                             stream,
                             (goffset) g_bytes_get_size (content),
                             cancellable,
                             error))
    return FALSE;

  guint stripe = g_str_hash (key) % LOFT_FILESYSTEM_STRIPES;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&root->stripes[stripe]);

  if (!stripe_set (root, stripe, F_WRLCK, error))
    return FALSE;

  gboolean done = swap (&draft, key, etag, error);
  stripe_set (root, stripe, F_UNLCK, NULL);

  return done;
}

/**
 * loft_filesystem_replace: (skip)
 * @root: the root
 * @key: a key
 * @content: the new content
 * @etag: (nullable): what is expected, or %NULL for nothing
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Does what loft_storage_replace() promises.
 *
 * Returns: (transfer full): the new etag, or %NULL with @error set
 */
char *
loft_filesystem_replace (LoftFilesystemRoot *root,
                         const char *key,
                         GBytes *content,
                         const char *etag,
                         GCancellable *cancellable,
                         GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gboolean done = FALSE;

  if (!loft_filesystem_root_check_writable (root, error))
    return NULL;

  if (etag == NULL)
    {
      g_autoptr (GInputStream) stream =
        g_memory_input_stream_new_from_bytes (content);

      done = loft_filesystem_create (root,
                                     key,
                                     stream,
                                     (goffset) g_bytes_get_size (content),
                                     cancellable,
                                     &local_error);
    }
  else
    done =
      replace_document (root, key, content, etag, cancellable, &local_error);

  if (done)
    return g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, content);

  if (g_error_matches (local_error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_EXISTS) ||
      g_error_matches (local_error,
                       LOFT_STORAGE_ERROR,
                       LOFT_STORAGE_ERROR_NOT_FOUND))
    local_error->code = LOFT_STORAGE_ERROR_CHANGED;
  g_propagate_error (error, g_steal_pointer (&local_error));

  return NULL;
}

static gboolean
remove_file (LoftFilesystemRoot *root, const char *key, GError **error)
{
  const char *name = NULL;
  struct stat status;
  g_auto (LoftFd) folder =
    loft_filesystem_open_parent (root, key, O_RDONLY, &name, error);

  if (folder == -1)
    return FALSE;

  g_auto (LoftFd) fd =
    loft_filesystem_open_file (folder, name, key, &status, error);
  if (fd == -1)
    return FALSE;

  if (unlinkat (folder, name, 0) == -1)
    return loft_filesystem_set_error (error,
                                      errno,
                                      "“%s” cannot be removed",
                                      key);

  return loft_filesystem_root_flush (root, folder, error);
}

/**
 * loft_filesystem_remove: (skip)
 * @root: the root
 * @key: a key
 * @cancellable: (nullable): a cancellable
 * @error: return location for a #GError
 *
 * Does what loft_storage_remove() promises. The folder stays, even an empty
 * one: somebody may be about to store something in it.
 *
 * Returns: whether it is removed; else @error is set
 */
gboolean
loft_filesystem_remove (LoftFilesystemRoot *root,
                        const char *key,
                        GCancellable *cancellable,
                        GError **error)
{
  if (g_cancellable_set_error_if_cancelled (cancellable, error) ||
      !loft_filesystem_root_check_writable (root, error))
    return FALSE;

  guint stripe = g_str_hash (key) % LOFT_FILESYSTEM_STRIPES;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&root->stripes[stripe]);

  if (!stripe_set (root, stripe, F_WRLCK, error))
    return FALSE;

  gboolean done = remove_file (root, key, error);
  stripe_set (root, stripe, F_UNLCK, NULL);

  return done;
}
