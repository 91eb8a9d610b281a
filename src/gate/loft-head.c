/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-head.h"

#include <string.h>

#include "gate/loft-head-target.h"

/*
 * The head of a request, read strictly (RFC 9112).
 *
 * Whatever two readers could understand differently is refused here, so that
 * nothing behind the gate, nor a proxy before it, can take a part of one
 * request for another request: that is how requests are smuggled. What is let
 * through has one reading: lines that end in CRLF, one Host, at most one
 * Content-Length that is nothing but digits, no Transfer-Encoding, no folded
 * lines, no control characters.
 *
 * Only what the gate itself has to know is taken from it. All else is read
 * again by the server behind it.
 */

/* More digits make no length that anybody has. */
#define LENGTH_DIGITS_MAX 15

/* What a byte may be part of. */
enum
{
  IS_TOKEN = 1 << 0,
  IS_VALUE = 1 << 1,
  IS_HOST = 1 << 2
};

static guint8 classes[256];

static void __attribute__ ((constructor)) fill_classes (void)
{
  for (guint c = 0; c < 256; c++)
    {
      gboolean alnum = g_ascii_isalnum ((char) c);

      if (alnum || (c != 0 && strchr ("!#$%&'*+-.^_`|~", (int) c) != NULL))
        classes[c] |= IS_TOKEN;
      if ((c >= 0x20 && c != 0x7f) || c == '\t')
        classes[c] |= IS_VALUE;
      if (alnum || (c != 0 && strchr ("-._~:[]!$&'()*+;=", (int) c) != NULL))
        classes[c] |= IS_HOST;
    }
}

static gboolean
is (char c, guint8 class)
{
  return (classes[(guint8) c] & class) != 0;
}

/**
 * loft_span_equal:
 * @span: a span
 * @text: a text in lower case
 *
 * Compares, whatever the case of the letters in @span.
 *
 * Returns: whether they are the same
 */
gboolean
loft_span_equal (LoftSpan span, const char *text)
{
  return strlen (text) == span.length &&
         (span.length == 0 ||
          g_ascii_strncasecmp (span.data, text, span.length) == 0);
}

static gboolean
refuse (LoftHead *head, guint status, const char *reason)
{
  head->status = status;
  head->reason = reason;

  return FALSE;
}

/* Takes bytes of a class from the front of @rest. */
static LoftSpan
take (LoftSpan *rest, guint8 class)
{
  gsize n = 0;

  while (n < rest->length && is (rest->data[n], class))
    n++;

  LoftSpan taken = { rest->data, n };
  rest->data += n;
  rest->length -= n;

  return taken;
}

static gboolean
take_text (LoftSpan *rest, const char *text, gsize length)
{
  if (rest->length < length || memcmp (rest->data, text, length) != 0)
    return FALSE;
  rest->data += length;
  rest->length -= length;

  return TRUE;
}

static LoftHeadMethod
find_method (LoftSpan text)
{
  if (text.length == 3 && memcmp (text.data, "GET", 3) == 0)
    return LOFT_HEAD_METHOD_GET;
  if (text.length == 4 && memcmp (text.data, "HEAD", 4) == 0)
    return LOFT_HEAD_METHOD_HEAD;

  return LOFT_HEAD_METHOD_OTHER;
}

static gboolean
parse_protocol (LoftHead *head, LoftSpan *rest)
{
  if (take_text (rest, "HTTP/1.1\r\n", 10))
    head->minor = 1;
  else if (take_text (rest, "HTTP/1.0\r\n", 10))
    head->minor = 0;
  else if (rest->length >= 10 && memcmp (rest->data, "HTTP/", 5) == 0 &&
           g_ascii_isdigit (rest->data[5]) && rest->data[6] == '.' &&
           g_ascii_isdigit (rest->data[7]) &&
           memcmp (rest->data + 8, "\r\n", 2) == 0)
    return refuse (head, 505, "Only HTTP/1.1 and HTTP/1.0 are spoken here");
  else
    return refuse (head, 400, "The request line is malformed");

  return TRUE;
}

static gboolean
parse_request_line (LoftHead *head,
                    LoftSpan *rest,
                    const LoftHeadLimits *limits)
{
  head->method_text = take (rest, IS_TOKEN);
  if (head->method_text.length == 0 || !take_text (rest, " ", 1))
    return refuse (head, 400, "The request line is malformed");

  const char *end = memchr (rest->data, ' ', rest->length);
  if (end == NULL)
    return refuse (head, 400, "The request line is malformed");
  head->target.data = rest->data;
  head->target.length = (gsize) (end - rest->data);
  rest->data += head->target.length + 1;
  rest->length -= head->target.length + 1;
  if (head->target.length > limits->target)
    return refuse (head, 414, "The target of the request is too long");

  return parse_protocol (head, rest);
}

static gboolean
parse_length (LoftHead *head, LoftSpan value)
{
  if (head->has_length || value.length == 0 || value.length > LENGTH_DIGITS_MAX)
    return refuse (head, 400, "The Content-Length is not one number");

  for (gsize i = 0; i < value.length; i++)
    {
      if (!g_ascii_isdigit (value.data[i]))
        return refuse (head, 400, "The Content-Length is not one number");
      head->body_length =
        head->body_length * 10 + (guint64) (value.data[i] - '0');
    }
  head->has_length = TRUE;
  head->plain = FALSE;

  return TRUE;
}

/* A list of options, of which only two mean anything here. */
static void
parse_connection (LoftHead *head, LoftSpan value)
{
  while (value.length > 0)
    {
      LoftSpan option = take (&value, IS_TOKEN);

      if (loft_span_equal (option, "close"))
        head->close = TRUE;
      if (option.length > 0 && !loft_span_equal (option, "keep-alive"))
        head->plain = FALSE;
      if (option.length == 0)
        {
          value.data++;
          value.length--;
        }
    }
}

static gboolean
check_host (LoftHead *head, LoftSpan value)
{
  LoftSpan rest = value;

  if (head->fields[LOFT_HEAD_FIELD_HOST].data != NULL)
    return refuse (head, 400, "There is more than one Host");
  take (&rest, IS_HOST);
  if (value.length == 0 || rest.length > 0)
    return refuse (head, 400, "The Host is malformed");

  return TRUE;
}

static gboolean
check_expectation (LoftHead *head, LoftSpan value)
{
  if (head->expects || !loft_span_equal (value, "100-continue"))
    return refuse (head, 417, "Only “100-continue” can be expected");

  head->expects = TRUE;
  head->plain = FALSE;

  return TRUE;
}

/* Whether the value of a header may stand, and what it says. */
static gboolean
heed (LoftHead *head, LoftHeadField field, LoftSpan value)
{
  gboolean good = TRUE;

  switch (field)
    {
    case LOFT_HEAD_FIELD_HARMLESS:
      return TRUE;
    case LOFT_HEAD_FIELD_OTHER:
      head->plain = FALSE;
      return TRUE;
    case LOFT_HEAD_FIELD_HOST:
      good = check_host (head, value);
      break;
    case LOFT_HEAD_FIELD_CONTENT_LENGTH:
      good = parse_length (head, value);
      break;
    case LOFT_HEAD_FIELD_EXPECT:
      good = check_expectation (head, value);
      break;
    case LOFT_HEAD_FIELD_CONNECTION:
      parse_connection (head, value);
      break;
    case LOFT_HEAD_FIELD_TRANSFER_ENCODING:
    case LOFT_HEAD_FIELD_FORWARDED:
    case LOFT_HEAD_FIELD_X_FORWARDED_FOR:
    case LOFT_HEAD_FIELD_ACCEPT:
    case LOFT_HEAD_FIELD_ACCEPT_ENCODING:
    case LOFT_HEAD_FIELD_ACCEPT_LANGUAGE:
    case LOFT_HEAD_FIELD_IF_NONE_MATCH:
    case LOFT_HEAD_FIELD_X_REQUEST_ID:
    case LOFT_HEAD_N_FIELDS:
    default:
      break;
    }

  /* Of two that are to be joined, the server behind us knows the meaning. */
  if (head->fields[field].data != NULL)
    head->plain = FALSE;
  head->fields[field] = value;

  return good;
}

static gboolean
parse_field (LoftHead *head, LoftSpan *rest)
{
  LoftSpan name = take (rest, IS_TOKEN);

  /* So a folded line is refused too, and a space before the colon. */
  if (name.length == 0 || !take_text (rest, ":", 1))
    return refuse (head, 400, "A header's name is malformed");

  LoftSpan value = take (rest, IS_VALUE);
  if (!take_text (rest, "\r\n", 2))
    return refuse (head, 400, "A header's value is malformed");

  while (value.length > 0 && (value.data[0] == ' ' || value.data[0] == '\t'))
    {
      value.data++;
      value.length--;
    }
  while (value.length > 0 && (value.data[value.length - 1] == ' ' ||
                              value.data[value.length - 1] == '\t'))
    value.length--;

  return heed (head, loft_head_field_find (name.data, name.length), value);
}

static gboolean
check_framing (LoftHead *head)
{
  LoftSpan coding = head->fields[LOFT_HEAD_FIELD_TRANSFER_ENCODING];

  if (coding.data == NULL)
    return TRUE;
  if (head->has_length || head->minor == 0 ||
      !loft_span_equal (coding, "chunked"))
    return refuse (head,
                   400,
                   "The Transfer-Encoding leaves the length of the body open");

  return refuse (head,
                 411,
                 "A body must come with a Content-Length, not in chunks");
}

static gboolean
parse (LoftHead *head, LoftSpan rest, const LoftHeadLimits *limits)
{
  head->plain = TRUE;
  if (!parse_request_line (head, &rest, limits))
    return FALSE;

  for (guint n_fields = 0; rest.length > 0; n_fields++)
    {
      if (n_fields == limits->fields)
        return refuse (head, 431, "There are too many headers");
      if (!parse_field (head, &rest))
        return FALSE;
    }

  if (head->minor == 1 && head->fields[LOFT_HEAD_FIELD_HOST].data == NULL)
    return refuse (head, 400, "The Host is missing");
  if (!loft_head_target_check (head->target,
                               head->method_text,
                               head->fields[LOFT_HEAD_FIELD_HOST]))
    return refuse (head, 400, "The target of the request is malformed");
  if (head->minor == 0)
    {
      head->expects = FALSE;
      head->plain = FALSE;
    }
  if (head->method == LOFT_HEAD_METHOD_OTHER || head->close ||
      head->target.data[0] != '/')
    head->plain = FALSE;

  return check_framing (head);
}

/* Whether a head that has not ended yet may still become a good one: a client
 * that speaks another protocol should be told so, not waited for. */
static gboolean
may_go_on (LoftHead *head, LoftSpan rest, gsize seen)
{
  if (!is (rest.data[0], IS_TOKEN))
    return refuse (head, 400, "This is no HTTP request");

  for (gsize i = seen; i < rest.length; i++)
    {
      char c = rest.data[i];

      if (c == '\n' && (i == 0 || rest.data[i - 1] != '\r'))
        return refuse (head, 400, "A line ends in a bare line feed");
      if (c != '\n' && c != '\r' && !is (c, IS_VALUE))
        return refuse (head, 400, "There is a control character in the head");
    }

  return TRUE;
}

/**
 * loft_head_parse:
 * @data: (array length=length): what has arrived
 * @length: bytes of it
 * @seen: how many of them a call before this one has found incomplete; 0 at
 *   first
 * @limits: how large a head may be
 * @out_head: (out caller-allocates): what it says
 *
 * Reads the head of the request at the front of @data, as RFC 9112 has it, and
 * more strictly where that leaves a choice. An empty line before it is passed
 * over (section 2.2). Never reads past @length, and takes time in proportion to
 * what is new.
 *
 * Returns: %LOFT_HEAD_COMPLETE; %LOFT_HEAD_REFUSED with status and reason in
 *   @out_head; or %LOFT_HEAD_INCOMPLETE
 */
LoftHeadResult
loft_head_parse (const char *data,
                 gsize length,
                 gsize seen,
                 const LoftHeadLimits *limits,
                 LoftHead *out_head)
{
  memset (out_head, 0, sizeof *out_head);
  if (length >= 2 && data[0] == '\r' && data[1] == '\n')
    out_head->skipped = 2;
  if (length == out_head->skipped || (length == 1 && data[0] == '\r'))
    return LOFT_HEAD_INCOMPLETE;

  LoftSpan rest = { data + out_head->skipped, length - out_head->skipped };
  seen = seen > out_head->skipped ? seen - out_head->skipped : 0;

  gsize from = seen > 3 ? seen - 3 : 0;
  const char *end =
    memmem (rest.data + from, rest.length - from, "\r\n\r\n", 4);
  gsize size = end != NULL ? (gsize) (end - rest.data) + 4 : rest.length;

  LoftSpan first = rest;
  out_head->method = find_method (take (&first, IS_TOKEN));

  if (size > limits->size)
    {
      if (memchr (rest.data, '\n', limits->size) == NULL)
        refuse (out_head, 414, "The target of the request is too long");
      else
        refuse (out_head, 431, "The head of the request is too large");
      return LOFT_HEAD_REFUSED;
    }
  if (end == NULL)
    return may_go_on (out_head, rest, seen) ? LOFT_HEAD_INCOMPLETE
                                            : LOFT_HEAD_REFUSED;

  out_head->length = size;
  rest.length = size - 2;

  return parse (out_head, rest, limits) ? LOFT_HEAD_COMPLETE
                                        : LOFT_HEAD_REFUSED;
}
