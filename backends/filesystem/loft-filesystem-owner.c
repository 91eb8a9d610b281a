/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "loft-filesystem-owner.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "loft-filesystem-walk.h"
#include "storage/loft-storage.h"

/* Who may write
 *
 * One process owns the store: it has the lock `lock`, and writes there who it
 * is. Its children may join it. Each opens its own descriptors, since a lock
 * that was inherited excludes nobody.
 *
 * When an owner dies, its children may live a moment longer, and write. So each
 * of them has a share of the lock `members.lock`, and the next owner waits
 * until nobody has any more. Whoever joins takes its share first, and then
 * looks whether the owner is its parent: if it is, the next one has not written
 * its name there yet, and will have to wait for us; if it is not, we are too
 * late. */

/* How often to look again for a lock file that somebody deletes under us. */
#define LOCK_ATTEMPTS 8

/* How long those whose owner has died are waited for; they end by themselves.
 */
#define MEMBERS_TIMEOUT (5 * G_TIME_SPAN_SECOND)
#define MEMBERS_PAUSE (10 * G_TIME_SPAN_MILLISECOND)

/* The owner's name has a fixed length: it is written over the last one, which
 * works on a full disk too. */
#define OWNER_LENGTH 128
#define OWNER_PREFIX "process "

/**
 * loft_filesystem_open_lock: (skip)
 * @folder: a folder
 * @name: the lock's name there
 * @out_fd: (out): where to put the file
 *
 * Opens a file to lock, and makes it if it is missing.
 *
 * Returns: 0, or an errno value
 */
int
loft_filesystem_open_lock (int folder, const char *name, LoftFd *out_fd)
{
  *out_fd =
    openat (folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);

  return *out_fd == -1 ? errno : 0;
}

static gboolean
is_named (int fd, int folder, const char *name)
{
  struct stat ours;
  struct stat named;

  return fstat (fd, &ours) == 0 &&
         fstatat (folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

/* Locks a file. Gives -1 with @out_code set to %EWOULDBLOCK if others have it
 * locked, or to another errno value if it can't be had at all; or else with
 * @error set. */
static LoftFd
lock_file (LoftFilesystemRoot *self,
           int folder,
           const char *name,
           int operation,
           int *out_code,
           GError **error)
{
  for (guint i = 0; i < LOCK_ATTEMPTS; i++)
    {
      g_auto (LoftFd) fd = -1;

      *out_code = loft_filesystem_open_lock (folder, name, &fd);
      if (*out_code != 0)
        return -1;

      if (flock (fd, operation | LOCK_NB) == -1)
        {
          *out_code = errno;
          if (errno != EWOULDBLOCK)
            loft_filesystem_set_error (error,
                                       errno,
                                       _ ("“%s” cannot be locked"),
                                       self->path);
          return -1;
        }

      /* A lock on a file that was deleted meanwhile excludes nobody. */
      if (is_named (fd, folder, name))
        return g_steal_fd (&fd);
    }

  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_UNAVAILABLE,
               _ ("The lock of “%s” is deleted again and again"),
               self->path);

  return -1;
}

static char *
read_owner (int folder)
{
  char owner[OWNER_LENGTH + 1] = "";
  g_auto (LoftFd) fd =
    openat (folder, "lock", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  gssize n = fd != -1 ? pread (fd, owner, OWNER_LENGTH, 0) : -1;

  g_strchomp (owner);

  return g_strdup (n > 0 && g_str_is_ascii (owner) ? owner : "unknown");
}

static void
write_owner (LoftFilesystemRoot *self)
{
  g_autofree char *owner = g_strdup_printf (OWNER_PREFIX "%ld on %s",
                                            (long) getpid (),
                                            g_get_host_name ());
  g_autofree char *line =
    g_strdup_printf ("%-*.*s\n", OWNER_LENGTH - 1, OWNER_LENGTH - 1, owner);

  if (pwrite (self->lock_fd, line, OWNER_LENGTH, 0) != OWNER_LENGTH)
    g_debug ("The owner of “%s” is not noted in its lock", self->path);
}

static gboolean
wait_for_members (LoftFilesystemRoot *self,
                  int folder,
                  int *out_code,
                  GError **error)
{
  gint64 end = g_get_monotonic_time () + MEMBERS_TIMEOUT;

  while (TRUE)
    {
      g_autoptr (GError) local_error = NULL;
      g_auto (LoftFd) fd = lock_file (self,
                                      folder,
                                      "members.lock",
                                      LOCK_EX,
                                      out_code,
                                      &local_error);

      if (local_error != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
      if (fd != -1 || *out_code != EWOULDBLOCK)
        return TRUE;
      if (g_get_monotonic_time () > end)
        break;

      g_usleep (MEMBERS_PAUSE);
    }

  g_set_error (
    error,
    LOFT_STORAGE_ERROR,
    LOFT_STORAGE_ERROR_UNAVAILABLE,
    _ ("“%s” is still in use by processes of a server that has ended"),
    self->path);

  return FALSE;
}

/**
 * loft_filesystem_own: (skip)
 * @self: a root
 * @folder: its folder `_registry`
 * @out_code: (out): an errno value, if there can be no lock
 * @error: return location for a #GError
 *
 * Becomes the owner, until the root is freed. May wait for what a former owner
 * has left running.
 *
 * Returns: whether it worked, or @out_code is set; else @error is set
 */
gboolean
loft_filesystem_own (LoftFilesystemRoot *self,
                     int folder,
                     int *out_code,
                     GError **error)
{
  g_autoptr (GError) local_error = NULL;

  self->lock_fd =
    lock_file (self, folder, "lock", LOCK_EX, out_code, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (*out_code == EWOULDBLOCK)
    {
      g_autofree char *owner = read_owner (folder);

      g_set_error (error,
                   LOFT_STORAGE_ERROR,
                   LOFT_STORAGE_ERROR_UNAVAILABLE,
                   _ ("“%s” is in use by another server (%s)"),
                   self->path,
                   owner);
      return FALSE;
    }
  if (*out_code != 0)
    return TRUE;

  write_owner (self);

  return wait_for_members (self, folder, out_code, error);
}

/**
 * loft_filesystem_join: (skip)
 * @self: a root
 * @folder: its folder `_registry`
 * @out_code: (out): an errno value, if there can be no lock
 * @error: return location for a #GError
 *
 * Joins the owner, which must be the parent process, until the root is freed.
 *
 * Returns: whether it worked, or @out_code is set; else @error is set
 */
gboolean
loft_filesystem_join (LoftFilesystemRoot *self,
                      int folder,
                      int *out_code,
                      GError **error)
{
  g_autoptr (GError) local_error = NULL;

  self->lock_fd =
    lock_file (self, folder, "members.lock", LOCK_SH, out_code, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (*out_code != 0 && *out_code != EWOULDBLOCK)
    return TRUE;

  g_autofree char *owner = read_owner (folder);
  const char *id =
    g_str_has_prefix (owner, OWNER_PREFIX) ? owner + strlen (OWNER_PREFIX) : "";
  if (*out_code == 0 && strtol (id, NULL, 10) == (long) getppid ())
    return TRUE;

  g_set_error (error,
               LOFT_STORAGE_ERROR,
               LOFT_STORAGE_ERROR_UNAVAILABLE,
               "“%s” is in use by another server (%s), not by the parent of "
               "this process",
               self->path,
               owner);

  return FALSE;
}
