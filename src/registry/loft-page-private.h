/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "registry/loft-page.h"

G_BEGIN_DECLS

/* One that was never used has no key, and was full at all times. */
typedef struct
{
  guint64 key;
  gint64 full_at; /* by the monotonic clock in microseconds */
} LoftPageBucket;

#define LOFT_PAGE_SECRET_SIZE 32
#define LOFT_PAGE_N_BUCKETS 16384

/* So many slots the buckets take, which stand behind those of processes. */
#define LOFT_PAGE_BUCKET_SLOTS                                                 \
  (LOFT_PAGE_N_BUCKETS * sizeof (LoftPageBucket) / LOFT_PAGE_SLOT_SIZE)

typedef struct
{
  guint64 magic;
  guint32 n_slots;
  _Atomic guint64 sequence;
  _Atomic guint64 epoch;
  _Atomic guint64 facts[LOFT_PAGE_N_FACTS];
  pthread_mutex_t mutex;
  pthread_mutex_t buckets_mutex;
  guint8 secret[LOFT_PAGE_SECRET_SIZE];
  _Atomic guint64 begun[LOFT_PAGE_SLOTS_MAX];
  _Atomic guint64 ended[LOFT_PAGE_SLOTS_MAX];
  _Atomic gint64 beats[LOFT_PAGE_SLOTS_MAX];
} LoftPageHeader;

/* The header has a slot's room, so that the slots begin on pages. */
G_STATIC_ASSERT (sizeof (LoftPageHeader) <= LOFT_PAGE_SLOT_SIZE);

struct _LoftPage
{
  int fd;                 /* owned */
  LoftPageHeader *header; /* owned, mapped */
  gsize size;
  int *bells; /* owned, of owned descriptors; one a slot, -1 for none */
};

G_END_DECLS
