/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

#include "config.h"

#include "gate/loft-head-target.h"

#include <string.h>

/* What a byte of a target may be part of. */
enum
{
  IS_PATH = 1 << 0,
  IS_QUERY = 1 << 1
};

static guint8 classes[256];

static void __attribute__ ((constructor)) fill_classes (void)
{
  for (guint c = 0; c < 256; c++)
    {
      if (g_ascii_isalnum ((char) c) ||
          (c != 0 && strchr ("-._~!$&'()*+,;=:@/%", (int) c) != NULL))
        classes[c] = IS_PATH | IS_QUERY;
      else if (c != 0 && strchr ("?[]|", (int) c) != NULL)
        classes[c] = IS_QUERY;
    }
}

/* Whether each percent sign begins a byte, and one that is not NUL. */
static gboolean
check_encoding (LoftSpan text)
{
  for (gsize i = 0; i < text.length; i++)
    {
      if (text.data[i] != '%')
        continue;
      if (text.length - i < 3 || !g_ascii_isxdigit (text.data[i + 1]) ||
          !g_ascii_isxdigit (text.data[i + 2]) ||
          (text.data[i + 1] == '0' && text.data[i + 2] == '0'))
        return FALSE;
    }

  return TRUE;
}

/* How many bytes of a path stand for a dot, or 0. */
static gsize
measure_dot (LoftSpan path, gsize at)
{
  if (at < path.length && path.data[at] == '.')
    return 1;
  if (path.length - at >= 3 && path.data[at] == '%' &&
      path.data[at + 1] == '2' && (path.data[at + 2] | 0x20) == 'e')
    return 3;

  return 0;
}

/* Clients resolve `.` and `..` before they send them (RFC 3986, 5.2.4). One
 * that does not wants to see whether somebody resolves them later. */
static gboolean
has_dot_segment (LoftSpan path)
{
  for (gsize i = 0; i < path.length; i++)
    {
      if (path.data[i] != '/')
        continue;

      gsize at = i + 1;
      gsize first = at < path.length ? measure_dot (path, at) : 0;

      at += first;
      if (first > 0 && at < path.length)
        at += measure_dot (path, at);
      if (first > 0 && (at == path.length || path.data[at] == '/'))
        return TRUE;
    }

  return FALSE;
}

static gboolean
check_path_and_query (LoftSpan text)
{
  gsize n = 0;
  gboolean suspicious = FALSE;

  while (n < text.length && (classes[(guint8) text.data[n]] & IS_PATH) != 0)
    {
      suspicious |= text.data[n] == '%' || text.data[n] == '.';
      n++;
    }

  LoftSpan path = { text.data, n };
  if (n < text.length && text.data[n] != '?')
    return FALSE;
  for (; n < text.length; n++)
    {
      if ((classes[(guint8) text.data[n]] & IS_QUERY) == 0)
        return FALSE;
      suspicious |= text.data[n] == '%';
    }

  return !suspicious || (check_encoding (text) && !has_dot_segment (path));
}

/* `http://HOST/PATH`: the host is said twice, so it must be the same twice. */
static gboolean
check_absolute (LoftSpan target, LoftSpan host)
{
  static const char *const schemes[] = { "http://", "https://" };

  for (gsize i = 0; i < G_N_ELEMENTS (schemes); i++)
    {
      gsize length = strlen (schemes[i]);

      if (target.length <= length ||
          g_ascii_strncasecmp (target.data, schemes[i], length) != 0)
        continue;

      const char *start = target.data + length;
      const char *slash = memchr (start, '/', target.length - length);
      if (slash == NULL || slash == start || host.data == NULL ||
          host.length != (gsize) (slash - start) ||
          g_ascii_strncasecmp (start, host.data, host.length) != 0)
        return FALSE;

      LoftSpan rest = { slash, target.length - (gsize) (slash - target.data) };

      return check_path_and_query (rest);
    }

  return FALSE;
}

/**
 * loft_head_target_check:
 * @target: the target of a request
 * @method: its method
 * @host: its Host; without data if there is none
 *
 * Checks a target: the origin form, the absolute form for the host of the
 * request, or `*` for `OPTIONS` (RFC 9112, section 3.2). Nothing but the
 * characters of RFC 3986, no broken percent-encoding, no NUL, no dot segments.
 *
 * Returns: whether it is good
 */
gboolean
loft_head_target_check (LoftSpan target, LoftSpan method, LoftSpan host)
{
  if (target.length == 0)
    return FALSE;
  if (target.data[0] == '/')
    return check_path_and_query (target);
  if (target.length == 1 && target.data[0] == '*')
    return method.length == 7 && memcmp (method.data, "OPTIONS", 7) == 0;

  return check_absolute (target, host);
}
