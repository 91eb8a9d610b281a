/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "fuzz/fuzz.h"

#include <string.h>

#include "gate/loft-head.h"

/* Small, so that inputs of a few hundred bytes come to them. */
static const LoftHeadLimits limits = { 600, 200, 12 };

static gboolean
is_visible (LoftSpan span)
{
  for (gsize i = 0; i < span.length; i++)
    if (span.data[i] <= 0x20 || span.data[i] == 0x7f)
      return FALSE;

  return span.length > 0;
}

/* A reason stands in an answer as it is. */
static void
check_refused (const LoftHead *head)
{
  static const guint statuses[] = { 400, 411, 414, 417, 431, 505 };
  gboolean known = FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (statuses); i++)
    known |= statuses[i] == head->status;
  g_assert_true (known);
  g_assert_nonnull (head->reason);
  g_assert_null (strpbrk (head->reason, "\"\\\r\n"));
}

/* Looks for a header by other means than the parser; how many there are. */
static guint
count_fields (const LoftHead *head, const char *start, const char *name)
{
  g_autofree char *text = g_strndup (start, head->length);
  g_auto (GStrv) lines = g_strsplit (text, "\r\n", -1);
  gsize length = strlen (name);
  guint n = 0;

  for (guint i = 1; lines[i] != NULL; i++)
    n += g_ascii_strncasecmp (lines[i], name, length) == 0 &&
         lines[i][length] == ':';

  return n;
}

/* Each line ends in CRLF, the last is empty, and none before it is. */
static void
check_lines (const LoftHead *head, const char *start)
{
  const char *end = start + head->length;

  for (const char *p = start; p < end; p++)
    {
      if (*p == '\r')
        g_assert_true (p + 1 < end && p[1] == '\n');
      else if (*p == '\n')
        g_assert_true (p > start && p[-1] == '\r');
      else
        g_assert_true ((guint8) *p >= 0x20 || *p == '\t');
      g_assert_true (*p != 0x7f);
    }
  g_assert_true (memmem (start, head->length, "\r\n\r\n", 4) == end - 4);
}

static void
check_length (const LoftHead *head)
{
  LoftSpan value = head->fields[LOFT_HEAD_FIELD_CONTENT_LENGTH];
  g_autofree char *text = g_strndup (value.data, value.length);
  guint64 length = 0;

  if (!head->has_length)
    {
      g_assert_null (value.data);
      g_assert_cmpuint (head->body_length, ==, 0);
      return;
    }
  g_assert_true (
    g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT64, &length, NULL));
  g_assert_cmpuint (head->body_length, ==, length);
}

static void
check_complete (const LoftHead *head, const char *data, gsize size)
{
  const char *start = data + head->skipped;

  g_assert_true (head->skipped == 0 || head->skipped == 2);
  g_assert_cmpuint (head->skipped + head->length, <=, size);
  g_assert_cmpuint (head->length, <=, limits.size);
  g_assert_cmpuint (head->target.length, <=, limits.target);
  g_assert_cmpuint (head->minor, <=, 1);
  check_lines (head, start);

  g_assert_true (is_visible (head->method_text));
  g_assert_true (is_visible (head->target));
  g_assert_true (head->method_text.data == start);
  g_assert_true (start[head->method_text.length] == ' ');
  g_assert_true (head->target.data == start + head->method_text.length + 1);
  g_assert_true (head->target.data[head->target.length] == ' ');

  guint hosts = count_fields (head, start, "host");
  g_assert_cmpuint (hosts, <=, 1);
  g_assert_true (hosts == 1 || head->minor == 0);
  g_assert_cmpuint (count_fields (head, start, "content-length"),
                    ==,
                    head->has_length);
  g_assert_cmpuint (count_fields (head, start, "transfer-encoding"), ==, 0);
  check_length (head);

  if (head->plain)
    {
      g_assert_cmpint (head->method, !=, LOFT_HEAD_METHOD_OTHER);
      g_assert_cmpuint (head->minor, ==, 1);
      g_assert_false (head->has_length || head->close || head->expects);
      g_assert_cmpuint (count_fields (head, start, "authorization"), ==, 0);
      g_assert_cmpuint (count_fields (head, start, "range"), ==, 0);
      g_assert_true (head->target.data[0] == '/');
    }
  g_assert_true (!head->expects || head->minor == 1);
}

static LoftHeadResult
parse_copy (const guint8 *data,
            gsize size,
            gsize seen,
            LoftHead *out_head,
            char **out_copy)
{
  *out_copy = g_memdup2 (data, size);

  return loft_head_parse (*out_copy, size, seen, &limits, out_head);
}

/* Spans that point into one copy, as if they pointed into another. */
static void
move_spans (LoftHead *head, const char *from, const char *to)
{
  LoftSpan *spans[] = { &head->method_text, &head->target };

  for (gsize i = 0; i < G_N_ELEMENTS (spans); i++)
    if (spans[i]->data != NULL)
      spans[i]->data = to + (spans[i]->data - from);
  for (gsize i = 0; i < LOFT_HEAD_N_FIELDS; i++)
    if (head->fields[i].data != NULL)
      head->fields[i].data = to + (head->fields[i].data - from);
}

/* What has come in pieces is understood as it would be, had it come at once. */
static void
check_pieces (const guint8 *data, gsize size, gsize piece)
{
  LoftHeadResult result = LOFT_HEAD_INCOMPLETE;
  gsize seen = 0;

  for (gsize n = MIN (piece, size); result == LOFT_HEAD_INCOMPLETE;
       n = MIN (n + piece, size))
    {
      LoftHead head;
      LoftHead whole;
      g_autofree char *copy = NULL;
      g_autofree char *whole_copy = NULL;
      LoftHeadResult whole_result =
        parse_copy (data, n, 0, &whole, &whole_copy);

      result = parse_copy (data, n, seen, &head, &copy);
      g_assert_cmpint (result, ==, whole_result);
      move_spans (&head, copy, whole_copy);
      if (result == LOFT_HEAD_COMPLETE)
        g_assert_cmpmem (&head, sizeof head, &whole, sizeof whole);
      if (result == LOFT_HEAD_REFUSED)
        g_assert_cmpuint (head.status, ==, whole.status);
      seen = n;
      if (n == size)
        break;
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  LoftHead head;
  g_autofree char *copy = NULL;
  LoftHeadResult result = parse_copy (data, size, 0, &head, &copy);

  if (result == LOFT_HEAD_COMPLETE)
    check_complete (&head, copy, size);
  else if (result == LOFT_HEAD_REFUSED)
    check_refused (&head);
  else
    g_assert_cmpuint (size, <=, limits.size + 2);

  check_pieces (data, size, size <= 100 ? 1 : 1 + size % 29);

  return 0;
}
