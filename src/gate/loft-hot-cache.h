/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "gate/loft-hot-head.h"

G_BEGIN_DECLS

/* How many representations of a resource can be told apart. */
#define LOFT_HOT_REPRESENTATIONS 64
#define LOFT_HOT_ALL_REPRESENTATIONS G_MAXUINT64

/**
 * LoftHotMark:
 * @sequence: how far the changes have come
 * @epoch: how often everything has changed
 *
 * Up to where something that was remembered has been looked after.
 */
typedef struct
{
  guint64 sequence;
  guint64 epoch;
} LoftHotMark;

/**
 * LoftHotResponse:
 * @representations: which ones it is, a bit each
 * @kind: what it is to those who count it
 * @tag: what it speaks of; %NULL if of so many things that it changes with
 *   every change
 * @subject: (nullable): what those who are sent the body have then, to who
 * counts that; a #GRefString
 * @until: seconds since 1970 from which on it holds no more; 0 if time does not
 *   change it
 * @etag: its entity tag, with the quotes
 * @body: its body
 * @head: the head of the answer with the body; %NULL until one was sent
 * @not_modified: the head of the answer without it; %NULL until one was sent
 *
 * An answer that is ready to be sent.
 */
typedef struct
{
  guint64 representations;
  guint kind;
  gint64 until;
  char *subject;             /* owned, nullable */
  char *tag;                 /* owned, nullable */
  char *etag;                /* owned */
  GBytes *body;              /* owned */
  LoftHotHead *head;         /* owned, nullable */
  LoftHotHead *not_modified; /* owned, nullable */
} LoftHotResponse;

LoftHotResponse *loft_hot_response_new (guint64 representations,
                                        guint kind,
                                        const char *tag,
                                        const char *etag,
                                        GBytes *body);
void loft_hot_response_free (LoftHotResponse *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftHotResponse, loft_hot_response_free)

typedef struct _LoftHotCache LoftHotCache;

LoftHotCache *loft_hot_cache_new (gsize size_max);
void loft_hot_cache_free (LoftHotCache *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftHotCache, loft_hot_cache_free)

const LoftHotResponse *loft_hot_cache_lookup (LoftHotCache *self,
                                              LoftSpan target,
                                              guint representation);
void loft_hot_cache_store (LoftHotCache *self,
                           LoftSpan target,
                           LoftHotResponse *response);
void loft_hot_cache_forget (LoftHotCache *self, const char *tag);
void loft_hot_cache_clear (LoftHotCache *self);
gsize loft_hot_cache_get_size (LoftHotCache *self);
guint loft_hot_cache_get_n_targets (LoftHotCache *self);

G_END_DECLS
