/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-head-field.h"

#include <string.h>

typedef struct
{
  const char *name;
  LoftHeadField field;
} Row;

/* Sorted by length, in the order of likelihood within it. A header may only be
 * called harmless if no handler ever looks at it where the method is GET or
 * HEAD. */
static const Row rows[] = {
  { "via", LOFT_HEAD_FIELD_HARMLESS },
  { "dnt", LOFT_HEAD_FIELD_HARMLESS },
  { "host", LOFT_HEAD_FIELD_HOST },
  { "accept", LOFT_HEAD_FIELD_ACCEPT },
  { "cookie", LOFT_HEAD_FIELD_HARMLESS },
  { "expect", LOFT_HEAD_FIELD_EXPECT },
  { "pragma", LOFT_HEAD_FIELD_HARMLESS },
  { "origin", LOFT_HEAD_FIELD_HARMLESS },
  { "referer", LOFT_HEAD_FIELD_HARMLESS },
  { "sec-gpc", LOFT_HEAD_FIELD_HARMLESS },
  { "priority", LOFT_HEAD_FIELD_HARMLESS },
  { "forwarded", LOFT_HEAD_FIELD_FORWARDED },
  { "x-real-ip", LOFT_HEAD_FIELD_HARMLESS },
  { "save-data", LOFT_HEAD_FIELD_HARMLESS },
  { "sec-ch-ua", LOFT_HEAD_FIELD_HARMLESS },
  { "user-agent", LOFT_HEAD_FIELD_HARMLESS },
  { "connection", LOFT_HEAD_FIELD_CONNECTION },
  { "traceparent", LOFT_HEAD_FIELD_HARMLESS },
  { "sec-purpose", LOFT_HEAD_FIELD_HARMLESS },
  { "x-request-id", LOFT_HEAD_FIELD_X_REQUEST_ID },
  { "if-none-match", LOFT_HEAD_FIELD_IF_NONE_MATCH },
  { "cache-control", LOFT_HEAD_FIELD_HARMLESS },
  { "content-length", LOFT_HEAD_FIELD_CONTENT_LENGTH },
  { "sec-fetch-site", LOFT_HEAD_FIELD_HARMLESS },
  { "sec-fetch-mode", LOFT_HEAD_FIELD_HARMLESS },
  { "sec-fetch-dest", LOFT_HEAD_FIELD_HARMLESS },
  { "sec-fetch-user", LOFT_HEAD_FIELD_HARMLESS },
  { "accept-encoding", LOFT_HEAD_FIELD_ACCEPT_ENCODING },
  { "accept-language", LOFT_HEAD_FIELD_ACCEPT_LANGUAGE },
  { "x-forwarded-for", LOFT_HEAD_FIELD_X_FORWARDED_FOR },
  { "x-forwarded-host", LOFT_HEAD_FIELD_HARMLESS },
  { "x-forwarded-port", LOFT_HEAD_FIELD_HARMLESS },
  { "sec-ch-ua-mobile", LOFT_HEAD_FIELD_HARMLESS },
  { "transfer-encoding", LOFT_HEAD_FIELD_TRANSFER_ENCODING },
  { "x-forwarded-proto", LOFT_HEAD_FIELD_HARMLESS },
  { "sec-ch-ua-platform", LOFT_HEAD_FIELD_HARMLESS },
  { "upgrade-insecure-requests", LOFT_HEAD_FIELD_HARMLESS },
};

#define LENGTH_MAX 25

/* Where the rows of a length begin; those of the next one end them. */
static guint8 starts[LENGTH_MAX + 2];

static void __attribute__ ((constructor)) fill_starts (void)
{
  guint row = 0;

  for (gsize length = 0; length < G_N_ELEMENTS (starts); length++)
    {
      while (row < G_N_ELEMENTS (rows) && strlen (rows[row].name) < length)
        row++;
      starts[length] = (guint8) row;
    }
}

/* With that bit set a letter is a small one, and of the other bytes that a name
 * may have none becomes one of those in the table. */
static gboolean
is_same (const char *known, const char *name, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if ((name[i] | 0x20) != known[i])
      return FALSE;

  return TRUE;
}

/**
 * loft_head_field_find:
 * @name: (array length=length): a header's name, a token in whatever case
 * @length: its length in bytes
 *
 * Finds out what a header means to the gate.
 *
 * Returns: its meaning
 */
LoftHeadField
loft_head_field_find (const char *name, gsize length)
{
  if (length > LENGTH_MAX)
    return LOFT_HEAD_FIELD_OTHER;

  for (guint row = starts[length]; row < starts[length + 1]; row++)
    if (is_same (rows[row].name, name, length))
      return rows[row].field;

  return LOFT_HEAD_FIELD_OTHER;
}
