/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * LoftS3Header:
 * @name: in small letters
 * @value: without blanks around it
 *
 * A header of a request.
 */
typedef struct
{
  char *name;  /* owned */
  char *value; /* owned */
} LoftS3Header;

/**
 * LoftS3Request:
 * @method: a method of HTTP
 * @path: percent-encoded, with its leading slash
 * @query: percent-encoded `name=value`, in any order
 * @headers: #LoftS3Header, in any order, all of which are signed
 * @flows: whether the answer is wanted before all of its body has come
 *
 * What is asked of an engine, as it goes over the wire.
 */
typedef struct
{
  char *method;       /* owned */
  char *path;         /* owned */
  GPtrArray *query;   /* owned */
  GPtrArray *headers; /* owned */
  gboolean flows;
} LoftS3Request;

LoftS3Request *loft_s3_request_new (const char *method, const char *path);
LoftS3Request *loft_s3_request_copy (LoftS3Request *self);
void loft_s3_request_free (LoftS3Request *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoftS3Request, loft_s3_request_free)

void loft_s3_request_add_query (LoftS3Request *self,
                                const char *name,
                                const char *value);
void loft_s3_request_add_header (LoftS3Request *self,
                                 const char *name,
                                 const char *value);
char *loft_s3_request_format_query (LoftS3Request *self);

char *loft_s3_encode (const char *text, gboolean keep_slashes);

G_END_DECLS
