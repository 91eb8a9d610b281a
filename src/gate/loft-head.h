/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include "gate/loft-head-field.h"

G_BEGIN_DECLS

/**
 * LoftSpan:
 * @data: (array length=length) (nullable): where it begins
 * @length: bytes
 *
 * A part of a text that somebody else owns.
 */
typedef struct
{
  const char *data;
  gsize length;
} LoftSpan;

gboolean loft_span_equal (LoftSpan span, const char *text);

/**
 * LoftHeadMethod:
 * @LOFT_HEAD_METHOD_OTHER: any other
 *
 * The methods that the gate tells apart.
 */
typedef enum
{
  LOFT_HEAD_METHOD_OTHER,
  LOFT_HEAD_METHOD_GET,
  LOFT_HEAD_METHOD_HEAD
} LoftHeadMethod;

/**
 * LoftHeadResult:
 * @LOFT_HEAD_INCOMPLETE: more bytes are needed
 * @LOFT_HEAD_COMPLETE: the head is there and good
 * @LOFT_HEAD_REFUSED: no more bytes could make it good
 *
 * What became of reading a head.
 */
typedef enum
{
  LOFT_HEAD_INCOMPLETE,
  LOFT_HEAD_COMPLETE,
  LOFT_HEAD_REFUSED
} LoftHeadResult;

/**
 * LoftHeadLimits:
 * @size: bytes of a head at most
 * @target: bytes of its target at most
 * @fields: headers at most
 *
 * How large a head may be.
 */
typedef struct
{
  gsize size;
  gsize target;
  guint fields;
} LoftHeadLimits;

#define LOFT_HEAD_LIMITS_DEFAULT                                               \
  {                                                                            \
    16 * 1024, 8 * 1024, 100                                                   \
  }

/**
 * LoftHead:
 * @status: if it was refused: the status to answer
 * @reason: if it was refused: why, as a sentence for the client
 * @skipped: bytes of an empty line before it
 * @length: its bytes, the empty line at its end included, @skipped not
 * @method: its method
 * @method_text: the same as it was sent
 * @target: its target as it was sent
 * @minor: the minor version, 0 or 1
 * @body_length: bytes of the body
 * @has_length: whether it says so itself
 * @close: whether the connection is to be closed after it
 * @expects: whether the client waits for leave to send the body
 * @plain: whether nothing but its target, the fields below and the method can
 *   change the answer
 * @fields: values of those headers that the gate knows, by #LoftHeadField;
 *   without data where there is none
 *
 * The head of a request. The spans point into what was read.
 */
typedef struct
{
  guint status;
  const char *reason;
  gsize skipped;
  gsize length;
  LoftHeadMethod method;
  LoftSpan method_text;
  LoftSpan target;
  guint minor;
  guint64 body_length;
  gboolean has_length;
  gboolean close;
  gboolean expects;
  gboolean plain;
  LoftSpan fields[LOFT_HEAD_N_FIELDS];
} LoftHead;

LoftHeadResult loft_head_parse (const char *data,
                                gsize length,
                                gsize seen,
                                const LoftHeadLimits *limits,
                                LoftHead *out_head);

G_END_DECLS
