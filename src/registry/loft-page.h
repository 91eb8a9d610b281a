/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Bytes of a slot. A page is sparse: what nobody touches takes no memory. */
#define LOFT_PAGE_SLOT_SIZE (64 * 1024)
#define LOFT_PAGE_SLOTS_MAX 256

/**
 * LoftPageFact:
 * @LOFT_PAGE_STEM: which of the catalogs in its directory is the daemon's
 * @LOFT_PAGE_GENERATION: which file of that counts
 * @LOFT_PAGE_FOLLOWED: which file has had all that the log had at some time
 * @LOFT_PAGE_ANSWERS: whether it may answer
 * @LOFT_PAGE_PHASE: what the registry is doing
 * @LOFT_PAGE_SCANNED: how many documents were looked at
 * @LOFT_PAGE_EXPECTED: how many there are to be looked at, 0 if nobody knows
 * @LOFT_PAGE_PROBLEMS: how many things are wrong in the storage
 * @LOFT_PAGE_REACHED: when the catalog held all that the storage does, by the
 *   monotonic clock in microseconds
 * @LOFT_PAGE_DEATHS: how many processes have died
 * @LOFT_PAGE_MAINTAINS: whether it looks after the storage
 * @LOFT_PAGE_CHECKPOINT: the last event in the newest copy of a catalog in the
 *   storage, as far as it knows
 * @LOFT_PAGE_SKEW: microseconds that the storage's clock is ahead of ours, as a
 *   signed number
 * @LOFT_PAGE_DOCS_SINCE: behind which event of the log versions get
 *   documentation, and one more; 0 if none is built
 * @LOFT_PAGE_DOCS_DONE: up to which event they have been seen to
 *
 * What the process with slot 0 tells the others.
 */
typedef enum
{
  LOFT_PAGE_STEM,
  LOFT_PAGE_GENERATION,
  LOFT_PAGE_FOLLOWED,
  LOFT_PAGE_ANSWERS,
  LOFT_PAGE_PHASE,
  LOFT_PAGE_SCANNED,
  LOFT_PAGE_EXPECTED,
  LOFT_PAGE_PROBLEMS,
  LOFT_PAGE_REACHED,
  LOFT_PAGE_DEATHS,
  LOFT_PAGE_MAINTAINS,
  LOFT_PAGE_CHECKPOINT,
  LOFT_PAGE_SKEW,
  LOFT_PAGE_DOCS_SINCE,
  LOFT_PAGE_DOCS_DONE,
  LOFT_PAGE_N_FACTS
} LoftPageFact;

/* From how many buckets can be taken at once. */
#define LOFT_PAGE_USES_MAX 4

/**
 * LoftBucket:
 * @key: whose bucket of what it is
 * @burst: how many it holds
 * @interval: seconds in which one comes back
 * @times: how many times as many those two stand for; 0 for once
 * @left: how many are left
 * @wait: seconds until there is one more; 0 if it is full
 *
 * What somebody may do so often: the first four say which bucket is meant, and
 * the others are found out.
 */
typedef struct
{
  const char *key;
  guint burst;
  guint interval;
  guint times;
  guint left;
  guint wait;
} LoftBucket;

typedef struct _LoftPage LoftPage;

LoftPage *loft_page_new (guint n_slots, GError **error);
LoftPage *loft_page_open (int fd, const int *bells, GError **error);
LoftPage *loft_page_ref (LoftPage *self);
void loft_page_unref (LoftPage *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftPage, loft_page_unref)

int loft_page_get_fd (LoftPage *self);
guint loft_page_get_n_slots (LoftPage *self);
gpointer loft_page_get_slot (LoftPage *self, guint index);
int loft_page_get_bell (LoftPage *self, guint index);
void loft_page_ring (LoftPage *self);

guint64 loft_page_get_sequence (LoftPage *self);
void loft_page_raise_sequence (LoftPage *self, guint64 sequence);
guint64 loft_page_get_epoch (LoftPage *self);
void loft_page_begin_epoch (LoftPage *self);
void loft_page_start_over (LoftPage *self);

gboolean loft_page_lock (LoftPage *self, guint milliseconds);
void loft_page_unlock (LoftPage *self);
void loft_page_begin_write (LoftPage *self, guint slot);
void loft_page_end_write (LoftPage *self, guint slot);
void loft_page_forget_writes (LoftPage *self, guint slot);
gboolean loft_page_wait_for_writes (LoftPage *self,
                                    guint milliseconds,
                                    GCancellable *cancellable);

guint64 loft_page_get_fact (LoftPage *self, LoftPageFact fact);
void loft_page_set_fact (LoftPage *self, LoftPageFact fact, guint64 value);

gboolean loft_page_use_buckets (LoftPage *self,
                                LoftBucket *buckets,
                                guint n_buckets,
                                gboolean taking,
                                gint64 now);

gint64 loft_page_get_beat (LoftPage *self, guint slot);
void loft_page_set_beat (LoftPage *self, guint slot, gint64 time);

G_END_DECLS
