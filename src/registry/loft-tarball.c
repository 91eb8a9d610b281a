/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-tarball-private.h"

#include <unistd.h>

/*
 * A tarball on its way from a storage that is not on this machine.
 *
 * It is written to a file as fast as the storage gives it, and each client
 * reads that file as fast as it likes. What has arrived is handed on at once,
 * but for the end: that waits until the digest of the whole is known to be
 * right. So a client may have got wrong bytes, but never so many that it takes
 * them for the tarball.
 *
 * When it is whole, each block is compared with its sum before it is handed on,
 * since the file may be an old copy. From where one is wrong, all goes on with
 * another file.
 */

/* Bytes of the end that wait for the digest. */
#define HELD_BACK (64 * 1024)

G_DEFINE_FINAL_TYPE (LoftTarball, loft_tarball, G_TYPE_OBJECT)

static void
loft_tarball_finalize (GObject *object)
{
  LoftTarball *self = LOFT_TARBALL (object);

  if (self->fd != -1)
    close (self->fd);
  g_clear_error (&self->error);
  g_clear_pointer (&self->sums, loft_tarball_sums_unref);
  if (self->renew_destroy != NULL)
    self->renew_destroy (self->renew_data);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (loft_tarball_parent_class)->finalize (object);
}

static void
loft_tarball_class_init (LoftTarballClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = loft_tarball_finalize;
}

static void
loft_tarball_init (LoftTarball *self)
{
  self->fd = -1;
  self->moved = g_get_monotonic_time ();
  g_mutex_init (&self->lock);
  g_queue_init (&self->waiting);
}

/**
 * loft_tarball_new:
 * @size: how many bytes it has
 *
 * Returns: (transfer full): a tarball of which nothing is there yet
 */
LoftTarball *
loft_tarball_new (goffset size)
{
  g_return_val_if_fail (size >= 0, NULL);

  LoftTarball *self = g_object_new (LOFT_TYPE_TARBALL, NULL);

  self->size = size;

  return self;
}

/**
 * loft_tarball_set_renewal:
 * @self: a tarball that nobody else has yet
 * @renew: gives another one
 * @data: (transfer full): for @renew
 * @destroy: frees @data
 *
 * Says what to do if the file changes.
 */
void
loft_tarball_set_renewal (LoftTarball *self,
                          LoftTarballRenew renew,
                          gpointer data,
                          GDestroyNotify destroy)
{
  g_return_if_fail (LOFT_IS_TARBALL (self) && self->renew == NULL);

  self->renew = renew;
  self->renew_data = data;
  self->renew_destroy = destroy;
}

/**
 * loft_tarball_get_size:
 * @self: a tarball
 *
 * Returns: how many bytes it has, or will have
 */
goffset
loft_tarball_get_size (LoftTarball *self)
{
  g_return_val_if_fail (LOFT_IS_TARBALL (self), 0);

  return self->size;
}

/**
 * loft_tarball_get_limit:
 * @self: a tarball, locked
 *
 * Returns: how many of its bytes may be handed out
 */
goffset
loft_tarball_get_limit (LoftTarball *self)
{
  if (self->state == LOFT_TARBALL_WHOLE)
    return self->size;

  return MIN (self->available, MAX (self->size - HELD_BACK, 0));
}

/**
 * loft_tarball_can_have:
 * @self: a tarball, locked
 * @wish: what somebody waits for
 *
 * Returns: whether there is anything to tell him
 */
gboolean
loft_tarball_can_have (LoftTarball *self, const LoftTarballWish *wish)
{
  if (self->state != LOFT_TARBALL_GROWING)
    return TRUE;

  return !wish->verified && wish->offset < loft_tarball_get_limit (self);
}

/* Gives those whose wishes can be fulfilled. */
static GSList *
take_ready (LoftTarball *self)
{
  GSList *ready = NULL;

  for (GList *link = self->waiting.head; link != NULL;)
    {
      GList *next = link->next;
      GTask *task = link->data;
      const LoftTarballWish *wish = g_task_get_task_data (task);

      if (loft_tarball_can_have (self, wish))
        {
          g_queue_delete_link (&self->waiting, link);
          g_source_destroy (wish->timer);
          ready = g_slist_prepend (ready, task);
        }
      link = next;
    }

  return g_slist_reverse (ready);
}

/**
 * loft_tarball_begin:
 * @self: a tarball that grows
 * @fd: (transfer full): a file that its bytes will be written to
 *
 * Says where the bytes come from now. That may be said again, as long as nobody
 * has got any from the file before.
 *
 * Returns: %FALSE if somebody has
 */
gboolean
loft_tarball_begin (LoftTarball *self, int fd)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->given)
    {
      close (fd);
      return FALSE;
    }

  if (self->fd != -1)
    close (self->fd);
  self->fd = fd;
  self->available = 0;

  return TRUE;
}

/**
 * loft_tarball_advance:
 * @self: a tarball that grows
 * @available: bytes that are in the file now
 *
 * Says how far the file has got.
 */
void
loft_tarball_advance (LoftTarball *self, goffset available)
{
  GSList *ready = NULL;

  g_mutex_lock (&self->lock);
  if (available > self->available)
    {
      self->available = available;
      self->moved = g_get_monotonic_time ();
      ready = take_ready (self);
    }
  g_mutex_unlock (&self->lock);
  loft_tarball_serve (ready);
}

/**
 * loft_tarball_complete:
 * @self: a tarball that grows
 * @sums: those of its blocks
 *
 * Says that all of it is in the file, and right.
 */
void
loft_tarball_complete (LoftTarball *self, LoftTarballSums *sums)
{
  g_mutex_lock (&self->lock);
  if (self->sums == NULL)
    self->sums = loft_tarball_sums_ref (sums);
  self->available = self->size;
  self->state = LOFT_TARBALL_WHOLE;
  GSList *ready = take_ready (self);
  g_mutex_unlock (&self->lock);
  loft_tarball_serve (ready);
}

/**
 * loft_tarball_dup_sums:
 * @self: a tarball
 *
 * Returns: (transfer full) (nullable): the sums of its blocks, if it is whole
 */
LoftTarballSums *
loft_tarball_dup_sums (LoftTarball *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->sums != NULL ? loft_tarball_sums_ref (self->sums) : NULL;
}

/**
 * loft_tarball_fail:
 * @self: a tarball that grows
 * @error: a #LoftRegistryError
 *
 * Says that it will never be whole.
 */
void
loft_tarball_fail (LoftTarball *self, const GError *error)
{
  g_mutex_lock (&self->lock);
  self->error = g_error_copy (error);
  self->state = LOFT_TARBALL_FAILED;
  GSList *ready = take_ready (self);
  g_mutex_unlock (&self->lock);
  loft_tarball_serve (ready);
}
