/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* How an engine is not as it should be. */
typedef enum
{
  S3_MEMORY_GOOD = 0,
  S3_MEMORY_IGNORES_NONE_MATCH = 1 << 0,
  S3_MEMORY_IGNORES_MATCH = 1 << 1,
  S3_MEMORY_HAS_NO_CONDITIONS = 1 << 2,
  S3_MEMORY_TAKES_PLAIN_ETAGS = 1 << 3,
  S3_MEMORY_TAKES_NO_ETAGS = 1 << 4,
  S3_MEMORY_DROPS_METADATA = 1 << 5,
  S3_MEMORY_LISTS_NOTHING = 1 << 6,
  S3_MEMORY_LISTS_BACKWARDS = 1 << 7,
  S3_MEMORY_REMOVES_NOTHING = 1 << 8,
  S3_MEMORY_HAS_NO_BUCKET = 1 << 9,
  S3_MEMORY_HIDES_WHAT_IS_MISSING = 1 << 10,
  S3_MEMORY_REFUSES_KEYS = 1 << 11,
  S3_MEMORY_IS_READ_ONLY = 1 << 12
} S3MemoryFlags;

typedef struct
{
  char *method;        /* owned */
  char *target;        /* owned, as it came */
  char *path;          /* owned, decoded, without the bucket */
  GHashTable *query;   /* owned, decoded */
  GHashTable *headers; /* owned, names in small letters */
  GBytes *body;        /* owned */
} S3Question;

typedef struct
{
  guint status;
  goffset length;   /* what it says that it has, or -1 for what it has */
  GString *headers; /* owned */
  GBytes *body;     /* owned */
} S3Reply;

void s3_question_free (S3Question *self);
void s3_reply_free (S3Reply *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3Question, s3_question_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3Reply, s3_reply_free)

S3Reply *s3_reply_new (guint status, const char *code);

/* An object store in memory, for one bucket. Any thread may use it. */
typedef struct _S3Memory S3Memory;

S3Memory *s3_memory_new (S3MemoryFlags flags);
void s3_memory_free (S3Memory *self);
S3Reply *s3_memory_ask (S3Memory *self, const S3Question *question);

void s3_memory_put (S3Memory *self,
                    const char *name,
                    const char *text,
                    const char *writes);
void s3_memory_remove (S3Memory *self, const char *name);
char *s3_memory_get (S3Memory *self, const char *name);
char *s3_memory_get_writes (S3Memory *self, const char *name);
guint s3_memory_count (S3Memory *self);
guint s3_memory_count_applied (S3Memory *self, const char *text);

G_END_DECLS
