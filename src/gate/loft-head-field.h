/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * LoftHeadField:
 * @LOFT_HEAD_FIELD_OTHER: one that a handler may look at
 * @LOFT_HEAD_FIELD_HARMLESS: one that changes no answer to a plain request
 *
 * What a header means to the gate. The others stand for the header of that
 * name.
 */
typedef enum
{
  LOFT_HEAD_FIELD_OTHER,
  LOFT_HEAD_FIELD_HARMLESS,
  LOFT_HEAD_FIELD_HOST,
  LOFT_HEAD_FIELD_CONTENT_LENGTH,
  LOFT_HEAD_FIELD_TRANSFER_ENCODING,
  LOFT_HEAD_FIELD_CONNECTION,
  LOFT_HEAD_FIELD_EXPECT,
  LOFT_HEAD_FIELD_FORWARDED,
  LOFT_HEAD_FIELD_X_FORWARDED_FOR,
  LOFT_HEAD_FIELD_ACCEPT,
  LOFT_HEAD_FIELD_ACCEPT_ENCODING,
  LOFT_HEAD_FIELD_ACCEPT_LANGUAGE,
  LOFT_HEAD_FIELD_IF_NONE_MATCH,
  LOFT_HEAD_FIELD_X_REQUEST_ID,
  LOFT_HEAD_N_FIELDS
} LoftHeadField;

LoftHeadField loft_head_field_find (const char *name, gsize length);

G_END_DECLS
