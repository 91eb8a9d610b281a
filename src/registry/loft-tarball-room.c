/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "registry/loft-tarball-folder-private.h"

/*
 * Room for copies.
 *
 * How much all copies take is in a file, whose lock is held while it is
 * changed. It may be wrong after a crash, but not for long: before anything is
 * deleted for want of room, all is counted.
 */

/* So much more than needed is deleted at once that it is seldom done. */
#define SLACK 8

/* A file in the folder. */
typedef struct
{
  char *name; /* owned */
  guint64 size;
  gint64 used;
} Copy;

static void
copy_free (gpointer data)
{
  Copy *copy = data;

  g_free (copy->name);
  g_free (copy);
}

static void
lock_total (LoftTarballFolder *self)
{
  g_mutex_lock (&self->lock);
  while (flock (self->total_fd, LOCK_EX) == -1 && errno == EINTR)
    continue;
}

static void
unlock_total (LoftTarballFolder *self)
{
  flock (self->total_fd, LOCK_UN);
  g_mutex_unlock (&self->lock);
}

static guint64
read_total (LoftTarballFolder *self)
{
  guint64 total = 0;

  return pread (self->total_fd, &total, sizeof total, 0) == sizeof total ? total
                                                                         : 0;
}

static void
write_total (LoftTarballFolder *self, guint64 total)
{
  if (pwrite (self->total_fd, &total, sizeof total, 0) != sizeof total)
    g_debug ("The size of all tarballs can't be noted: %s", g_strerror (errno));
}

/* A part takes as much as it will, as far as the file system can tell. */
static gboolean
measure (LoftTarballFolder *self, const char *name, Copy *copy)
{
  struct stat status;

  if ((strlen (name) != LOFT_TARBALL_DIGITS && !loft_tarball_is_part (name)) ||
      fstatat (self->fd, name, &status, AT_SYMLINK_NOFOLLOW) == -1)
    return FALSE;

  copy->name = g_strdup (name);
  copy->size = (guint64) status.st_size;
  if (loft_tarball_is_part (name))
    copy->size = MAX (copy->size, (guint64) status.st_blocks * 512);
  copy->used =
    status.st_mtim.tv_sec * G_USEC_PER_SEC + status.st_mtim.tv_nsec / 1000;

  return TRUE;
}

static int
compare_used (gconstpointer a, gconstpointer b)
{
  const Copy *first = *(Copy *const *) a;
  const Copy *second = *(Copy *const *) b;

  return (first->used > second->used) - (first->used < second->used);
}

/* All files, the one that was not used for longest first. */
static GPtrArray *
list_copies (LoftTarballFolder *self, guint64 *out_total)
{
  GPtrArray *copies = g_ptr_array_new_with_free_func (copy_free);
  int fd = openat (self->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *stream = fd != -1 ? fdopendir (fd) : NULL;

  *out_total = 0;
  for (struct dirent *entry = NULL;
       stream != NULL && (entry = readdir (stream)) != NULL;)
    {
      Copy found = { 0 };

      if (!measure (self, entry->d_name, &found))
        continue;
      *out_total += found.size;
      g_ptr_array_add (copies, g_memdup2 (&found, sizeof found));
    }
  if (stream != NULL)
    closedir (stream);
  else if (fd != -1)
    close (fd);
  g_ptr_array_sort (copies, compare_used);

  return copies;
}

/* A part that nobody fills any more. */
static void
remove_left_over (LoftTarballFolder *self, const char *name)
{
  int fd = openat (self->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

  if (fd == -1)
    return;
  if (flock (fd, LOCK_EX | LOCK_NB) == 0)
    unlinkat (self->fd, name, 0);
  close (fd);
}

/* Deletes what was not used for longest, until the rest takes no more than
 * @wanted. To be called with the total locked. */
static guint64
evict (LoftTarballFolder *self, guint64 wanted)
{
  guint64 total = 0;
  g_autoptr (GPtrArray) copies = list_copies (self, &total);

  for (guint i = 0; i < copies->len && total > wanted; i++)
    {
      const Copy *copy = g_ptr_array_index (copies, i);

      if (loft_tarball_is_part (copy->name))
        continue;
      if (unlinkat (self->fd, copy->name, 0) == 0)
        {
          total -= copy->size;
          loft_counter_add (&self->figures->evicted, 1);
        }
    }

  return total;
}

/**
 * loft_tarball_folder_tidy:
 * @self: a folder
 *
 * Removes what processes have left that died, and what is too much. Blocks.
 */
void
loft_tarball_folder_tidy (LoftTarballFolder *self)
{
  g_return_if_fail (self != NULL);

  if (self->total_fd == -1)
    return;

  lock_total (self);
  guint64 total = 0;
  g_autoptr (GPtrArray) copies = list_copies (self, &total);
  for (guint i = 0; i < copies->len; i++)
    {
      const Copy *copy = g_ptr_array_index (copies, i);

      if (loft_tarball_is_part (copy->name))
        remove_left_over (self, copy->name);
    }
  write_total (self, evict (self, atomic_load (&self->size_max)));
  unlock_total (self);
}

/**
 * loft_tarball_folder_get_size:
 * @self: a folder
 *
 * Returns: bytes that all copies take, as far as that was noted
 */
guint64
loft_tarball_folder_get_size (LoftTarballFolder *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->total_fd != -1 ? read_total (self) : 0;
}

static gboolean
allocate (int fd, goffset size)
{
  int result;

  do
    result = fallocate (fd, FALLOC_FL_KEEP_SIZE, 0, size);
  while (result == -1 && errno == EINTR);

  return result == 0 || (errno != ENOSPC && errno != EDQUOT);
}

/**
 * loft_tarball_folder_reserve:
 * @self: a folder
 * @fd: a file that was claimed
 * @size: how many bytes it will have
 * @out_keep: (out): whether it may stay once it is filled
 *
 * Makes room for a file. Blocks.
 *
 * Returns: %FALSE if the disk is full of other things
 */
gboolean
loft_tarball_folder_reserve (LoftTarballFolder *self,
                             int fd,
                             goffset size,
                             gboolean *out_keep)
{
  g_return_val_if_fail (self != NULL && out_keep != NULL, FALSE);

  guint64 size_max = atomic_load (&self->size_max);
  guint64 wanted = (guint64) size;

  *out_keep = wanted <= size_max;
  lock_total (self);
  guint64 total = read_total (self);
  if (*out_keep && total + wanted > size_max)
    total = evict (self, MIN (size_max - wanted, size_max - size_max / SLACK));
  gboolean done = allocate (fd, size);
  if (!done)
    {
      total = evict (self, total - MIN (total, wanted + total / SLACK));
      done = allocate (fd, size);
    }
  *out_keep = *out_keep && done;
  write_total (self, *out_keep ? total + wanted : total);
  unlock_total (self);

  return done;
}

/**
 * loft_tarball_folder_release:
 * @self: a folder
 * @size: bytes that were reserved
 *
 * Notes that they are free again. Blocks.
 */
void
loft_tarball_folder_release (LoftTarballFolder *self, guint64 size)
{
  lock_total (self);
  guint64 total = read_total (self);
  write_total (self, total - MIN (total, size));
  unlock_total (self);
}
