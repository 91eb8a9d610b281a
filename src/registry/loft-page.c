/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-page-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "registry/loft-registry-error.h"

/*
 * The memory that all processes of a daemon share.
 *
 * Two numbers in it say whether what a process remembers of the catalog still
 * holds. The sequence is that of the last event in the catalog: it is raised
 * after the transaction was committed and before anybody is told of it, so a
 * process that finds it unmoved has missed nothing that was acknowledged. The
 * epoch counts the changes that no event tells of, after which nothing that is
 * remembered can be trusted.
 *
 * What the process with slot 0 found out is told to the others as facts: it
 * alone builds the catalog and looks through the storage.
 *
 * Memory wakes nobody, so there is a bell for each slot: an eventfd, which
 * counts how often it was rung until somebody looks.
 *
 * The slots are the processes' own: what a process counts outlives it there,
 * and the process that takes its place counts on.
 */

#define MAGIC G_GUINT64_CONSTANT (0x3165676170666f6c)

static void
page_clear (gpointer data)
{
  LoftPage *self = data;

  if (self->bells != NULL)
    for (guint i = 0; i < self->header->n_slots; i++)
      if (self->bells[i] != -1)
        close (self->bells[i]);
  g_free (self->bells);
  if (self->header != NULL)
    munmap (self->header, self->size);
  if (self->fd != -1)
    close (self->fd);
}

static gboolean
fail (const char *what, GError **error)
{
  int saved_errno = errno;

  g_set_error (error,
               LOFT_REGISTRY_ERROR,
               LOFT_REGISTRY_ERROR_FAILED,
               "The shared memory can't be %s: %s",
               what,
               g_strerror (saved_errno));

  return FALSE;
}

static gboolean
map (LoftPage *self, gsize size, GError **error)
{
  gpointer address =
    mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);

  if (address == MAP_FAILED)
    return fail ("mapped", error);
  self->header = address;
  self->size = size;

  return TRUE;
}

static void
take_bells (LoftPage *self, const int *bells)
{
  self->bells = g_new (int, self->header->n_slots);
  for (guint i = 0; i < self->header->n_slots; i++)
    self->bells[i] = bells != NULL ? bells[i] : -1;
}

static gsize
get_size (guint n_slots)
{
  return (gsize) LOFT_PAGE_SLOT_SIZE * (1 + n_slots + LOFT_PAGE_BUCKET_SLOTS);
}

/* It can be had again when its owner dies. */
static gboolean
init_mutex (pthread_mutex_t *mutex, GError **error)
{
  pthread_mutexattr_t attributes;

  pthread_mutexattr_init (&attributes);
  pthread_mutexattr_setpshared (&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust (&attributes, PTHREAD_MUTEX_ROBUST);
  errno = pthread_mutex_init (mutex, &attributes);
  pthread_mutexattr_destroy (&attributes);

  return errno == 0 || fail ("given its mutex", error);
}

/**
 * loft_page_new:
 * @n_slots: how many processes there are, 1 to %LOFT_PAGE_SLOTS_MAX
 * @error: return location for a #GError
 *
 * Makes the memory that the processes of a daemon share, all zero.
 *
 * Returns: (transfer full): the page, or %NULL with @error set to
 *   %LOFT_REGISTRY_ERROR_FAILED
 */
LoftPage *
loft_page_new (guint n_slots, GError **error)
{
  g_return_val_if_fail (n_slots > 0 && n_slots <= LOFT_PAGE_SLOTS_MAX, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  gsize size = get_size (n_slots);
  g_autoptr (LoftPage) self = g_atomic_rc_box_new0 (LoftPage);

  self->fd = memfd_create ("loft-registry", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (self->fd == -1 || ftruncate (self->fd, (off_t) size) == -1)
    {
      fail ("made", error);
      return NULL;
    }

  /* A file that shrank would kill whoever reads it. */
  if (fcntl (self->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == -1)
    {
      fail ("sealed", error);
      return NULL;
    }
  if (!map (self, size, error))
    return NULL;

  if (!init_mutex (&self->header->mutex, error) ||
      !init_mutex (&self->header->buckets_mutex, error))
    return NULL;
  if (getentropy (self->header->secret, LOFT_PAGE_SECRET_SIZE) == -1)
    {
      fail ("given its secret", error);
      return NULL;
    }

  self->header->magic = MAGIC;
  self->header->n_slots = n_slots;
  take_bells (self, NULL);
  for (guint i = 0; i < n_slots; i++)
    {
      self->bells[i] = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
      if (self->bells[i] == -1)
        {
          fail ("given its bells", error);
          return NULL;
        }
    }

  return g_steal_pointer (&self);
}

/**
 * loft_page_open:
 * @fd: (transfer full): the descriptor of a page that another process made
 * @bells: (nullable): the descriptors of its bells, one a slot, which become
 *   the page's if it is opened
 * @error: return location for a #GError
 *
 * Joins the processes that share a page.
 *
 * Returns: (transfer full): the page, or %NULL with @error set to
 *   %LOFT_REGISTRY_ERROR_FAILED
 */
LoftPage *
loft_page_open (int fd, const int *bells, GError **error)
{
  g_return_val_if_fail (fd != -1, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr (LoftPage) self = g_atomic_rc_box_new0 (LoftPage);
  struct stat status;

  self->fd = fd;
  if (fstat (fd, &status) == -1)
    {
      fail ("looked at", error);
      return NULL;
    }
  if (status.st_size < 2 * LOFT_PAGE_SLOT_SIZE ||
      !map (self, (gsize) status.st_size, error) ||
      self->header->magic != MAGIC || self->header->n_slots == 0 ||
      self->size != get_size (self->header->n_slots))
    {
      g_clear_error (error);
      g_set_error_literal (error,
                           LOFT_REGISTRY_ERROR,
                           LOFT_REGISTRY_ERROR_FAILED,
                           "The shared memory is not of this program");
      return NULL;
    }
  take_bells (self, bells);

  return g_steal_pointer (&self);
}

/**
 * loft_page_ref:
 * @self: a page
 *
 * Takes a reference; safe in any thread.
 *
 * Returns: (transfer full): @self
 */
LoftPage *
loft_page_ref (LoftPage *self)
{
  return g_atomic_rc_box_acquire (self);
}

/**
 * loft_page_unref:
 * @self: (transfer full): a page
 *
 * Drops a reference; with the last one this process leaves the page.
 */
void
loft_page_unref (LoftPage *self)
{
  g_atomic_rc_box_release_full (self, page_clear);
}

/**
 * loft_page_get_fd:
 * @self: a page
 *
 * Gives what another process needs for loft_page_open(). It is closed on exec.
 *
 * Returns: the descriptor, which the page owns
 */
int
loft_page_get_fd (LoftPage *self)
{
  g_return_val_if_fail (self != NULL, -1);

  return self->fd;
}

/**
 * loft_page_get_n_slots:
 * @self: a page
 *
 * Returns: how many slots it has
 */
guint
loft_page_get_n_slots (LoftPage *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->header->n_slots;
}

/**
 * loft_page_get_slot:
 * @self: a page
 * @index: which slot, from 0
 *
 * Gives a slot. One process writes to it; every process may read it, so what
 * is in there has to be atomic.
 *
 * Returns: (transfer none): %LOFT_PAGE_SLOT_SIZE bytes, aligned for any type
 */
gpointer
loft_page_get_slot (LoftPage *self, guint index)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (index < self->header->n_slots, NULL);

  return (guint8 *) self->header + (gsize) LOFT_PAGE_SLOT_SIZE * (1 + index);
}

/**
 * loft_page_get_bell:
 * @self: a page
 * @index: whose bell, from 0
 *
 * Gives an eventfd that can be read after loft_page_ring(). It is closed on
 * exec.
 *
 * Returns: the descriptor, which the page owns; -1 if it was opened without
 */
int
loft_page_get_bell (LoftPage *self, guint index)
{
  g_return_val_if_fail (self != NULL, -1);
  g_return_val_if_fail (index < self->header->n_slots, -1);

  return self->bells[index];
}

/**
 * loft_page_ring:
 * @self: a page
 *
 * Rings all bells, this process's own too; safe in any thread.
 */
void
loft_page_ring (LoftPage *self)
{
  g_return_if_fail (self != NULL);

  /* The one way for it to fail is a bell that was rung for ages. */
  for (guint i = 0; i < self->header->n_slots; i++)
    if (self->bells[i] != -1)
      eventfd_write (self->bells[i], 1);
}

/**
 * loft_page_get_sequence:
 * @self: a page
 *
 * Tells how far the catalog is; safe in any thread.
 *
 * Returns: number of the last event that somebody may have been told of
 */
guint64
loft_page_get_sequence (LoftPage *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return atomic_load (&self->header->sequence);
}

/**
 * loft_page_raise_sequence:
 * @self: a page
 * @sequence: number of an event that was committed to the catalog
 *
 * Says so to all processes; safe in any thread. A number that is no higher than
 * the last changes nothing.
 */
void
loft_page_raise_sequence (LoftPage *self, guint64 sequence)
{
  g_return_if_fail (self != NULL);

  guint64 known = atomic_load (&self->header->sequence);

  while (
    known < sequence &&
    !atomic_compare_exchange_weak (&self->header->sequence, &known, sequence))
    continue;
}

/**
 * loft_page_get_epoch:
 * @self: a page
 *
 * Tells whether what is remembered of the catalog still counts; safe in any
 * thread.
 *
 * Returns: a number that moves whenever it does not
 */
guint64
loft_page_get_epoch (LoftPage *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return atomic_load (&self->header->epoch);
}

/**
 * loft_page_begin_epoch:
 * @self: a page
 *
 * Has all processes forget what they remember of the catalog; safe in any
 * thread. To be called once the change that no event tells of can be seen, and
 * before anybody is told of it.
 */
void
loft_page_begin_epoch (LoftPage *self)
{
  g_return_if_fail (self != NULL);

  atomic_fetch_add (&self->header->epoch, 1);
}

/**
 * loft_page_start_over:
 * @self: a page
 *
 * Says that the catalog is empty again, be its events those of another log. To
 * be called only while nobody writes to it or answers from it.
 */
void
loft_page_start_over (LoftPage *self)
{
  g_return_if_fail (self != NULL);

  atomic_store (&self->header->sequence, 0);
  loft_page_begin_epoch (self);
}

/**
 * loft_page_get_fact:
 * @self: a page
 * @fact: which one
 *
 * Asks what the process with slot 0 has found out; safe in any thread.
 *
 * Returns: the value; 0 until it was told
 */
guint64
loft_page_get_fact (LoftPage *self, LoftPageFact fact)
{
  g_return_val_if_fail (self != NULL && fact < LOFT_PAGE_N_FACTS, 0);

  return atomic_load (&self->header->facts[fact]);
}

/**
 * loft_page_set_fact:
 * @self: a page
 * @fact: which one
 * @value: what it is now
 *
 * Tells all processes; safe in any thread of the process with slot 0.
 */
void
loft_page_set_fact (LoftPage *self, LoftPageFact fact, guint64 value)
{
  g_return_if_fail (self != NULL && fact < LOFT_PAGE_N_FACTS);

  atomic_store (&self->header->facts[fact], value);
}

/**
 * loft_page_get_beat:
 * @self: a page
 * @slot: a process
 *
 * Tells when a process was last known to be well; safe in any thread.
 *
 * Returns: what was last given to loft_page_set_beat(); 0 if nothing was
 */
gint64
loft_page_get_beat (LoftPage *self, guint slot)
{
  g_return_val_if_fail (self != NULL && slot < self->header->n_slots, 0);

  return atomic_load (&self->header->beats[slot]);
}

/**
 * loft_page_set_beat:
 * @self: a page
 * @slot: a process
 * @time: now, by the monotonic clock in microseconds; 0 for one that does not
 *   serve yet
 *
 * Says that a process is well; safe in any thread.
 */
void
loft_page_set_beat (LoftPage *self, guint slot, gint64 time)
{
  g_return_if_fail (self != NULL && slot < self->header->n_slots);

  atomic_store (&self->header->beats[slot], time);
}
