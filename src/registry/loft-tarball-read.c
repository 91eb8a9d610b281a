/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include "registry/loft-registry-error.h"
#include "registry/loft-tarball-private.h"

/* Reading a tarball, which may have to arrive first. */

/* How long nothing may arrive for somebody who waits, and how often that is
 * looked at. Who has nothing yet must know within five seconds, and also from a
 * machine that is busy. Who has some of it loses more, so a storage that hangs
 * may be asked for the rest again. */
#define PATIENCE_FIRST (3250 * G_TIME_SPAN_MILLISECOND)
#define PATIENCE_LATER (4250 * G_TIME_SPAN_MILLISECOND)
#define CHECK_INTERVAL 250

/* So many of those who wait are read for by the one who fills the file, which
 * saves another thread the way. */
#define SERVED_AT_ONCE 2

/* Threads that read for the others. What is read was written just now, or
 * lies on a local disk. */
#define READERS_MAX 4

/* How often a tarball is read from another file, for one who waits. */
#define RENEWALS_MAX 2

/* What is read of a file: if there are sums, whole blocks around what was asked
 * for. */
typedef struct
{
  int fd;                /* not owned */
  LoftTarballSums *sums; /* not owned, nullable */
  goffset offset;
  gsize length;
  gsize before; /* bytes that nobody has asked for */
  gsize wanted;
} Range;

static void
wish_free (gpointer data)
{
  LoftTarballWish *wish = data;

  g_clear_pointer (&wish->timer, g_source_unref);
  g_object_unref (wish->tarball);
  g_free (wish);
}

static gboolean
find_range (LoftTarball *self,
            goffset offset,
            gsize length,
            Range *range,
            GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  goffset limit = loft_tarball_get_limit (self);

  if (self->state == LOFT_TARBALL_FAILED)
    {
      g_propagate_error (error, g_error_copy (self->error));
      return FALSE;
    }
  if (offset >= limit)
    {
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_FAILED,
                           "There is no more of the tarball");
      return FALSE;
    }

  goffset end = offset + (goffset) MIN ((goffset) length, limit - offset);

  self->given = TRUE;
  range->fd = self->fd;
  range->sums = self->sums;
  range->wanted = (gsize) (end - offset);
  range->before =
    self->sums != NULL ? (gsize) (offset % LOFT_TARBALL_BLOCK) : 0;
  range->offset = offset - (goffset) range->before;
  if (self->sums != NULL && end % LOFT_TARBALL_BLOCK != 0)
    end = MIN (self->size, end + LOFT_TARBALL_BLOCK - end % LOFT_TARBALL_BLOCK);
  range->length = (gsize) (end - range->offset);

  return TRUE;
}

/* Leaves only what was asked for, if that is right. */
static GBytes *
take_wanted (const Range *range, char *buffer, gsize got)
{
  g_autoptr (GBytes) bytes = g_bytes_new_take (buffer, got);

  if (range->sums != NULL &&
      !loft_tarball_sums_match (range->sums, range->offset, buffer, got))
    return NULL;
  if (got == range->wanted)
    return g_steal_pointer (&bytes);

  return g_bytes_new_from_bytes (bytes,
                                 range->before,
                                 MIN (got - range->before, range->wanted));
}

/* Gives nothing without an error if the file has changed. */
static GBytes *
read_range (const Range *range, GError **error)
{
  g_autofree char *buffer = g_malloc (range->length);
  gsize done = 0;

  while (done < range->length)
    {
      gssize n = pread (range->fd,
                        buffer + done,
                        range->length - done,
                        range->offset + (goffset) done);

      if (n == -1 && errno == EINTR)
        continue;
      if (n <= 0)
        {
          int code = n == 0 ? EIO : errno;

          if (range->sums == NULL)
            g_set_error (error,
                         LOFT_REGISTRY_ERROR,
                         LOFT_REGISTRY_ERROR_FAILED,
                         "The copy of a tarball can't be read: %s",
                         g_strerror (code));
          return NULL;
        }
      done += (gsize) n;
    }

  return take_wanted (range, g_steal_pointer (&buffer), range->length);
}

static void enqueue (GTask *task);

/* Has a task go on with another file; what it has got so far was right. */
static void
renew (GTask *task, int fd)
{
  LoftTarballWish *wish = g_task_get_task_data (task);
  LoftTarball *other =
    wish->renewals++ < RENEWALS_MAX && wish->tarball->renew != NULL
      ? wish->tarball->renew (fd, wish->tarball->renew_data)
      : NULL;

  if (other == NULL)
    {
      g_task_return_new_error (task,
                               LOFT_REGISTRY_ERROR,
                               LOFT_REGISTRY_ERROR_UNAVAILABLE,
                               "The copy of a tarball has changed");
      g_object_unref (task);
      return;
    }

  g_object_unref (wish->tarball);
  wish->tarball = other;
  enqueue (task);
}

static void
read_cb (gpointer data, gpointer user_data)
{
  GTask *task = data;
  const LoftTarballWish *wish = g_task_get_task_data (task);
  GError *error = NULL;
  Range range = { 0 };
  GBytes *bytes =
    find_range (wish->tarball, wish->offset, wish->length, &range, &error)
      ? read_range (&range, &error)
      : NULL;

  if (bytes == NULL && error == NULL)
    {
      renew (task, range.fd);
      return;
    }

  if (bytes != NULL)
    g_task_return_pointer (task, bytes, (GDestroyNotify) g_bytes_unref);
  else
    g_task_return_error (task, error);
  g_object_unref (task);
}

/* GLib's own threads may all wait for a storage that hangs; these never do. */
static GThreadPool *
get_readers (void)
{
  static GThreadPool *readers = NULL;

  if (g_once_init_enter (&readers))
    {
      GThreadPool *pool =
        g_thread_pool_new (read_cb, NULL, READERS_MAX, FALSE, NULL);

      g_once_init_leave (&readers, pool);
    }

  return readers;
}

/**
 * loft_tarball_serve:
 * @ready: (transfer full) (element-type GTask): those who wait no more
 *
 * Lets them go on.
 */
void
loft_tarball_serve (GSList *ready)
{
  guint n = 0;

  for (GSList *link = ready; link != NULL; link = link->next)
    if (n++ < SERVED_AT_ONCE)
      read_cb (link->data, NULL);
    else
      g_thread_pool_push (get_readers (), link->data, NULL);
  g_slist_free (ready);
}

/* What is in memory, without waiting for a disk. */
static GBytes *
read_at_once (const Range *range)
{
  g_autofree char *buffer = g_malloc (range->length);
  const struct iovec part = { buffer, range->length };
  gssize n = preadv2 (range->fd, &part, 1, range->offset, RWF_NOWAIT);
  gsize got = n > 0 ? (gsize) n : 0;

  if (range->sums != NULL && got < range->length)
    got -= got % LOFT_TARBALL_BLOCK;
  if (got <= range->before)
    return NULL;

  return take_wanted (range, g_steal_pointer (&buffer), got);
}

/**
 * loft_tarball_peek:
 * @self: a tarball
 * @offset: where to begin
 * @length: how many bytes to give at most
 *
 * Gives what can be had without waiting for anything.
 *
 * Returns: (transfer full) (nullable): one byte or more, or %NULL if
 *   loft_tarball_read_async() has to be asked
 */
GBytes *
loft_tarball_peek (LoftTarball *self, goffset offset, gsize length)
{
  g_return_val_if_fail (LOFT_IS_TARBALL (self), NULL);

  Range range = { 0 };

  return find_range (self, offset, length, &range, NULL) ? read_at_once (&range)
                                                         : NULL;
}

/* The task may go on with another tarball, meanwhile. */
typedef struct
{
  GTask *task;          /* owned */
  LoftTarball *tarball; /* owned */
} Patience;

static void
patience_free (gpointer data)
{
  Patience *patience = data;

  g_object_unref (patience->task);
  g_object_unref (patience->tarball);
  g_free (patience);
}

static gint64
find_patience (const LoftTarballWish *wish)
{
  return wish->verified || wish->offset == 0 ? PATIENCE_FIRST : PATIENCE_LATER;
}

static gboolean
give_up (LoftTarball *self, GTask *task)
{
  const LoftTarballWish *wish = g_task_get_task_data (task);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  GList *link = g_queue_find (&self->waiting, task);

  if (link == NULL || g_get_monotonic_time () <
                        MAX (self->moved, wish->since) + find_patience (wish))
    return FALSE;

  g_queue_delete_link (&self->waiting, link);

  return TRUE;
}

static gboolean
patience_cb (gpointer user_data)
{
  const Patience *patience = user_data;

  if (!give_up (patience->tarball, patience->task))
    return G_SOURCE_CONTINUE;

  g_autoptr (GTask) owned = patience->task;
  g_task_return_new_error (
    owned,
    LOFT_REGISTRY_ERROR,
    LOFT_REGISTRY_ERROR_UNAVAILABLE,
    "Nothing of a tarball has come for %.1f s",
    (double) find_patience (g_task_get_task_data (owned)) / G_USEC_PER_SEC);

  return G_SOURCE_REMOVE;
}

static GSource *
start_timer (GTask *task, LoftTarball *tarball)
{
  Patience *patience = g_new0 (Patience, 1);
  GSource *timer = g_timeout_source_new (CHECK_INTERVAL);

  patience->task = g_object_ref (task);
  patience->tarball = g_object_ref (tarball);
  g_source_set_callback (timer, patience_cb, patience, patience_free);
  g_source_attach (timer, g_task_get_context (task));

  return timer;
}

/* Lets a task wait for what it is to read. */
static void
enqueue (GTask *task)
{
  LoftTarballWish *wish = g_task_get_task_data (task);
  LoftTarball *self = wish->tarball;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (loft_tarball_can_have (self, wish))
    {
      g_thread_pool_push (get_readers (), task, NULL);
      return;
    }
  g_clear_pointer (&wish->timer, g_source_unref);
  wish->timer = start_timer (task, self);
  g_queue_push_tail (&self->waiting, task);
}

/**
 * loft_tarball_read_async:
 * @self: a tarball
 * @offset: where to begin, before its end
 * @length: how many bytes to give at most
 * @verified: whether to wait until all of it is there and known to be right
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when there are some bytes
 * @user_data: for @callback
 *
 * Reads some of a tarball, which may have to arrive first.
 */
void
loft_tarball_read_async (LoftTarball *self,
                         goffset offset,
                         gsize length,
                         gboolean verified,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_return_if_fail (LOFT_IS_TARBALL (self));

  GTask *task = g_task_new (self, cancellable, callback, user_data);
  LoftTarballWish *wish = g_new0 (LoftTarballWish, 1);

  wish->tarball = g_object_ref (self);
  wish->offset = offset;
  wish->length = length;
  wish->verified = verified;
  wish->since = g_get_monotonic_time ();
  g_task_set_source_tag (task, loft_tarball_read_async);
  g_task_set_task_data (task, wish, wish_free);

  enqueue (task);
}

/**
 * loft_tarball_read_finish:
 * @self: a tarball
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Ends what loft_tarball_read_async() began.
 *
 * Returns: (transfer full): one byte or more, or %NULL with @error set to a
 *   #LoftRegistryError: %LOFT_REGISTRY_ERROR_UNAVAILABLE if the storage does
 *   not give it, %LOFT_REGISTRY_ERROR_CORRUPT if it gave something else
 */
GBytes *
loft_tarball_read_finish (LoftTarball *self,
                          GAsyncResult *result,
                          GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
