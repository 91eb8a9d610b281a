/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-tarball-folder-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "registry/loft-message-id.h"

/*
 * The folder of copies.
 *
 * A copy is called by the SHA-256 of its content. While it is filled its name
 * ends in “.part”, and whoever fills it has it locked; once that is done, its
 * mode tells those who have it open what came of it, and it gets its name. A
 * part that nobody has locked was left by a process that died.
 */

#define FOLDER "tarballs"
#define TOTAL "total"

/* A copy that is used is marked as used no more often than that. */
#define TOUCH_SECONDS 60

/* Of a disk that loses one copy after the other is told once in a while. */
#define QUIET_TIME (60 * G_USEC_PER_SEC)

/* How often a claim may meet a file that is gone. */
#define ATTEMPTS 16

static gboolean
open_files (LoftTarballFolder *self, int *out_fd, int *out_total_fd)
{
  *out_fd = open (self->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (*out_fd != -1)
    *out_total_fd =
      openat (*out_fd, TOTAL, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

  return *out_total_fd != -1;
}

/* Whether there is a folder again, which others may have made. Descriptors keep
 * their numbers, since they are in use. */
static gboolean
make_again (LoftTarballFolder *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  gboolean made = mkdir (self->path, 0700) == 0;
  int fd = -1;
  int total_fd = -1;
  gboolean done = open_files (self, &fd, &total_fd) &&
                  dup3 (fd, self->fd, O_CLOEXEC) != -1 &&
                  dup3 (total_fd, self->total_fd, O_CLOEXEC) != -1;

  if (total_fd != -1)
    close (total_fd);
  if (fd != -1)
    close (fd);
  if (made && done)
    g_warning ("“%s” was removed while copies of tarballs were kept in it, and "
               "is made again",
               self->path);

  return done;
}

/**
 * loft_tarball_folder_new:
 * @cache_directory: where the folder is, or is made
 * @figures: what is counted
 *
 * Opens the folder. Where there can be none, there are no copies.
 *
 * Returns: (transfer full): the folder
 */
LoftTarballFolder *
loft_tarball_folder_new (const char *cache_directory,
                         LoftTarballFigures *figures)
{
  g_return_val_if_fail (cache_directory != NULL && figures != NULL, NULL);

  LoftTarballFolder *self = g_new0 (LoftTarballFolder, 1);

  g_mutex_init (&self->lock);
  self->figures = figures;
  self->path = g_build_filename (cache_directory, FOLDER, NULL);
  self->fd = -1;
  self->total_fd = -1;
  if (mkdir (self->path, 0700) == -1 && errno != EEXIST)
    g_warning ("“%s” can't be made, so no tarball is kept: %s",
               self->path,
               g_strerror (errno));
  if (!open_files (self, &self->fd, &self->total_fd))
    g_warning ("“%s” can't be used, so no tarball is kept: %s",
               self->path,
               g_strerror (errno));

  return self;
}

/**
 * loft_tarball_folder_free:
 * @self: (transfer full): a folder
 *
 * Frees @self.
 */
void
loft_tarball_folder_free (LoftTarballFolder *self)
{
  g_return_if_fail (self != NULL);

  if (self->total_fd != -1)
    close (self->total_fd);
  if (self->fd != -1)
    close (self->fd);
  g_mutex_clear (&self->lock);
  g_free (self->path);
  g_free (self);
}

/**
 * loft_tarball_folder_set_size:
 * @self: a folder
 * @size_max: bytes that all copies may take; 0 to keep none
 *
 * Says how much may be kept, which holds from the next tarball on.
 */
void
loft_tarball_folder_set_size (LoftTarballFolder *self, guint64 size_max)
{
  g_return_if_fail (self != NULL);

  atomic_store (&self->size_max, size_max);
}

static void
touch (int fd, const struct stat *status)
{
  if (g_get_real_time () / G_USEC_PER_SEC - status->st_mtim.tv_sec >=
      TOUCH_SECONDS)
    futimens (fd, NULL);
}

static void
tell_damaged (LoftTarballFolder *self, const char *sha256)
{
  gint64 now = g_get_monotonic_time ();
  gint64 until = atomic_load (&self->quiet_until);

  if (now >= until && atomic_compare_exchange_strong (&self->quiet_until,
                                                      &until,
                                                      now + QUIET_TIME))
    g_log_structured (G_LOG_DOMAIN,
                      G_LOG_LEVEL_WARNING,
                      "MESSAGE_ID",
                      LOFT_MESSAGE_COPY_DAMAGED,
                      "MESSAGE",
                      "The copy “%s” of a tarball has changed on the disk of "
                      "the cache, and is fetched anew",
                      sha256);
}

/**
 * loft_tarball_folder_drop:
 * @self: a folder
 * @sha256: a digest in hex
 * @fd: its copy
 *
 * Deletes a copy that is not what it was, unless there is another one by now.
 * Blocks.
 */
void
loft_tarball_folder_drop (LoftTarballFolder *self, const char *sha256, int fd)
{
  g_return_if_fail (self != NULL && sha256 != NULL);

  struct stat bad;
  struct stat status;

  if (fstat (fd, &bad) == -1 ||
      fstatat (self->fd, sha256, &status, AT_SYMLINK_NOFOLLOW) == -1 ||
      status.st_dev != bad.st_dev || status.st_ino != bad.st_ino ||
      unlinkat (self->fd, sha256, 0) == -1)
    return;

  loft_tarball_folder_release (self, (guint64) status.st_size);
  loft_counter_add (&self->figures->damaged, 1);
  tell_damaged (self, sha256);
}

/**
 * loft_tarball_folder_open:
 * @self: a folder
 * @sha256: a digest in hex
 * @size: how many bytes the tarball has
 *
 * Looks for a copy. Blocks.
 *
 * Returns: a descriptor, or -1 if there is none
 */
int
loft_tarball_folder_open (LoftTarballFolder *self,
                          const char *sha256,
                          goffset size)
{
  g_return_val_if_fail (self != NULL && sha256 != NULL, -1);

  int fd = self->fd != -1
             ? openat (self->fd,
                       sha256,
                       O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
             : -1;
  struct stat status;

  if (fd == -1)
    return -1;
  if (fstat (fd, &status) == 0 && S_ISREG (status.st_mode) &&
      status.st_size == size)
    {
      touch (fd, &status);
      return fd;
    }

  /* Somebody has cut it short, or a disk has. */
  loft_tarball_folder_drop (self, sha256, fd);
  close (fd);

  return -1;
}

/* What somebody has put in the place of a file might never end. */
static gboolean
is_file (int fd)
{
  struct stat status;

  return fstat (fd, &status) == 0 && S_ISREG (status.st_mode);
}

static char *
name_part (const char *sha256)
{
  return g_strconcat (sha256, LOFT_TARBALL_PART, NULL);
}

/* Whether it makes sense to look at what has the name now. */
static gboolean
look_again (LoftTarballFolder *self,
            const char *part,
            int fd,
            goffset size,
            LoftTarballClaim *out_claim)
{
  struct stat status;

  if (flock (fd, LOCK_EX | LOCK_NB) == -1)
    {
      *out_claim = errno == EWOULDBLOCK ? LOFT_TARBALL_CLAIM_TAKEN
                                        : LOFT_TARBALL_CLAIM_REFUSED;
      return FALSE;
    }
  if (fstat (fd, &status) == -1)
    {
      *out_claim = LOFT_TARBALL_CLAIM_REFUSED;
      return FALSE;
    }
  if ((status.st_mode & 0777) == LOFT_TARBALL_MARK_WHOLE &&
      status.st_size == size)
    {
      flock (fd, LOCK_UN);
      *out_claim = LOFT_TARBALL_CLAIM_WHOLE;
      return FALSE;
    }
  if (status.st_nlink == 0)
    return TRUE;
  if (status.st_size > 0)
    {
      unlinkat (self->fd, part, 0);
      return TRUE;
    }

  *out_claim = LOFT_TARBALL_CLAIM_MINE;

  return FALSE;
}

/**
 * loft_tarball_folder_claim:
 * @self: a folder
 * @sha256: a digest in hex
 * @size: how many bytes the tarball has
 * @out_fd: (out): the file, or -1 if it is refused
 *
 * Tries to become the one who fills a copy. Who does has to end with
 * loft_tarball_folder_settle(). Blocks.
 *
 * Returns: what came of it
 */
LoftTarballClaim
loft_tarball_folder_claim (LoftTarballFolder *self,
                           const char *sha256,
                           goffset size,
                           int *out_fd)
{
  g_return_val_if_fail (self != NULL && sha256 != NULL,
                        LOFT_TARBALL_CLAIM_REFUSED);

  g_autofree char *part = name_part (sha256);
  LoftTarballClaim claim = LOFT_TARBALL_CLAIM_REFUSED;

  *out_fd = -1;
  for (guint i = 0; i < ATTEMPTS && self->total_fd != -1; i++)
    {
      int fd = openat (self->fd,
                       part,
                       O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                       LOFT_TARBALL_MARK_GROWING);
      if (fd == -1 && errno == EACCES)
        fd = openat (self->fd,
                     part,
                     O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
      if (fd == -1 && errno != EACCES &&
          (errno != ENOENT || !make_again (self)))
        return LOFT_TARBALL_CLAIM_REFUSED;
      if (fd == -1)
        continue;

      if (!is_file (fd))
        {
          unlinkat (self->fd, part, 0);
          close (fd);
          continue;
        }
      if (look_again (self, part, fd, size, &claim))
        {
          close (fd);
          continue;
        }
      if (claim == LOFT_TARBALL_CLAIM_REFUSED)
        {
          close (fd);
          return claim;
        }

      *out_fd = fd;
      return claim;
    }

  return LOFT_TARBALL_CLAIM_REFUSED;
}

/**
 * loft_tarball_folder_settle:
 * @self: a folder
 * @sha256: a digest in hex
 * @fd: (transfer full): the file that was claimed, marked
 * @size: how many bytes were reserved for it; 0 for none
 * @keep: whether it is a copy for others, now
 *
 * Ends what a claim began. Blocks.
 */
void
loft_tarball_folder_settle (LoftTarballFolder *self,
                            const char *sha256,
                            int fd,
                            goffset size,
                            gboolean keep)
{
  g_return_if_fail (self != NULL && sha256 != NULL);

  g_autofree char *part = name_part (sha256);
  gboolean kept = keep && fdatasync (fd) == 0 &&
                  renameat (self->fd, part, self->fd, sha256) == 0;

  if (!kept)
    unlinkat (self->fd, part, 0);
  if (!kept && size > 0)
    loft_tarball_folder_release (self, (guint64) size);
  close (fd);
}
