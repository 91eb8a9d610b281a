/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "kit/s3-memory.h"

G_BEGIN_DECLS

/* What becomes of a request. */
typedef enum
{
  S3_FATE_NORMAL,
  S3_FATE_LOST,         /* nothing is done, and the connection ends */
  S3_FATE_ANSWER_LOST,  /* it is done, and the connection ends */
  S3_FATE_HANGS,        /* nothing is done, and there is no answer */
  S3_FATE_ANSWER_HANGS, /* it is done, and there is no answer */
  S3_FATE_LATE,         /* there is no answer; it is done on release */
  S3_FATE_REFUSED,      /* nothing is done, and a status says something */
  S3_FATE_DONE_REFUSED, /* it is done, and a status says something */
  S3_FATE_TWICE,        /* it is done twice, and the second answer is given */
  S3_FATE_ANSWER_CUT    /* it is done, and half of the answer is given */
} S3Fate;

/* A server of an object store in memory, which does to requests what it is
 * told. */
typedef struct _S3Double S3Double;

typedef void (*S3Meddler) (S3Memory *memory, const char *name, gpointer data);

typedef void (*S3Filter) (const S3Question *question,
                          S3Reply *reply,
                          gpointer data);

S3Double *s3_double_new (S3MemoryFlags flags);
S3Double *s3_double_new_tls (S3MemoryFlags flags, GTlsCertificate *certificate);
S3Double *s3_double_new_proxy (guint16 port);
void s3_double_free (S3Double *self);

S3Memory *s3_double_get_memory (S3Double *self);
char *s3_double_format_uri (S3Double *self);
GKeyFile *s3_double_make_config (S3Double *self, const char *lines);

void s3_double_plan (S3Double *self,
                     const char *method,
                     S3Fate fate,
                     guint status,
                     const char *code);
void s3_double_set_meddler (S3Double *self, S3Meddler meddler, gpointer data);
void s3_double_set_filter (S3Double *self, S3Filter func, gpointer data);
void s3_double_set_chaos (S3Double *self, guint percent);
void s3_double_set_hanging (S3Double *self, gboolean hanging);
void s3_double_release (S3Double *self);
guint s3_double_count_plans (S3Double *self);
guint s3_double_count_requests (S3Double *self);
guint s3_double_count_connections (S3Double *self);
char *s3_double_dup_digest (S3Double *self);

G_END_DECLS
