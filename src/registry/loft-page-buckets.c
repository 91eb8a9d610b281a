/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "registry/loft-page-private.h"

#include <errno.h>

/* How often somebody does something, as all processes have counted it together.
 *
 * A bucket is a moment: the one when it will be full again. Each that is taken
 * puts that off by an interval, and none is left once it is a whole bucket's
 * worth of intervals away. So one that is full need not be remembered, and
 * those that are not have a table that never grows: where a key may stand in a
 * few places only and all are taken, the bucket that is nearest to full gives
 * way. Which keys share places depends on a secret, so nobody can choose to
 * push another one out. */

#define WAYS 8
#define N_SETS (LOFT_PAGE_N_BUCKETS / WAYS)

/* Whoever has the lock does a few comparisons. One that was stopped meanwhile
 * shall stop nobody else. */
#define LOCK_MAX (100 * G_TIME_SPAN_MILLISECOND)

static gboolean
lock (LoftPage *self)
{
  gint64 end = g_get_monotonic_time () + LOCK_MAX;
  struct timespec until = {
    .tv_sec = end / G_USEC_PER_SEC,
    .tv_nsec = end % G_USEC_PER_SEC * 1000,
  };
  int code = pthread_mutex_clocklock (&self->header->buckets_mutex,
                                      CLOCK_MONOTONIC,
                                      &until);

  if (code == EOWNERDEAD)
    code = pthread_mutex_consistent (&self->header->buckets_mutex);

  return code == 0;
}

static guint64
hash (LoftPage *self, const char *key)
{
  g_autofree char *digest = g_compute_hmac_for_string (G_CHECKSUM_SHA256,
                                                       self->header->secret,
                                                       LOFT_PAGE_SECRET_SIZE,
                                                       key,
                                                       -1);

  digest[16] = '\0';

  return g_ascii_strtoull (digest, NULL, 16);
}

/* Where a key stands, or would. */
static LoftPageBucket *
find (LoftPage *self, guint64 key)
{
  LoftPageBucket *table = (LoftPageBucket *) ((guint8 *) self->header +
                                              (gsize) LOFT_PAGE_SLOT_SIZE *
                                                (1 + self->header->n_slots));
  LoftPageBucket *set = table + key % N_SETS * WAYS;
  LoftPageBucket *fullest = set;

  for (guint i = 0; i < WAYS; i++)
    {
      if (set[i].key == key)
        return &set[i];
      if (set[i].full_at < fullest->full_at)
        fullest = &set[i];
    }

  return fullest;
}

static guint
get_burst (const LoftBucket *bucket)
{
  return bucket->burst * MAX (bucket->times, 1);
}

/* In microseconds. */
static gint64
get_interval (const LoftBucket *bucket)
{
  return (gint64) bucket->interval * G_USEC_PER_SEC / MAX (bucket->times, 1);
}

/* Looks into a bucket of which it is known when it will be full. */
static void
measure (LoftBucket *bucket, gint64 full_at, gint64 now)
{
  guint burst = get_burst (bucket);
  gint64 interval = get_interval (bucket);
  gint64 size = burst * interval;
  gint64 missing = CLAMP (full_at - now, 0, size);
  gint64 wait = 0;

  bucket->left = (guint) ((size - missing) / interval);
  if (bucket->left < burst)
    wait = missing - (burst - bucket->left - 1) * interval;
  bucket->wait = (guint) ((wait + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC);
}

static gint64
get_full_at (LoftPage *self, guint64 key)
{
  const LoftPageBucket *place = find (self, key);

  return place->key == key ? place->full_at : 0;
}

static void
take (LoftPage *self, guint64 key, LoftBucket *bucket, gint64 now)
{
  LoftPageBucket *place = find (self, key);
  gint64 interval = get_interval (bucket);
  gint64 known = place->key == key ? place->full_at : 0;

  place->key = key;
  place->full_at = now +
                   CLAMP (known - now, 0, (get_burst (bucket) - 1) * interval) +
                   interval;
  measure (bucket, place->full_at, now);
}

/**
 * loft_page_use_buckets:
 * @self: a page
 * @buckets: (array length=n_buckets): buckets of different keys
 * @n_buckets: how many, up to %LOFT_PAGE_USES_MAX
 * @taking: whether to take one from each, if each has one
 * @now: the monotonic time in microseconds
 *
 * Looks into buckets that all processes share, and takes from them. Says in
 * each what is left then, and how long it takes until there is one more. Quick
 * enough for a main loop; safe in any thread.
 *
 * Returns: whether each had one
 */
gboolean
loft_page_use_buckets (LoftPage *self,
                       LoftBucket *buckets,
                       guint n_buckets,
                       gboolean taking,
                       gint64 now)
{
  guint64 keys[LOFT_PAGE_USES_MAX];
  gboolean had = TRUE;

  g_return_val_if_fail (self != NULL, TRUE);
  g_return_val_if_fail (n_buckets <= LOFT_PAGE_USES_MAX, TRUE);

  for (guint i = 0; i < n_buckets; i++)
    {
      g_return_val_if_fail (buckets[i].burst > 0 && buckets[i].interval > 0,
                            TRUE);
      keys[i] = hash (self, buckets[i].key);
      measure (&buckets[i], 0, now);
    }

  if (!lock (self))
    return TRUE;
  for (guint i = 0; i < n_buckets; i++)
    {
      measure (&buckets[i], get_full_at (self, keys[i]), now);
      had = had && buckets[i].left > 0;
    }
  for (guint i = 0; had && taking && i < n_buckets; i++)
    take (self, keys[i], &buckets[i], now);
  pthread_mutex_unlock (&self->header->buckets_mutex);

  return had;
}
